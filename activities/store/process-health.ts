/** What processes tell each other about their deployments: one row a process. */
import type { Database } from './pool.ts';

/** A row that nobody has touched for this long is of a process that is gone. */
const FORGET = "interval '1 hour'";
/** The calls in flight of a process that is silent for this long do not count any more. */
const SILENT = "interval '10 seconds'";

const EXCHANGE = `
with told as (
  insert into process_health (process, report) select $1::text, $2::text where $2::text is not null
  on conflict (process) do update set report = excluded.report, updated_at = now()
), forgotten as (
  delete from process_health where updated_at < now() - ${FORGET}
)
select report, updated_at > now() - ${SILENT} as alive from process_health where process <> $1::text and updated_at >= now() - ${FORGET}`;

export type OtherReport = { readonly report: string; readonly alive: boolean };

/** Tells this process's report, when there is one to tell, and hears the others'. */
export async function exchangeReports(
  database: Database,
  process: string,
  report: string | undefined,
): Promise<readonly OtherReport[]> {
  const { rows } = await database.query<OtherReport>({
    name: 'exchange_reports',
    text: EXCHANGE,
    values: [process, report ?? null],
  });
  return rows;
}
