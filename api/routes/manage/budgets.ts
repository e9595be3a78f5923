/** `/budget/*`: limits under a name of their own, for many to share. */
import { followBudget, type Terms } from '../../../activities/store/access/accounts.ts';
import { recordChange } from '../../../activities/store/access/audit.ts';
import {
  deleteBudget as removeBudget,
  insertBudget,
  readBudget,
  readBudgets,
  updateBudget as writeBudget,
  type Budget,
  type BudgetPatch,
} from '../../../activities/store/access/budgets.ts';
import { nextReset } from '../../../activities/store/access/budget-period.ts';
import { transact } from '../../../activities/store/access/transaction.ts';
import type { Caller } from '../../dispatch.ts';
import { refuse } from '../../middleware/refusal.ts';
import { sendJson } from '../../middleware/reply.ts';
import type { Exchange } from '../exchange.ts';
import { parseQuery } from '../params.ts';
import { notThere, readActor } from './actor.ts';
import type { Body } from './fields.ts';
import { makeId } from './make-id.ts';
import { toUsd } from './money.ts';
import {
  budgetDeleteSchema,
  budgetInfoSchema,
  budgetNewSchema,
  budgetQuerySchema,
  budgetUpdateSchema,
} from './objects-schemas.ts';
import { managedOf, readBody } from './read-body.ts';
import { termsFrom } from './writing.ts';

export function showBudgetObject(budget: Budget, now: Date): Body {
  return {
    budget_id: budget.id,
    max_budget: toUsd(budget.maxNano),
    soft_budget: toUsd(budget.softNano),
    max_parallel_requests: budget.maxParallelRequests ?? null,
    tpm_limit: budget.tpmLimit ?? null,
    rpm_limit: budget.rpmLimit ?? null,
    tpd_limit: budget.tpdLimit ?? null,
    model_max_budget: budget.modelMaxBudget,
    allowed_models: budget.models,
    budget_duration: budget.duration ?? null,
    budget_reset_at: budget.duration === undefined ? null : nextReset(budget.duration, now).toISOString(),
    created_at: budget.createdAt.toISOString(),
    created_by: budget.createdBy ?? null,
    updated_at: budget.updatedAt.toISOString(),
    updated_by: budget.updatedBy ?? null,
  };
}

function patchFrom(body: Body, terms: Terms): BudgetPatch {
  const given: Record<string, unknown> = {
    max_nano: terms.maxNano,
    soft_nano: terms.softNano,
    duration: terms.duration,
    max_parallel_requests: body['max_parallel_requests'],
    tpm_limit: body['tpm_limit'],
    rpm_limit: body['rpm_limit'],
    tpd_limit: body['tpd_limit'],
    model_max_budget: body['model_max_budget'] === null ? {} : body['model_max_budget'],
    models: body['allowed_models'] === null ? [] : body['allowed_models'],
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

export async function createBudget(exchange: Exchange, caller: Caller): Promise<void> {
  const { budget_id: named, ...body } = await readBody(exchange, budgetNewSchema);
  const actor = await readActor(exchange, caller);
  const id = named ?? makeId();
  const budget = await transact(managedOf(exchange).database, async (session) => {
    if (!(await insertBudget(session, id, actor.author.by)))
      refuse('invalid_request', `There is a budget '${id.slice(0, 100)}' already.`, 'budget_id');
    await writeBudget(session, id, patchFrom(body, termsFrom(body)), actor.author.by);
    const made = (await readBudget(session, id)) ?? notThere('budget', id);
    await recordChange(session, actor.author, { action: 'created', object: 'budget', id, after: made });
    return made;
  });
  sendJson(exchange, 200, showBudgetObject(budget, new Date()));
}

/** Whoever uses it has the new limit from the next request on. */
export async function updateBudget(exchange: Exchange, caller: Caller): Promise<void> {
  const { budget_id: id, ...body } = await readBody(exchange, budgetUpdateSchema);
  const actor = await readActor(exchange, caller);
  const terms = termsFrom(body);
  const budget = await transact(managedOf(exchange).database, async (session) => {
    const before = (await readBudget(session, id)) ?? notThere('budget', id);
    await writeBudget(session, id, patchFrom(body, terms), actor.author.by);
    await followBudget(session, id, terms, new Date());
    const after = (await readBudget(session, id)) ?? before;
    await recordChange(session, actor.author, { action: 'updated', object: 'budget', id, before, after });
    return after;
  });
  sendJson(exchange, 200, showBudgetObject(budget, new Date()));
}

export async function budgetInfo(exchange: Exchange): Promise<void> {
  const { budgets: ids } = await readBody(exchange, budgetInfoSchema);
  if (ids.length === 0) refuse('invalid_request', 'Name budgets.', 'budgets');
  const found = await readBudgets(managedOf(exchange).database, ids);
  sendJson(
    exchange,
    200,
    found.map((budget) => showBudgetObject(budget, new Date())),
  );
}

export async function listBudgets(exchange: Exchange): Promise<void> {
  const found = await readBudgets(managedOf(exchange).database);
  sendJson(
    exchange,
    200,
    found.map((budget) => showBudgetObject(budget, new Date())),
  );
}

export async function budgetSettings(exchange: Exchange): Promise<void> {
  const { budget_id: id } = parseQuery(exchange.req.url, budgetQuerySchema);
  const budget = (await readBudget(managedOf(exchange).database, id)) ?? notThere('budget', id);
  const shown = showBudgetObject(budget, new Date());
  const fields: readonly (readonly [string, string, string])[] = [
    ['max_parallel_requests', 'Integer', 'Requests at the same time.'],
    ['tpm_limit', 'Integer', 'Tokens a minute.'],
    ['rpm_limit', 'Integer', 'Requests a minute.'],
    ['budget_duration', 'String', 'When the budget starts anew.'],
    ['max_budget', 'Float', 'US dollars.'],
    ['soft_budget', 'Float', 'US dollars, from which on somebody is told.'],
  ];
  sendJson(
    exchange,
    200,
    fields.map(([field, type, description]) => ({
      field_name: field,
      field_type: type,
      field_description: description,
      field_value: shown[field] ?? null,
      stored_in_db: shown[field] !== null,
      field_default_value: null,
    })),
  );
}

export async function deleteBudget(exchange: Exchange, caller: Caller): Promise<void> {
  const { id } = await readBody(exchange, budgetDeleteSchema);
  const actor = await readActor(exchange, caller);
  const budget = await transact(managedOf(exchange).database, async (session) => {
    const before = (await readBudget(session, id)) ?? notThere('budget', id);
    await removeBudget(session, id);
    await recordChange(session, actor.author, { action: 'deleted', object: 'budget', id, before });
    return before;
  });
  sendJson(exchange, 200, showBudgetObject(budget, new Date()));
}
