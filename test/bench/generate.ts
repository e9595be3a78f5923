/** Runs the load generator in a process of its own, so that its work is in nobody's figures. */
import { fileURLToPath } from 'node:url';
import { run } from './child.ts';
import type { LoadReport, LoadSpec } from './load-spec.ts';

const LOAD = fileURLToPath(new URL('./load.ts', import.meta.url));

/** Above every measurement that the options allow, or a gateway that hangs would hang the bench. */
const TIMEOUT_MS = 900_000;

type ReportOf<Spec extends LoadSpec> = Extract<
  LoadReport,
  { kind: Spec extends { kind: 'flood' } ? 'flood' : 'timings' }
>;

export const generate = async <Spec extends LoadSpec>(spec: Spec): Promise<ReportOf<Spec>> => {
  const output = await run(process.execPath, ['--import', 'tsx', LOAD, JSON.stringify(spec)], {
    timeoutMs: TIMEOUT_MS,
  });
  // Printed by our own load generator, which answers each kind of order with its kind of report.
  return JSON.parse(output) as ReportOf<Spec>;
};
