/** Markdown for the Temporal UI: where a request stands, in an operator's words. */
import type { Decision, EndSummary, PastAttempt, Standing } from '../activities/contract.ts';

export function describeDecision(standing: Extract<Standing, { kind: 'open' }>, decision: Decision): string {
  const lines = [`**Model** ${standing.plan.group}`, '', ...describePast(standing.past), ''];
  if (decision.kind === 'give_up') lines.push(`**Gives up:** ${decision.reason}`);
  else {
    const wait = decision.waitMs > 0 ? ` after a wait of ${(decision.waitMs / 1000).toFixed(1)} s` : '';
    lines.push(
      `**Next:** ${decision.deployment.provider}/${decision.deployment.model} (${decision.deployment.id})${wait}`,
      '',
      `Reason: ${decision.reason}`,
    );
  }
  return lines.join('\n');
}

export function describeEnd(state: string, summary: EndSummary): string {
  const rows = [
    ['Outcome', state],
    ['Attempts', String(summary.attempts)],
    ['Deployment', summary.deployment],
    ['Upstream', summary.provider === undefined ? undefined : `${summary.provider}/${summary.model ?? ''}`],
    ['Tokens', summary.tokens?.toString()],
    ['Cost', summary.costUsd === undefined ? undefined : `${summary.costUsd} USD`],
    ['Error', summary.error],
  ];
  return [
    '| | |',
    '|---|---|',
    ...rows.filter((row) => row[1] !== undefined).map((row) => `| ${row[0] ?? ''} | ${row[1] ?? ''} |`),
  ].join('\n');
}

function describePast(past: readonly PastAttempt[]): readonly string[] {
  if (past.length === 0) return [];
  const rows = past.map(
    (attempt) =>
      `| ${attempt.n} | ${attempt.group} | ${attempt.deployment} | ${attempt.failure.code} | ${attempt.failure.message.replaceAll('|', '\\|').slice(0, 200)} |`,
  );
  return ['| attempt | group | deployment | failure | message |', '|---|---|---|---|---|', ...rows];
}
