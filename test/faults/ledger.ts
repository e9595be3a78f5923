/** The third witness: what the gateway's own books say, read as any operator reads them. */
import { z } from 'zod';

const attemptSchema = z.object({
  n: z.number(),
  status: z.enum(['in_progress', 'completed', 'failed', 'lost', 'cancelled']),
  cost: z.number().nullable(),
  cost_min: z.number().optional(),
  cost_max: z.number().optional(),
  estimated: z.boolean().optional(),
});

const requestSchema = z.object({
  id: z.string(),
  status: z.enum(['in_progress', 'completed', 'failed', 'cancelled', 'outcome_unknown']),
  cost: z.number().nullable(),
  attempts: z.array(attemptSchema),
  temporal_url: z.string().optional(),
});

const listSchema = z.object({ data: z.array(requestSchema), last_id: z.string().nullable(), has_more: z.boolean() });

export type LedgerAttempt = z.infer<typeof attemptSchema>;
export type LedgerRequest = z.infer<typeof requestSchema>;

export type Ledger = {
  list(status?: LedgerRequest['status']): Promise<readonly LedgerRequest[]>;
  /** The very bytes of `GET /v1/requests/{id}`. */
  bytes(id: string): Promise<string>;
  cancel(id: string): Promise<LedgerRequest>;
};

export function createLedger(url: () => string, masterKey: string): Ledger {
  const read = async (path: string, method = 'GET'): Promise<string> => {
    const answer = await fetch(url() + path, {
      method,
      headers: { authorization: `Bearer ${masterKey}` },
      signal: AbortSignal.timeout(15_000),
    });
    const body = await answer.text();
    if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${body.slice(0, 300)}`);
    return body;
  };
  return {
    list: async (status) => {
      const all: LedgerRequest[] = [];
      let after = '';
      for (;;) {
        const filter = status === undefined ? '' : `&status=${status}`;
        const page = listSchema.parse(JSON.parse(await read(`/v1/requests?limit=100${filter}${after}`)));
        all.push(...page.data);
        if (!page.has_more || page.last_id === null) return all;
        after = `&after=${page.last_id}`;
      }
    },
    bytes: (id) => read(`/v1/requests/${id}`),
    cancel: async (id) => requestSchema.parse(JSON.parse(await read(`/v1/requests/${id}/cancel`, 'POST'))),
  };
}

/** US dollars, as JSON has them, to the integer they stand for. */
export function nano(usd: number): number {
  return Math.round(usd * 1e9);
}
