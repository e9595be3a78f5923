/** Sizes of pictures as callers write them. */
import { Refused } from './refused.ts';

/** `1024x1792` → 1835008. Nothing for `auto` and what is no size. */
export function pixelsOf(size: unknown): number | undefined {
  if (typeof size !== 'string') return undefined;
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(size) ?? [];
  return width === undefined || height === undefined ? undefined : Number(width) * Number(height);
}

/** `1024x1792` → its sides. Throws `Refused` for what is no size. */
export function sizeOf(size: unknown): { readonly width: number; readonly height: number } {
  const [, width, height] = (typeof size === 'string' ? /^(\d{1,5})x(\d{1,5})$/.exec(size) : undefined) ?? [];
  if (width !== undefined && height !== undefined && Number(width) > 0 && Number(height) > 0)
    return { width: Number(width), height: Number(height) };
  throw new Refused('invalid_request', "Invalid value for 'size': expected width and height as in 1024x1024.", 'size');
}

const ASPECTS = ['1:1', '16:9', '9:16', '21:9', '9:21', '3:2', '2:3', '4:3', '3:4', '5:4', '4:5'] as const;

/** The nearest shape in the words of providers that take shapes and no sizes. Throws `Refused` for what is no size. */
export function aspectOf(size: unknown, allowed: readonly string[] = ASPECTS): string {
  const { width, height } = sizeOf(size);
  const distance = (aspect: string): number => {
    const [across = 1, down = 1] = aspect.split(':').map(Number);
    return Math.abs(Math.log((width / height) * (down / across)));
  };
  return allowed.toSorted((a, b) => distance(a) - distance(b))[0] ?? '1:1';
}
