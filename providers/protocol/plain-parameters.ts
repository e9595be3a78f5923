/** The rule for parameters that a provider cannot express, for requests that are no chat. */
import type { Refusal } from '../provider.ts';
import { listOf, type JsonObject } from './json.ts';
import { isForced, refuse } from './parameters.ts';

export type PlainParameters = {
  /** Without the model, without nulls and without what was dropped. */
  readonly kept: Record<string, unknown>;
  readonly dropped: readonly string[];
};

export type PlainCheck = {
  readonly title: string;
  readonly model: string;
  readonly settings: JsonObject;
  /** Whether the provider can express the parameter with this value. */
  readonly takes: (name: string, value: unknown) => boolean;
};

/** Only a hint against abuse: no answer is different without it. */
const HINTS: ReadonlySet<string> = new Set(['user']);

export function checkPlain(body: JsonObject, check: PlainCheck): PlainParameters | Refusal {
  const { settings } = check;
  const unwanted = new Set(listOf(settings['additional_drop_params']));
  const kept: Record<string, unknown> = {};
  const dropped: string[] = [];
  for (const [name, value] of Object.entries(body)) {
    if (name === 'model' || value === null || value === undefined) continue;
    if (unwanted.has(name)) dropped.push(name);
    else if (isForced(settings, name) || check.takes(name, value)) kept[name] = value;
    else if (settings['drop_params'] === true || HINTS.has(name)) dropped.push(name);
    else return refuse(check.title, check.model, { param: name });
  }
  return { kept, dropped };
}

/** For providers that name all they take. */
export function oneOf(...names: readonly string[]): (name: string) => boolean {
  const known: ReadonlySet<string> = new Set(names);
  return (name) => known.has(name);
}

/** For OpenAI's own wire: what is not known here passes. */
export function anything(): boolean {
  return true;
}
