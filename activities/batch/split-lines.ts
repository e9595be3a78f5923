/** Bytes in pieces → lines of text, one at a time. */

export type Line = { readonly n: number; readonly text: string } | { readonly n: number; readonly problem: string };

const NEWLINE = 0x0a;
const BOM = '\uFEFF';

/** Numbered from 1 as editors do; blank lines are counted and left out. A line that is too long ends the reading. */
export async function* splitLines(
  pieces: AsyncIterable<Buffer>,
  maxLineBytes: number,
): AsyncGenerator<Line, void, undefined> {
  const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let n = 0;
  let rest: Buffer[] = [];
  let restBytes = 0;
  const toLine = (bytes: Buffer): Line | undefined => {
    n += 1;
    try {
      const decoded = utf8.decode(bytes);
      const text = (n === 1 && decoded.startsWith(BOM) ? decoded.slice(1) : decoded).trim();
      return text === '' ? undefined : { n, text };
    } catch {
      return { n, problem: 'The line is not valid UTF-8.' };
    }
  };
  for await (const piece of pieces) {
    let from = 0;
    for (let end = piece.indexOf(NEWLINE); end !== -1; end = piece.indexOf(NEWLINE, from)) {
      const last = piece.subarray(from, end);
      const line = toLine(rest.length === 0 ? last : Buffer.concat([...rest, last]));
      rest = [];
      restBytes = 0;
      from = end + 1;
      if (line !== undefined) yield line;
    }
    rest.push(piece.subarray(from));
    restBytes += piece.length - from;
    if (restBytes > maxLineBytes) {
      yield { n: n + 1, problem: `The line is longer than the limit of ${maxLineBytes} bytes.` };
      return;
    }
  }
  const line = restBytes === 0 ? undefined : toLine(Buffer.concat(rest));
  if (line !== undefined) yield line;
}
