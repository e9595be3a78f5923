/** Bytes as base64, without Node. */
export function toBase64(bytes: Uint8Array): string {
  const pieces: string[] = [];
  // One call with all bytes as arguments would overflow the stack.
  for (let at = 0; at < bytes.length; at += 0x2000)
    pieces.push(String.fromCharCode(...bytes.subarray(at, at + 0x2000)));
  return btoa(pieces.join(''));
}
