/** Markdown for the Temporal UI: where a request stands, in an operator's words. */
import type { Decision, EndSummary, PastAttempt, Plan, Standing } from '../activities/contract.ts';

/** Where a request may go, as planned when it was accepted. */
export function describeRoute(plan: Plan): string {
  const groups = Object.entries(plan.groups).slice(0, 10);
  const lines = groups.map(([name, { deployments, fallbacks }]) => {
    const targets = deployments.slice(0, 10).map(({ provider, model, id }) => `${provider}/${model} (${id})`);
    const then = fallbacks.length > 0 ? ` → ${fallbacks.join(', ')}` : '';
    return `- **${name}**: ${targets.join(', ')}${then}`;
  });
  return close(lines);
}

export function describeDecision(standing: Extract<Standing, { kind: 'open' }>, decision: Decision): string {
  const lines = [`**Model** ${standing.plan.group}`, ''];
  if (decision.kind === 'give_up') lines.push(`**Gives up:** ${decision.reason}`, '');
  else {
    const wait = decision.waitMs > 0 ? ` after a wait of ${(decision.waitMs / 1000).toFixed(1)} s` : '';
    const { provider, model, id } = decision.deployment;
    lines.push(`**Reason:** ${decision.reason}`, '', `**Next:** ${provider}/${model} (${id})${wait}`, '');
  }
  return close([...lines, ...describePast(standing.past)]);
}

export function describeEnd(state: string, summary: EndSummary, past: readonly PastAttempt[]): string {
  const upstream = summary.provider === undefined ? undefined : `${summary.provider}/${summary.model ?? ''}`;
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['Outcome', state],
    ['Error', summary.error],
    ['Attempts', String(summary.attempts)],
    ['Deployment', summary.deployment],
    ['Upstream', upstream],
    ['Tokens', summary.tokens?.toString()],
    ['Cost', summary.costUsd === undefined || summary.costUsd === 0 ? undefined : `${summary.costUsd} USD`],
  ];
  const shown = rows.flatMap(([name, value]) => (value === undefined ? [] : [`| ${name} | ${value} |`]));
  return close(['| | |', '|---|---|', ...shown, '', ...describePast(past)]);
}

function describePast(past: readonly PastAttempt[]): readonly string[] {
  if (past.length === 0) return [];
  const rows = past.map(
    ({ n, group, deployment, failure }) =>
      `| ${n} | ${group} | ${deployment} | ${failure.code} | ${failure.providerStatus ?? ''} |`,
  );
  return ['| attempt | group | deployment | failure | status |', '|---|---|---|---|---|', ...rows];
}

/** The UI cuts the last line off. */
function close(lines: readonly string[]): string {
  return [...lines, '', '&nbsp;'].join('\n');
}
