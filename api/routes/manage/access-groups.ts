/** `/access_group/*`: names that stand for models wherever a list of models is expected. */
import type { Row } from '../../../activities/store/access/entities.ts';
import { recordChange } from '../../../activities/store/access/audit.ts';
import { deleteRow, insertRow, listRows, updateRow } from '../../../activities/store/access/rows.ts';
import { transact, type Session } from '../../../activities/store/access/transaction.ts';
import type { Caller } from '../../dispatch.ts';
import { refuse } from '../../middleware/refusal.ts';
import { sendJson } from '../../middleware/reply.ts';
import type { Exchange, Params } from '../exchange.ts';
import { pathOf } from '../params.ts';
import { notThere, readActor } from './actor.ts';
import type { Body } from './fields.ts';
import { orTaken } from './keys.ts';
import { makeId } from './make-id.ts';
import { accessGroupNewSchema, accessGroupUpdateSchema } from './objects-schemas.ts';
import { managedOf, readBody } from './read-body.ts';

type Group = Row<'access_group'>;

function show(row: Group): Body {
  return {
    access_group_id: row.id,
    access_group: row.name,
    access_group_name: row.name,
    description: row.description,
    model_names: row.models,
    access_model_names: row.models,
    created_at: row.created_at?.toISOString() ?? null,
    created_by: row.created_by,
    updated_at: row.updated_at?.toISOString() ?? null,
    updated_by: row.updated_by,
  };
}

async function requireGroup(session: Session, params: Params): Promise<Group> {
  const wanted = pathOf(params['group']) ?? '';
  const found = await listRows(session, 'access_group', {
    where: [
      [
        { column: 'id', is: wanted },
        { column: 'name', is: wanted },
      ],
    ],
    limit: 1,
  });
  return found[0] ?? notThere('access group', wanted);
}

export async function createAccessGroup(exchange: Exchange, caller: Caller): Promise<void> {
  const body = await readBody(exchange, accessGroupNewSchema);
  const name = body.access_group ?? body.access_group_name;
  if (typeof name !== 'string') return refuse('invalid_request', 'Name the group: access_group.', 'access_group');
  const actor = await readActor(exchange, caller);
  const row = await orTaken(() =>
    transact(managedOf(exchange).database, async (session) => {
      const made = await insertRow(session, 'access_group', {
        id: makeId(),
        name,
        description: body.description ?? null,
        models: body.model_names ?? body.access_model_names ?? [],
        created_by: actor.author.by ?? null,
        updated_by: actor.author.by ?? null,
      });
      await recordChange(session, actor.author, {
        action: 'created',
        object: 'access_group',
        id: made.id,
        after: made,
      });
      return made;
    }),
  );
  managedOf(exchange).forget('access_group', row.id);
  return sendJson(exchange, 200, show(row));
}

export async function updateAccessGroup(exchange: Exchange, caller: Caller, params: Params): Promise<void> {
  const body = await readBody(exchange, accessGroupUpdateSchema);
  const actor = await readActor(exchange, caller);
  const models = body.model_names ?? body.access_model_names;
  const row = await transact(managedOf(exchange).database, async (session) => {
    const before = await requireGroup(session, params);
    const after = await updateRow(session, 'access_group', before.id, {
      updated_by: actor.author.by ?? null,
      ...(models === undefined || models === null ? {} : { models }),
      ...(body.description === undefined ? {} : { description: body.description }),
    });
    await recordChange(session, actor.author, {
      action: 'updated',
      object: 'access_group',
      id: before.id,
      before,
      after,
    });
    return after ?? before;
  });
  managedOf(exchange).forget('access_group', row.id);
  sendJson(exchange, 200, show(row));
}

export async function deleteAccessGroup(exchange: Exchange, caller: Caller, params: Params): Promise<void> {
  const actor = await readActor(exchange, caller);
  const row = await transact(managedOf(exchange).database, async (session) => {
    const before = await requireGroup(session, params);
    await deleteRow(session, 'access_group', before.id);
    await recordChange(session, actor.author, { action: 'deleted', object: 'access_group', id: before.id, before });
    return before;
  });
  managedOf(exchange).forget('access_group', row.id);
  sendJson(exchange, 200, {
    access_group: row.name,
    models_updated: row.models.length,
    message: `Access group '${row.name}' deleted`,
  });
}

export async function accessGroupInfo(exchange: Exchange, _caller: Caller, params: Params): Promise<void> {
  sendJson(exchange, 200, show(await requireGroup(managedOf(exchange).database, params)));
}

export async function listAccessGroups(exchange: Exchange): Promise<void> {
  const rows = await listRows(managedOf(exchange).database, 'access_group', { sortBy: 'name', limit: 10_000 });
  sendJson(exchange, 200, { access_groups: rows.map(show) });
}
