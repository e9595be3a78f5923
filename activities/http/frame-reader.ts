/** What turns a stream's bytes into events, and how long one event may be. */

export type FrameReader = {
  feed(bytes: Uint8Array): void;
  /** The connection has ended: what is complete is delivered, then `end`. */
  end(): void;
};

/** A single event longer than this is an attack or a fault: its text would have to be kept whole in memory. */
export const MAX_EVENT_BYTES = 16 * 1024 * 1024;

export class EventTooLarge extends Error {
  override readonly name = 'EventTooLarge';
}
