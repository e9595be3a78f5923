/** Sizes of pictures as callers write them. */

/** `1024x1792` → 1835008. Nothing for `auto` and what is no size. */
export function pixelsOf(size: unknown): number | undefined {
  if (typeof size !== 'string') return undefined;
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(size) ?? [];
  return width === undefined || height === undefined ? undefined : Number(width) * Number(height);
}
