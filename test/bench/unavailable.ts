/** Why something cannot be had on this machine. */

/** Thrown where a tool or a download is missing: the row says so, the bench goes on. */
export class Unavailable extends Error {}
