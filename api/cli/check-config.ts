/** `holdfast config check`: every problem of the configuration, and nothing else. */
import { formatProblems, loadConfig } from '../../activities/config/load.ts';
import { EXIT, type Context } from './context.ts';

export type CheckFlags = { readonly config?: string; readonly json?: boolean };

export function checkConfig(flags: CheckFlags, { env, print, complain }: Context): number {
  const result = loadConfig({ env, ...(flags.config === undefined ? {} : { path: flags.config }) });
  const problems = result.ok ? [] : result.problems;
  if (flags.json === true) {
    print(JSON.stringify({ ok: result.ok, problems, warnings: result.warnings }, undefined, 2));
    return result.ok ? EXIT.ok : EXIT.config;
  }
  if (problems.length > 0) complain(formatProblems(problems));
  if (result.warnings.length > 0) complain(`Warnings:\n${formatProblems(result.warnings)}`);
  if (!result.ok) return EXIT.config;
  print(`${result.config.source ?? 'No file'}: ok, ${describeDeployments(result.config.deployments)}`);
  return EXIT.ok;
}

/** "3 deployments in 2 groups" */
export function describeDeployments(deployments: readonly { readonly group: string }[]): string {
  const groups = new Set(deployments.map(({ group }) => group)).size;
  const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
  return `${plural(deployments.length, 'deployment')} in ${plural(groups, 'group')}`;
}
