/** What can be wrong with a configuration, where it was written, and how it is shown. */

export type ProblemKind =
  /** The configuration cannot be used as it is. */
  | 'invalid'
  /** A key nobody knows: most often a slip of the pen, so it is never dropped in silence. */
  | 'unknown_key'
  /** A key of LiteLLM that is understood but has no effect here yet. */
  | 'not_served'
  /** A key that has another name or place now. */
  | 'renamed'
  /** An environment variable that the file asks for and that is not set. */
  | 'environment'
  /** Something that can never take effect, such as a setting that another one overrides. */
  | 'no_effect';

export type Problem = {
  readonly kind: ProblemKind;
  /** A file's path as it was given, or `environment`. */
  readonly file: string;
  /** From 1; 0 when the problem is not in a file's text. */
  readonly line: number;
  readonly column: number;
  /** `router_settings.num_retries`, `model_list[2].litellm_params.model`; empty for the whole file. */
  readonly path: string;
  readonly message: string;
  /** What to write instead. */
  readonly hint?: string;
};

export type Path = readonly (string | number)[];

/** `['model_list', 2, 'model_name']` → `model_list[2].model_name`. */
export function formatPath(path: Path): string {
  return path.map((step, n) => (typeof step === 'number' ? `[${step}]` : n === 0 ? step : `.${step}`)).join('');
}

/** One line per problem, in the form editors and terminals turn into a link: `file:line:column path: message`. */
export function formatProblems(problems: readonly Problem[]): string {
  return problems.map(formatProblem).join('\n');
}

function formatProblem({ file, line, column, path, message, hint }: Problem): string {
  const place = line === 0 ? file : `${file}:${line}:${column}`;
  const subject = path === '' ? '' : ` ${path}:`;
  const advice = hint === undefined ? '' : `\n    ${hint}`;
  return `${place}${subject} ${message}${advice}`;
}

/** By file and place, so that a reader can go through the file from top to bottom. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column);
}
