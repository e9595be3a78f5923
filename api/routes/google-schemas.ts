/** Shapes of Google's dialect, for the OpenAPI document. The request's is the one that is enforced. */
import { z } from 'zod';
import { generationSchema } from '../../providers/dialects/generation-schema.ts';

export const generationBodySchema = generationSchema.omit({ model: true }).meta({
  id: 'GenerateContentRequest',
  description: "Google's request, in either spelling of its fields. A provider of Google's is given other fields, too.",
});

export const generationResponseSchema = z
  .looseObject({
    candidates: z.array(
      z.looseObject({
        content: z.looseObject({ role: z.string(), parts: z.array(z.looseObject({})) }),
        finishReason: z.string(),
      }),
    ),
    usageMetadata: z.looseObject({
      promptTokenCount: z.number().int(),
      candidatesTokenCount: z.number().int(),
      totalTokenCount: z.number().int(),
    }),
    modelVersion: z.string(),
    responseId: z.string(),
  })
  .meta({ id: 'GenerateContentResponse' });

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
