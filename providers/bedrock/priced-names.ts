/** Under which names a price list may have a Bedrock model: with its region, with its geography, and plain. */
import { splitName } from './model.ts';

/** Profiles that spread calls over the regions of a part of the world. */
const GEOGRAPHY = /^(?:global|us-gov|us|eu|apac|jp|au|ca|sa|me|af)\./;

/** Most exact first. `region` is where it is called, where that is known: some regions are dearer. */
export function pricedNames(model: string, region?: string): readonly string[] {
  const { rest, region: named } = splitName(model);
  // Of an ARN only the end is a name, and only for models and profiles that Amazon itself made.
  const id = rest.startsWith('arn:') ? rest.slice(rest.lastIndexOf('/') + 1) : rest;
  const plain = id.replace(GEOGRAPHY, '');
  const place = named ?? region;
  const regional = place === undefined ? [] : [`${place}/${id}`];
  return [...new Set([...regional, model, id, plain])];
}
