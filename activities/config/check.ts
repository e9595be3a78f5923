/** Checks a tree against the schema: every wrong value, unknown key and key without effect at once, each with its place. */
import { z } from 'zod';
import { didYouMean } from './nearest.ts';
import { formatPath, type Path, type Problem, type ProblemKind } from './problem.ts';
import { bareSchema, keyNotes, toFlag } from './kinds.ts';
import { isPriceKey, deploymentParamsSchema } from './schema-deployment.ts';
import { fileSchema, type FileSettings } from './schema.ts';
import type { Places, Tree } from './yaml-tree.ts';

export type Checked = {
  /** Absent when a value is wrong. */
  readonly settings?: FileSettings;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
};

export function check(tree: Tree, places: Places, file: string): Checked {
  const report = (kind: ProblemKind, path: Path, message: string, hint: { hint?: string } = {}): Problem => ({
    kind,
    ...places.locate(tree, path, file),
    path: formatPath(path),
    message,
    ...hint,
  });

  const parsed = fileSchema.safeParse(tree);
  const problems = parsed.success ? [] : parsed.error.issues.flatMap((issue) => fromIssue(issue, tree, places, report));
  return { ...(parsed.success && { settings: parsed.data }), problems, warnings: warningsOf(tree, report) };
}

type Report = (kind: ProblemKind, path: Path, message: string, hint?: { hint?: string }) => Problem;

function fromIssue(issue: z.core.$ZodIssue, tree: Tree, places: Places, report: Report): Problem[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(fileSchema, path);
    return issue.keys.map((key) => report('invalid', [...path, key], 'unknown key', adviceFor(key, known)));
  }
  const { container, value } = valueAt(tree, path);
  if (value === undefined) return [report('invalid', path, `is missing, ${issue.message}`)];

  const variable = container === undefined ? undefined : places.variable(container, path[path.length - 1] ?? '');
  const found = variable === undefined ? shown(value, path) : `the value of the environment variable ${variable}`;
  const hint =
    issue.code === 'invalid_value' && typeof value === 'string' ? didYouMean(value, issue.values.map(String)) : {};
  return [report('invalid', path, `${issue.message}, found ${found}`, hint)];
}

/** Names that hold secrets, whatever the section: such a value is never shown, not even when it is wrong. */
const SECRET =
  /key$|secret|password|passwd|token$|credential|authorization|cookie|headers|environment_variables|database_url|redis_url/i;

function shown(value: unknown, path: Path): string {
  if (path.some((step) => typeof step === 'string' && SECRET.test(step))) return 'something else (not shown here)';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return value === null ? 'nothing' : 'a map';
  const text = typeof value === 'string' ? JSON.stringify(value) : `${value as number | boolean}`;
  return text.length > 60 ? `${text.slice(0, 57)}…"` : text;
}

function valueAt(tree: Tree, path: Path): { container: object | undefined; value: unknown } {
  let container: object | undefined;
  let value: unknown = tree;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return { container: undefined, value: undefined };
    container = value;
    value = (value as Tree)[step];
  }
  return { container, value };
}

function keysAt(schema: z.core.$ZodType, path: Path): string[] {
  const inner = bareSchema(schema);
  const [step, ...rest] = path;
  if (inner instanceof z.ZodUnion) return inner.options.flatMap((option) => keysAt(option, path));
  if (step === undefined) return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
  if (inner instanceof z.ZodObject) return step in inner.shape ? keysAt(inner.shape[step], rest) : [];
  if (inner instanceof z.ZodArray) return keysAt(inner.element, rest);
  if (inner instanceof z.ZodRecord) return keysAt(inner.valueType, rest);
  return [];
}

function warningsOf(tree: Tree, report: Report): Problem[] {
  const warnings: Problem[] = [];
  const visit = (schema: z.core.$ZodType, value: unknown, path: Path): void => {
    const inner = bareSchema(schema);
    if (Array.isArray(value)) {
      if (inner instanceof z.ZodArray)
        for (const [n, item] of value.entries()) visit(inner.element, item, [...path, n]);
      return;
    }
    if (typeof value !== 'object' || value === null) return;
    if (inner instanceof z.ZodRecord) {
      for (const [key, item] of Object.entries(value)) visit(inner.valueType, item, [...path, key]);
      return;
    }
    if (!(inner instanceof z.ZodObject)) return;
    const strict = inner.def.catchall instanceof z.ZodNever;
    for (const [key, item] of Object.entries(value)) {
      const known = Object.hasOwn(inner.shape, key) ? (inner.shape[key] as z.ZodType) : undefined;
      if (known === undefined) {
        // The strict maps' unknown keys are problems already.
        if (!strict && !isOpen(path, key)) warnings.push(unknownKey([...path, key], Object.keys(inner.shape), report));
        continue;
      }
      const note = keyNotes.get(bareSchema(known));
      if (note === undefined) visit(known, item, [...path, key]);
      else if (note.status === 'renamed') {
        warnings.push(report('renamed', [...path, key], 'has no effect', { hint: `Write instead: ${note.instead}` }));
      } else if (!isNothing(item, note.off)) {
        warnings.push(report('not_served', [...path, key], 'is understood, but not served yet: it has no effect'));
      }
    }
  };
  visit(fileSchema, tree, []);
  return warnings;
}

/** Maps that may hold keys of the operator's own: facts about a model, and any price of the price map. */
function isOpen(path: Path, key: string): boolean {
  const section = path[path.length - 1];
  if (section === 'model_info' || section === 'credential_info') return true;
  return (section === 'litellm_params' || section === 'default_litellm_params') && isPriceKey(key);
}

/** `cache: false` and `callbacks: []` ask for nothing, so nothing is missing. */
function isNothing(value: unknown, off: unknown): boolean {
  if (value === null || value === off) return true;
  if (typeof off === 'boolean' && toFlag(value) === off) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function unknownKey(path: Path, known: readonly string[], report: Report): Problem {
  const key = String(path[path.length - 1]);
  const passedOn = path.includes('litellm_params')
    ? " and is passed on to the provider's translation as it is"
    : ' and has no effect';
  return report('unknown_key', path, `is not a known key${passedOn}`, adviceFor(key, known));
}

/** The nearest key of the same map, else the section that has a key of exactly this name. */
function adviceFor(key: string, known: readonly string[]): { hint?: string } {
  const near = didYouMean(key, known);
  const home = homeOf(key);
  return home !== undefined && !known.includes(key) ? { hint: `"${key}" belongs into ${home}.` } : near;
}

function homeOf(key: string): string | undefined {
  for (const section of ['holdfast', 'router_settings', 'litellm_settings', 'general_settings'] as const) {
    if (keysAt(fileSchema, [section]).includes(key)) return section;
  }
  if (Object.hasOwn(deploymentParamsSchema.shape, key)) return 'litellm_params';
  return keysAt(fileSchema, []).includes(key) ? 'the top level' : undefined;
}
