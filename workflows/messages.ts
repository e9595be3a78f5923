/** What the API tells a running workflow. */

/** The signal that stops a request; what was generated is kept and accounted. */
export const CANCEL_SIGNAL = 'cancel';
