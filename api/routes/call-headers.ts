/** What a route that starts a request reads from headers besides the key. */
import { z } from 'zod';

export const callHeadersSchema = z.object({
  'Idempotency-Key': z
    .string()
    .max(255)
    .optional()
    .meta({ description: 'Asked again with the same key, the gateway gives the same answer and calls no provider.' }),
  Prefer: z
    .string()
    .optional()
    .meta({ description: '`respond-async`: 202 at once; the answer is at `/v1/requests/{id}`.' }),
  'x-webhook-url': z.string().max(2_048).optional().meta({ description: 'Where the end of the request is told.' }),
  'x-litellm-call-id': z.string().max(128).optional().meta({ description: 'Echoed in the response.' }),
  'x-litellm-timeout': z.string().optional().meta({ description: 'Seconds one attempt may take.' }),
  'x-litellm-stream-timeout': z.string().optional().meta({ description: 'Seconds to the first chunk of a stream.' }),
  'x-litellm-num-retries': z.string().optional().meta({ description: 'How often a failed attempt is repeated.' }),
  'x-litellm-tags': z.string().optional().meta({ description: 'Tags, separated by commas.' }),
  'x-holdfast-delivery': z
    .enum(['at_least_once', 'at_most_once'])
    .optional()
    .meta({ description: 'Whether a provider call that was interrupted is made again.' }),
});
