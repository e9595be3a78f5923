/** Shapes of Google's dialect, for the OpenAPI document. */
import { z } from 'zod';

export const googleErrorSchema = z
  .object({
    error: z.object({
      code: z.number().int(),
      message: z.string(),
      status: z.string(),
      details: z.array(z.looseObject({})),
    }),
  })
  .meta({ id: 'GoogleError' });
