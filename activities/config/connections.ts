/** The addresses of the servers Holdfast uses, put together from the file and the environment. */
import type { Environment } from './environment.ts';
import type { GeneralSettings, RouterSection } from './schema.ts';

/** The file wins; then the whole URL from the environment; then LiteLLM's single variables. */
export function databaseUrl(general: GeneralSettings, environment: Environment): string | undefined {
  const whole = general.database_url ?? environment.databaseUrl;
  if (whole !== undefined) return whole;
  const { databaseHost, databaseUser, databasePassword, databaseName } = environment;
  if (databaseHost === undefined || databaseName === undefined) return undefined;
  const user = encodeURIComponent(databaseUser ?? 'postgres');
  const password = databasePassword === undefined ? '' : `:${encodeURIComponent(databasePassword)}`;
  return `postgresql://${user}${password}@${databaseHost}/${encodeURIComponent(databaseName)}`;
}

export function redisUrl(router: RouterSection, environment: Environment): string | undefined {
  if (router.redis_url !== undefined) return router.redis_url;
  if (router.redis_host === undefined && environment.redisUrl !== undefined) return environment.redisUrl;
  const host = router.redis_host ?? environment.redisHost;
  if (host === undefined) return undefined;
  const username = router.redis_username ?? environment.redisUsername ?? '';
  const password = router.redis_password ?? environment.redisPassword;
  const login = password === undefined ? '' : `${encodeURIComponent(username)}:${encodeURIComponent(password)}@`;
  const port = router.redis_port ?? environment.redisPort ?? 6379;
  const db = router.redis_db ?? environment.redisDb;
  return `${environment.redisTls === true ? 'rediss' : 'redis'}://${login}${host}:${port}${db === undefined ? '' : `/${db}`}`;
}

/** Why a database URL cannot be used. Never repeats it: it holds a password. */
export function refuseDatabaseUrl(url: string): string | undefined {
  if (/^postgres(ql)?:\/\//.test(url) && URL.canParse(url)) return undefined;
  return 'expected a PostgreSQL URL such as postgresql://user:password@host:5432/name (not shown here)';
}
