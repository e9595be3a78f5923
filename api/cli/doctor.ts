/** `holdfast doctor`: looks at everything a gateway needs, changes nothing, and says how to fix what is wrong. */
import type { Config } from '../../activities/config/config.ts';
import { formatProblems, loadConfig } from '../../activities/config/load.ts';
import { describeDeployments } from './check-config.ts';
import { EXIT, type Context } from './context.ts';
import { checkDatabase, checkHome, checkKey, checkPort, checkTemporal } from './doctor-checks.ts';
import { checkProviders } from './doctor-providers.ts';
import { placeOf } from './start.ts';

export type Finding = {
  readonly check: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  /** What to do about it; present unless all is well. */
  readonly fix?: string;
};

export type DoctorFlags = {
  readonly config?: string;
  readonly model?: string;
  readonly port?: number;
  readonly host?: string;
  readonly home?: string;
  readonly json?: boolean;
};

export async function doctor(flags: DoctorFlags, context: Context): Promise<number> {
  const findings = await examine(flags, context);
  const failed = findings.some(({ status }) => status === 'fail');
  context.print(
    flags.json === true ? JSON.stringify({ ok: !failed, findings }, undefined, 2) : findings.map(show).join('\n'),
  );
  return failed ? EXIT.failed : EXIT.ok;
}

async function examine(flags: DoctorFlags, context: Context): Promise<readonly Finding[]> {
  const place = placeOf(flags, context);
  const { config: path, model } = flags;
  const loaded = loadConfig({
    env: context.env,
    ...(path === undefined ? {} : { path }),
    ...(model === undefined ? {} : { model }),
  });
  const general = [checkHome(place.home), checkPort(place.port, place.host)];
  if (!loaded.ok) {
    const detail = formatProblems(loaded.problems);
    return [
      { check: 'config', status: 'fail', detail, fix: 'correct these; the rest needs them' },
      ...(await Promise.all(general)),
    ];
  }
  const { config, warnings } = loaded;
  const checks = await Promise.all([
    checkKey(config, place.home),
    ...general,
    checkDatabase(config, place.home),
    checkTemporal(config, context.env, place.home),
    checkProviders(config),
  ]);
  return [configFinding(config, formatProblems(warnings)), ...checks.flat()];
}

function configFinding(config: Config, warnings: string): Finding {
  const detail = `${config.source ?? 'no file'}: ${describeDeployments(config.deployments)}`;
  if (config.deployments.length === 0) {
    return { check: 'config', status: 'fail', detail, fix: 'name at least one model in model_list' };
  }
  if (warnings === '') return { check: 'config', status: 'ok', detail };
  return {
    check: 'config',
    status: 'warn',
    detail: `${detail}\n${warnings}`,
    fix: 'correct or remove what the warnings name',
  };
}

function show({ check, status, detail, fix }: Finding): string {
  const lines = detail.replaceAll('\n', `\n${' '.repeat(18)}`);
  return `${status.padEnd(5)} ${check.padEnd(11)} ${lines}${fix === undefined ? '' : `\n${' '.repeat(18)}→ ${fix}`}`;
}
