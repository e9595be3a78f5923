/** Items that a caller names instead of repeating them: put in their places, so that every attempt finds them in the body. */
import { responseOf } from '../../providers/dialects/response-object.ts';
import { isObject, listOf, parseJson, textOf } from '../../providers/protocol/json.ts';
import { refuse } from '../middleware/refusal.ts';

/** Gives the stored JSON of a response that the caller may read. */
export type ReadResponse = (id: string) => Promise<string | undefined>;

/** A conversation refers to few responses; each is a read of the ledger. */
const MOST_RESPONSES = 100;

/**
 * Runs before the schema, which refuses every reference that is left: none may reach a provider, where it could name what another tenant
 * keeps. Throws a refusal that names the item which does not exist, or is another's.
 */
export async function resolveReferences(body: unknown, read: ReadResponse): Promise<unknown> {
  if (!isObject(body) || !Array.isArray(body['input'])) return body;
  const items = body['input'] as readonly unknown[];
  const wanted = new Set(items.flatMap((item) => responseOf(referenceOf(item) ?? '') ?? []));
  if (wanted.size === 0) return body;
  if (wanted.size > MOST_RESPONSES)
    refuse('invalid_request', `Refer to items of at most ${MOST_RESPONSES} responses.`, 'input');
  const found = new Map<unknown, unknown>();
  for (const id of wanted) {
    const response = parseJson((await read(id)) ?? '');
    for (const item of listOf(isObject(response) ? response['output'] : undefined)) {
      if (!isObject(item)) continue;
      // A provider would look for the id among what it has stored.
      const { id: own, ...said } = item;
      found.set(own, said);
    }
  }
  const input = items.map((item, index) => {
    const id = referenceOf(item);
    if (id === undefined || responseOf(id) === undefined) return item;
    return found.get(id) ?? refuse('not_found', `Item with id '${id.slice(0, 100)}' not found.`, `input[${index}].id`);
  });
  return { ...body, input };
}

function referenceOf(item: unknown): string | undefined {
  return isObject(item) && item['type'] === 'item_reference' ? textOf(item['id']) : undefined;
}
