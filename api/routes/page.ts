/** Pages of a list, in OpenAI's shape: what a caller may ask of one, and how it is answered. */
import { z } from 'zod';

/** Of lists whose entries are read in full. */
export const DEFAULT_PAGE = 20;

/** The query parameter `limit`: a whole number from 1 to `most`, which needs no more than so many digits. */
export function pageLimit(most = 100, digits = 4): z.ZodOptional<z.ZodType<number, string>> {
  return z
    .string()
    .regex(new RegExp(`^\\d{1,${digits}}$`), 'expected a whole number')
    .transform(Number)
    .pipe(z.number().min(1).max(most))
    .optional();
}

/** The query parameter `after`. */
export const pageAfter = z.string().min(1).max(100).optional().meta({ description: "The last page's `last_id`." });

type Page<Row> = { readonly data: readonly Row[]; readonly hasMore: boolean };

export function toPage<Row extends { readonly id: string }, Shown>(page: Page<Row>, show: (row: Row) => Shown) {
  return {
    object: 'list' as const,
    data: page.data.map((row) => show(row)),
    first_id: page.data[0]?.id ?? null,
    last_id: page.data.at(-1)?.id ?? null,
    has_more: page.hasMore,
  };
}
