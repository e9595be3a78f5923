/** What a request tells the mock to do: the body's `mock` field, and the model's name (`delay-2000`, `fail-429`). */
import { z } from 'zod';

const controlSchema = z.strictObject({
  /** Before the answer, or before a stream's first chunk. */
  delay_ms: z.int().min(0).max(600_000).optional(),
  /** Before each further chunk. */
  chunk_delay_ms: z.int().min(0).max(60_000).optional(),
  /** Answer with this many words. */
  words: z.int().min(0).max(20_000).optional(),
  /** Answer with this text. */
  text: z.string().optional(),
  fail: z
    .strictObject({
      /** Without a status the connection is cut. */
      status: z.int().min(400).max(599).optional(),
      message: z.string().optional(),
      retry_after_s: z.number().min(0).optional(),
      /** Streams only: fail after this many chunks. */
      after_chunks: z.int().min(0).optional(),
    })
    .optional(),
});

export type Control = z.infer<typeof controlSchema>;

function fromName(model: string): Control {
  const delay = /^delay-(\d{1,6})$/.exec(model)?.[1];
  if (delay !== undefined) return { delay_ms: Math.min(Number(delay), 600_000) };
  const status = /^fail-([45]\d\d)$/.exec(model)?.[1];
  return status === undefined ? {} : { fail: { status: Number(status) } };
}

/** The body's field wins over the name. */
export function readControl(model: string, field: unknown): Control | { readonly problem: string } {
  if (field === undefined || field === null) return fromName(model);
  const parsed = controlSchema.safeParse(field);
  if (parsed.success) return { ...fromName(model), ...parsed.data };
  const [issue] = parsed.error.issues;
  return { problem: `mock.${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}` };
}
