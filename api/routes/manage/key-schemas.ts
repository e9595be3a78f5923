/** What the key routes take and answer. */
import { z } from 'zod';
import { COMMON_FIELDS, duration, map, name, names, usd } from './fields.ts';

const KEY_FIELDS = {
  ...COMMON_FIELDS,
  key_alias: name.nullish(),
  duration: duration.nullish(),
  aliases: z.record(z.string(), name).nullish(),
  user_id: name.nullish(),
  team_id: name.nullish(),
  organization_id: name.nullish(),
  permissions: map.nullish(),
  allowed_routes: names.nullish(),
  key_type: z.enum(['default', 'llm_api', 'management', 'read_only']).nullish(),
  access_group_ids: names.nullish(),
  auto_rotate: z.boolean().nullish(),
  rotation_interval: duration.nullish(),
  send_invite_email: z.boolean().nullish(),
} as const;

export const keyGenerateSchema = z.object({
  ...KEY_FIELDS,
  key: z.string().max(500).nullish().meta({ description: 'A key of your own: "sk-" and at least 13 more characters.' }),
});

export const serviceKeySchema = z.object({
  ...keyGenerateSchema.shape,
  team_id: name,
  service_account_id: name.nullish(),
});

export const keyUpdateSchema = z.object({
  ...KEY_FIELDS,
  key: name.nullish().meta({ description: 'The key or its token; or name it by key_alias.' }),
});

export const keyBulkUpdateSchema = z.object({ keys: z.array(keyUpdateSchema).min(1).max(500) });

export const keyDeleteSchema = z.object({
  keys: names.nullish().meta({ description: 'Keys or their tokens.' }),
  key_aliases: names.nullish(),
});

export const keyNamedSchema = z.object({ key: name });

export const keyRegenerateSchema = z.object({
  ...KEY_FIELDS,
  key: name.nullish().meta({ description: 'The key or its token, where the path does not name it.' }),
  new_key: z.string().max(500).nullish(),
  grace_period: duration
    .nullish()
    .meta({ description: 'How long the key so far stays good, such as "24h". Default: not at all.' }),
});

export const keyResetSpendSchema = z.object({ reset_to: usd });

export const keyInfoQuerySchema = z.object({
  key: name.optional().meta({ description: 'The key or its token; default: the one that asks.' }),
});

export const keysInfoSchema = z.object({ keys: names.nullish() });

const page = (fallback: string) =>
  z
    .string()
    .regex(/^\d{1,6}$/, 'expected a whole number')
    .default(fallback)
    .transform(Number);
const yes = z.enum(['true', 'false', 'True', 'False', '1', '0']).optional();

export const keyListQuerySchema = z.object({
  page: page('1').pipe(z.number().min(1)),
  size: page('10').pipe(z.number().min(1).max(100)),
  user_id: name.optional(),
  team_id: name.optional(),
  organization_id: name.optional(),
  project_id: name.optional(),
  key_hash: name.optional(),
  key_alias: name.optional(),
  search: name.optional(),
  status: z.enum(['active', 'expired', 'revoked']).optional(),
  return_full_object: yes,
  include_team_keys: yes,
  include_created_by_keys: yes,
  sort_by: z.enum(['created_at', 'updated_at', 'key_alias', 'expires']).default('created_at'),
  sort_order: z.enum(['asc', 'desc']).default('desc'),
  expand: z.string().max(100).optional(),
});

export const keyAliasesQuerySchema = z.object({
  page: page('1').pipe(z.number().min(1)),
  size: page('50').pipe(z.number().min(1).max(100)),
  search: name.optional(),
});

export const keySchema = z
  .looseObject({
    key_name: z.string(),
    key_alias: z.string().nullable(),
    expires: z.string().nullable(),
    spend: z.number(),
    max_budget: z.number().nullable(),
    models: z.array(z.string()),
    user_id: z.string().nullable(),
    team_id: z.string().nullable(),
    blocked: z.boolean(),
    metadata: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Key' });

export const newKeySchema = z
  .looseObject({
    key: z.string().meta({ description: 'Shown this once.' }),
    token: z.string(),
    ...keySchema.shape,
  })
  .meta({ id: 'NewKey' });

export const keyInfoSchema = z.object({ key: z.string(), info: keySchema });
export const keysInfoAnswerSchema = z.object({ key: z.array(z.string()), info: z.array(keySchema) });
export const keyListSchema = z.object({
  keys: z.array(z.union([z.string(), keySchema])),
  total_count: z.number().int(),
  current_page: z.number().int(),
  total_pages: z.number().int(),
});
export const deletedKeysSchema = z.object({ deleted_keys: z.array(z.string()) });
export const keyHealthSchema = z.object({
  key: z.enum(['healthy', 'unhealthy']),
  logging_callbacks: z.looseObject({}).nullable(),
});

export type KeyBody = Partial<z.output<typeof keyGenerateSchema>>;
