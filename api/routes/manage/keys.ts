/** `/key/*`: makes, changes and removes keys. A key itself is shown once, when it is made; afterwards its token names it. */
import type { z } from 'zod';
import { parseDuration } from '../../../activities/config/duration.ts';
import { readAccounts, type Account } from '../../../activities/store/access/accounts.ts';
import {
  addSecret,
  findKeyId,
  keepDeletedKey,
  keyName,
  makeKey,
  makeKeyId,
  retireSecrets,
} from '../../../activities/store/access/key-secrets.ts';
import { recordChange } from '../../../activities/store/access/audit.ts';
import { endAccounts, setSpend } from '../../../activities/store/access/accounts.ts';
import { deleteRow, findRow, listRows, updateRow } from '../../../activities/store/access/rows.ts';
import { transact, violatedIndex, type Session } from '../../../activities/store/access/transaction.ts';
import type { Caller } from '../../dispatch.ts';
import { refuse } from '../../middleware/refusal.ts';
import { sendJson } from '../../middleware/reply.ts';
import type { Exchange, Params } from '../exchange.ts';
import { pathOf } from '../params.ts';
import { readActor, type Actor, type Key, type Team } from './actor.ts';
import type { Body } from './fields.ts';
import {
  managesKey,
  mayChange,
  ownerOf,
  refuseAdminFields,
  refuseWidening,
  requireBelowCaps,
  requireWithinBudgets,
  ROUTES_OF_TYPE,
  seesKey,
  withDefaults,
} from './key-rules.ts';
import {
  keyBulkUpdateSchema,
  keyDeleteSchema,
  keyGenerateSchema,
  keyNamedSchema,
  keyRegenerateSchema,
  keyResetSpendSchema,
  keyUpdateSchema,
  serviceKeySchema,
} from './key-schemas.ts';
import { toNano, toUsd } from './money.ts';
import { checkBody, managedOf, readBody } from './read-body.ts';
import { showKeyWithToken } from './show.ts';
import { save, type Saved } from './writing.ts';

const MIN_OWN_KEY = 16; // characters, the "sk-" included
const NO_SETTINGS = { keyDefaults: {}, keyCaps: {}, userDefaults: {}, teamDefaults: {}, personalKeysDisabled: false };

export async function generateKey(exchange: Exchange, caller: Caller): Promise<void> {
  await answerNewKey(
    exchange,
    await readActor(exchange, caller),
    await readBody(exchange, keyGenerateSchema),
    '/key/generate',
  );
}

export async function generateServiceKey(exchange: Exchange, caller: Caller): Promise<void> {
  const { service_account_id: id, ...body } = await readBody(exchange, serviceKeySchema);
  const metadata = { ...body.metadata, service_account_id: id ?? body.key_alias ?? null };
  const { user_id: _nobody, ...rest } = { ...body, metadata };
  await answerNewKey(exchange, await readActor(exchange, caller), rest, '/key/service-account/generate', true);
}

async function answerNewKey(
  exchange: Exchange,
  actor: Actor,
  body: Body,
  path: string,
  service = false,
): Promise<void> {
  const { database } = managedOf(exchange);
  const made = await orTaken(() =>
    transact(database, async (session) => makeKeyRow(exchange, session, actor, body, path, service)),
  );
  sendJson(exchange, 200, showNewKey(made));
}

export type MadeKey = Saved<'key'> & { readonly key: string };

export function showNewKey({ key, row, accounts }: MadeKey): Body {
  return { ...showKeyWithToken(row, accounts), key, litellm_budget_table: null };
}

export async function makeKeyRow(
  exchange: Exchange,
  session: Session,
  actor: Actor,
  asked: Body,
  path: string,
  service = false,
): Promise<MadeKey> {
  const settings = exchange.deps.config().access ?? NO_SETTINGS;
  refuseAdminFields(actor, asked);
  const body = checkBody(withDefaults(asked, settings), keyGenerateSchema) as Body;
  const owner = await ownerOf(session, actor, body, {
    path,
    personalKeysDisabled: settings.personalKeysDisabled,
    service,
  });
  await requireWithinBudgets(session, actor, body, owner);
  const key = ownKey(body['key']) ?? makeKey();
  const id = makeKeyId();
  const type = typeof body['key_type'] === 'string' ? body['key_type'] : 'default';
  const saved = await save(session, 'key', id, body, {
    author: actor.author,
    columns: {
      name: keyName(key),
      key_type: type,
      user_id: owner.userId,
      team_id: owner.team?.id ?? null,
      organization_id: owner.organizationId,
      ...(body['allowed_routes'] === undefined || body['allowed_routes'] === null
        ? { allowed_routes: ROUTES_OF_TYPE[type] ?? [] }
        : {}),
      ...rotationOf(body),
      ...expiryOf(body['duration']),
    },
  });
  if (!(await addSecret(session, id, managedOf(exchange).hashKey(key))))
    refuse('invalid_request', 'Key with this value already exists.', 'key');
  return { ...saved, key };
}

function ownKey(key: unknown): string | undefined {
  if (typeof key !== 'string') return undefined;
  if (!/^sk-[\x21-\x7e]+$/.test(key) || key.length < MIN_OWN_KEY)
    refuse(
      'invalid_request',
      `A key of your own starts with 'sk-' and has at least ${MIN_OWN_KEY} visible characters.`,
      'key',
    );
  return key;
}

function expiryOf(duration: unknown): { readonly expires_at?: Date | null } {
  if (duration === undefined) return {};
  if (duration === null || duration === '-1') return { expires_at: null };
  const lengthMs = parseDuration(duration, 1_000) ?? 0;
  const at = new Date(Date.now() + lengthMs);
  if (Number.isNaN(at.getTime()) || at.getUTCFullYear() > 9_999)
    return refuse('invalid_request', 'The duration is too long.', 'duration');
  return { expires_at: at };
}

function rotationOf(body: Body): Body {
  const { auto_rotate: rotate, rotation_interval: interval } = body;
  if (rotate === undefined && interval === undefined) return {};
  if (rotate === false || (rotate === undefined && interval === null)) return { rotation_interval: null };
  if (typeof interval !== 'string')
    return rotate === true
      ? refuse('invalid_request', 'auto_rotate needs a rotation_interval.', 'rotation_interval')
      : {};
  return { rotation_interval: interval };
}

/** A unique index refused it: somebody has the name already. */
export async function orTaken<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const index = violatedIndex(error);
    if (index === 'keys_by_alias') return refuse('invalid_request', 'Key with this alias already exists.', 'key_alias');
    if (index === 'users_by_email')
      return refuse('already_exists', 'User with this email already exists.', 'user_email');
    if (index !== undefined) return refuse('already_exists', 'Another one has this id or name already.');
    throw error;
  }
}

export type Found = { readonly key: Key; readonly team: Team | undefined };

/** By the key itself, its token or its alias; 404 unless the caller may see it. */
export async function findKey(
  exchange: Exchange,
  session: Session,
  actor: Actor,
  named: { readonly key?: string | null | undefined; readonly key_alias?: string | null | undefined },
  options: { readonly lock?: boolean } = {},
): Promise<Found> {
  const id = await keyIdOf(exchange, session, named);
  const key = id === undefined ? undefined : await findRow(session, 'key', id, options);
  const team =
    key?.team_id === undefined || key.team_id === null ? undefined : await findRow(session, 'team', key.team_id);
  if (key === undefined || !seesKey(actor, key, team)) return refuse('not_found', 'Key not found.', 'key');
  return { key, team };
}

async function keyIdOf(
  exchange: Exchange,
  session: Session,
  {
    key,
    key_alias: alias,
  }: { readonly key?: string | null | undefined; readonly key_alias?: string | null | undefined },
): Promise<string | undefined> {
  if (typeof key === 'string')
    return key.startsWith('sk-') ? findKeyId(session, managedOf(exchange).hashKey(key)) : key;
  if (typeof alias !== 'string') return undefined;
  return (await listRows(session, 'key', { where: [{ column: 'alias', is: alias }], limit: 1 }))[0]?.id;
}

async function changeable(
  exchange: Exchange,
  session: Session,
  actor: Actor,
  named: Parameters<typeof findKey>[3],
  route: string,
): Promise<Found> {
  const found = await findKey(exchange, session, actor, named, { lock: true });
  if (!mayChange(actor, found.key, found.team, route))
    refuse('permission_denied', `You may not call ${route} for this key.`, 'key');
  return found;
}

export async function updateKey(exchange: Exchange, caller: Caller): Promise<void> {
  const body = await readBody(exchange, keyUpdateSchema);
  const actor = await readActor(exchange, caller);
  sendJson(exchange, 200, await changeKey(exchange, actor, body));
}

export async function bulkUpdateKeys(exchange: Exchange, caller: Caller): Promise<void> {
  const { keys } = await readBody(exchange, keyBulkUpdateSchema);
  const actor = await readActor(exchange, caller);
  const successful: Body[] = [];
  const failed: Body[] = [];
  for (const body of keys) {
    try {
      successful.push({ key: body.key ?? body.key_alias ?? '', key_info: await changeKey(exchange, actor, body) });
    } catch (error) {
      if (!(error instanceof Error && error.name === 'Refusal')) throw error;
      // The key itself is not repeated: this answer may end up in a log.
      failed.push({
        key: body.key?.startsWith('sk-') === true ? keyName(body.key) : (body.key ?? ''),
        failed_reason: error.message,
      });
    }
  }
  sendJson(exchange, 200, { total_requested: keys.length, successful_updates: successful, failed_updates: failed });
}

async function changeKey(exchange: Exchange, actor: Actor, body: z.output<typeof keyUpdateSchema>): Promise<Body> {
  const { database, forget } = managedOf(exchange);
  const { row, accounts } = await orTaken(() =>
    transact(database, async (session) => {
      const found = await changeable(exchange, session, actor, body, '/key/update');
      return writeKey(exchange, session, actor, found, body);
    }),
  );
  forget('key', row.id);
  return { ...showKeyWithToken(row, accounts), key: row.id };
}

async function writeKey(
  exchange: Exchange,
  session: Session,
  actor: Actor,
  { key, team }: Found,
  body: Body,
): Promise<Saved<'key'>> {
  refuseAdminFields(actor, body);
  refuseWidening(actor, key, team, body);
  if (!actor.all) requireBelowCaps(body, exchange.deps.config().access ?? NO_SETTINGS);
  const moved = await movedTo(session, actor, key, team, body);
  await requireWithinBudgets(session, actor, body, {
    userId: key.user_id,
    ...(moved.team === undefined ? {} : { team: moved.team }),
  });
  const { key: _key, key_alias: alias, ...fields } = body;
  // Where the alias names the key it is no new alias.
  const renamed = typeof _key === 'string' && alias !== undefined ? { key_alias: alias } : {};
  const type = fields['key_type'];
  return save(
    session,
    'key',
    key.id,
    { ...fields, ...renamed },
    {
      author: actor.author,
      before: key,
      columns: {
        ...moved.columns,
        ...(typeof type === 'string' && fields['allowed_routes'] === undefined
          ? { allowed_routes: ROUTES_OF_TYPE[type] ?? [] }
          : {}),
        ...rotationOf(body),
        ...expiryOf(body['duration']),
      },
    },
  );
}

/** Another team or another holder: what would be needed to make such a key anew. */
async function movedTo(
  session: Session,
  actor: Actor,
  key: Key,
  team: Team | undefined,
  body: Body,
): Promise<{ readonly columns: Body; readonly team: Team | undefined }> {
  const { team_id: teamId, user_id: userId, organization_id: organizationId } = body;
  const changes = [
    [teamId, key.team_id],
    [userId, key.user_id],
    [organizationId, key.organization_id],
  ].some(([wanted, present]) => wanted !== undefined && wanted !== present);
  if (!changes) return { columns: {}, team };
  const owner = await ownerOf(
    session,
    actor,
    {
      team_id: teamId === undefined ? key.team_id : teamId,
      user_id: userId === undefined ? key.user_id : userId,
      // With another team the organization is that team's.
      ...(organizationId === undefined
        ? teamId === undefined
          ? { organization_id: key.organization_id }
          : {}
        : { organization_id: organizationId }),
    },
    { path: '/key/update', personalKeysDisabled: false },
  );
  return {
    columns: { team_id: owner.team?.id ?? null, user_id: owner.userId, organization_id: owner.organizationId },
    team: owner.team,
  };
}

export async function deleteKeys(exchange: Exchange, caller: Caller): Promise<void> {
  const { keys, key_aliases: aliases } = await readBody(exchange, keyDeleteSchema);
  const named = [...(keys ?? []).map((key) => ({ key })), ...(aliases ?? []).map((alias) => ({ key_alias: alias }))];
  if (named.length === 0) refuse('invalid_request', 'Name keys or key_aliases.', 'keys');
  const actor = await readActor(exchange, caller);
  const { database, forget } = managedOf(exchange);
  const deleted = await transact(database, async (session) => {
    const ids: string[] = [];
    for (const name of named) {
      const { key } = await changeable(exchange, session, actor, name, '/key/delete');
      await removeKey(session, actor, key);
      ids.push(key.id);
    }
    return ids;
  });
  for (const id of deleted) forget('key', id);
  sendJson(exchange, 200, { deleted_keys: keys ?? aliases ?? deleted });
}

export async function removeKey(session: Session, actor: Actor, key: Key): Promise<void> {
  await retireSecrets(session, key.id, 0);
  await keepDeletedKey(session, key.id, key, actor.author.by);
  await deleteRow(session, 'key', key.id);
  await endAccounts(session, 'key', key.id);
  await recordChange(session, actor.author, { action: 'deleted', object: 'key', id: key.id, before: key });
}

export async function blockKey(exchange: Exchange, caller: Caller): Promise<void> {
  await setBlocked(exchange, caller, true);
}

export async function unblockKey(exchange: Exchange, caller: Caller): Promise<void> {
  await setBlocked(exchange, caller, false);
}

async function setBlocked(exchange: Exchange, caller: Caller, blocked: boolean): Promise<void> {
  const named = await readBody(exchange, keyNamedSchema);
  const actor = await readActor(exchange, caller);
  const { database, forget } = managedOf(exchange);
  const { row, accounts } = await transact(database, async (session) => {
    const { key, team } = await findKey(exchange, session, actor, named, { lock: true });
    if (!managesKey(actor, key, team)) refuse('permission_denied', 'Only an admin blocks and unblocks keys.', 'key');
    return save(
      session,
      'key',
      key.id,
      { blocked },
      { author: actor.author, before: key, action: blocked ? 'blocked' : 'unblocked' },
    );
  });
  forget('key', row.id);
  sendJson(exchange, 200, showKeyWithToken(row, accounts));
}

export async function regenerateKey(exchange: Exchange, caller: Caller, params: Params): Promise<void> {
  const { new_key: wanted, grace_period: grace, ...body } = await readBody(exchange, keyRegenerateSchema);
  const named = pathOf(params['key']) ?? body.key ?? caller.principal?.keyId;
  if (named === undefined) refuse('invalid_request', 'Name the key: POST /key/{key}/regenerate.', 'key');
  const actor = await readActor(exchange, caller);
  const { database, hashKey, forget } = managedOf(exchange);
  const made = await orTaken(() =>
    transact(database, async (session): Promise<MadeKey> => {
      const found = await changeable(exchange, session, actor, { key: named ?? '' }, '/key/regenerate');
      // Whoever holds the new key is its user: nobody but that user and administrators may get it.
      if (!actor.all && found.key.user_id !== null && found.key.user_id !== actor.userId)
        refuse('permission_denied', 'Only its user and proxy admin can regenerate a key.', 'key');
      const key = ownKey(wanted) ?? makeKey();
      await retireSecrets(
        session,
        found.key.id,
        grace === undefined || grace === null ? 0 : (parseDuration(grace, 1_000) ?? 0),
      );
      if (!(await addSecret(session, found.key.id, hashKey(key))))
        refuse('invalid_request', 'Key with this value already exists.', 'new_key');
      const written = await writeKey(exchange, session, actor, found, { ...body, key: undefined });
      const row =
        (await updateRow(session, 'key', found.key.id, { name: keyName(key), rotated_at: new Date() })) ?? written.row;
      await recordChange(session, actor.author, {
        action: 'rotated',
        object: 'key',
        id: row.id,
        before: found.key,
        after: row,
      });
      return { row, accounts: written.accounts, key };
    }),
  );
  forget('key', made.row.id);
  sendJson(exchange, 200, showNewKey(made));
}

export async function resetKeySpend(exchange: Exchange, caller: Caller, params: Params): Promise<void> {
  const { reset_to: to } = await readBody(exchange, keyResetSpendSchema);
  const actor = await readActor(exchange, caller);
  const { database } = managedOf(exchange);
  const answer = await transact(database, async (session) => {
    const { key, team } = await findKey(exchange, session, actor, { key: pathOf(params['key']) ?? '' }, { lock: true });
    if (!managesKey(actor, key, team)) refuse('permission_denied', 'Only an admin resets what was spent.', 'key');
    return resetSpend(session, actor, { scope: 'key', id: key.id }, to);
  });
  sendJson(exchange, 200, answer);
}

/** To zero or to less than it is: raising it would invent spending. */
export async function resetSpend(
  session: Session,
  actor: Actor,
  place: { readonly scope: string; readonly id: string; readonly detail?: string },
  to: number,
): Promise<Body> {
  const account = (await readAccounts(session, [place.scope], [place.id])).find(
    (each: Account) => each.period === '' && each.detail === (place.detail ?? ''),
  );
  const spent = account?.spendNano ?? 0n;
  if (toNano(to) > spent) refuse('invalid_request', 'reset_to is more than what was spent.', 'reset_to');
  await setSpend(session, place, toNano(to));
  await recordChange(session, actor.author, {
    action: 'updated',
    object: place.scope,
    id: place.id,
    before: { spend_nano: spent },
    after: { spend_nano: toNano(to) },
  });
  return {
    [`${place.scope}_${place.scope === 'key' ? 'hash' : 'id'}`]: place.id,
    spend: to,
    previous_spend: toUsd(spent),
    max_budget: toUsd(account?.maxNano),
    budget_reset_at: account?.resetsAt?.toISOString() ?? null,
  };
}
