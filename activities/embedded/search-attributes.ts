/** Registers the search attributes that workflows carry, so that operators can filter by them. Idempotent. */
import type { Connection } from '@temporalio/client';
import type { SearchAttributeType } from '@temporalio/common';

/** A registry of `defineSearchAttributeKey`s. */
export type SearchAttributes = Readonly<Record<string, { readonly name: string; readonly type: SearchAttributeType }>>;

/** temporal.api.enums.v1.IndexedValueType */
const WIRE_TYPES: Readonly<Record<SearchAttributeType, number>> = {
  TEXT: 1,
  KEYWORD: 2,
  INT: 3,
  DOUBLE: 4,
  BOOL: 5,
  DATETIME: 6,
  KEYWORD_LIST: 7,
};

/** A server keeps its attributes with its data: after an update of Holdfast the new ones must be added to an old installation. */
export async function registerSearchAttributes(
  connection: Pick<Connection, 'operatorService'>,
  namespace: string,
  registry: SearchAttributes,
): Promise<void> {
  const attributes = Object.values(registry);
  if (attributes.length === 0) return;
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = attributes.filter(({ name }) => customAttributes[name] === undefined);
  if (missing.length === 0) return;
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(missing.map(({ name, type }) => [name, WIRE_TYPES[type]])),
  });
}
