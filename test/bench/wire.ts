/** Cuts a socket's bytes into HTTP/1.1 messages: the bench's own ends must cost little beside the gateways they measure. */

export type MessageHandlers = {
  /** Start line and header lines, without the blank line. */
  readonly onHead: (head: string) => void;
  readonly onBody: (part: Buffer) => void;
  readonly onEnd: () => void;
};

type Phase =
  | { readonly kind: 'head' }
  | { readonly kind: 'length'; left: number }
  | { readonly kind: 'chunk-size' }
  | { readonly kind: 'chunk-data'; left: number }
  | { readonly kind: 'chunk-end' }
  | { readonly kind: 'trailers' };

const CRLF = Buffer.from('\r\n');
const BLANK_LINE = Buffer.from('\r\n\r\n');
const EMPTY = Buffer.alloc(0);

/** The value of a header, lower-cased; undefined when absent. */
export const headerValue = (head: string, name: string): string | undefined => {
  const match = new RegExp(`\\r\\n${name}:[ \\t]*([^\\r]*)`, 'i').exec(head);
  return match?.[1]?.trim().toLowerCase();
};

/** A message without `content-length` and `transfer-encoding` is taken to have no body: every peer here frames its bodies. */
export class MessageReader {
  private rest: Buffer = EMPTY;
  private phase: Phase = { kind: 'head' };
  private readonly handlers: MessageHandlers;

  constructor(handlers: MessageHandlers) {
    this.handlers = handlers;
  }

  feed(bytes: Buffer): void {
    this.rest = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes]);
    while (this.step());
  }

  /** Consumes one piece; false when more bytes are needed. */
  private step(): boolean {
    const phase = this.phase;
    switch (phase.kind) {
      case 'head':
        return this.readHead();
      case 'length': {
        phase.left -= this.passBody(phase.left);
        if (phase.left > 0) return false;
        this.finish();
        return true;
      }
      case 'chunk-size': {
        const line = this.takeUntil(CRLF);
        if (line === undefined) return false;
        const size = Number.parseInt(line, 16);
        if (Number.isNaN(size)) throw new Error(`not a chunk size: ${line.slice(0, 20)}`);
        this.phase = size === 0 ? { kind: 'trailers' } : { kind: 'chunk-data', left: size };
        return true;
      }
      case 'chunk-data': {
        phase.left -= this.passBody(phase.left);
        if (phase.left > 0) return false;
        this.phase = { kind: 'chunk-end' };
        return true;
      }
      case 'chunk-end': {
        if (this.takeUntil(CRLF) === undefined) return false;
        this.phase = { kind: 'chunk-size' };
        return true;
      }
      case 'trailers': {
        const line = this.takeUntil(CRLF);
        if (line === undefined) return false;
        if (line === '') this.finish();
        return true;
      }
      default:
        return phase satisfies never;
    }
  }

  private readHead(): boolean {
    const head = this.takeUntil(BLANK_LINE);
    if (head === undefined) return false;
    const chunked = headerValue(head, 'transfer-encoding')?.includes('chunked') === true;
    const length = Number(headerValue(head, 'content-length') ?? 0);
    this.phase = chunked ? { kind: 'chunk-size' } : { kind: 'length', left: length };
    this.handlers.onHead(head);
    return true;
  }

  private passBody(most: number): number {
    const part = this.rest.subarray(0, most);
    this.rest = this.rest.subarray(part.length);
    if (part.length > 0) this.handlers.onBody(part);
    return part.length;
  }

  private takeUntil(mark: Buffer): string | undefined {
    const at = this.rest.indexOf(mark);
    if (at < 0) return undefined;
    const text = this.rest.toString('latin1', 0, at);
    this.rest = this.rest.subarray(at + mark.length);
    return text;
  }

  private finish(): void {
    this.phase = { kind: 'head' };
    this.handlers.onEnd();
  }
}
