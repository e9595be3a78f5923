/** What the health routes learn: whether the ledger and Temporal answer, and which deployments are cooling down. */
import type { NativeConnection } from '@temporalio/worker';
import type { Config } from '../activities/config/config.ts';
import type { DeploymentHealth } from '../activities/health/deployment-health.ts';
import { ping, type Database } from '../activities/store/pool.ts';
import type { Connection, EndpointHealth, HealthProbe } from './routes/health-probe.ts';

/** A probe that waits longer than its prober does is worth nothing. */
const TIMEOUT_MS = 1_500;

export function createHealth(deps: {
  readonly database: Database;
  readonly connection: NativeConnection;
  readonly config: () => Config;
  readonly health: DeploymentHealth;
}): HealthProbe {
  return {
    readiness: async () => {
      const [database, temporal] = await Promise.all([
        answers(ping(deps.database)),
        answers(deps.connection.workflowService.getSystemInfo({})),
      ]);
      return { database, temporal };
    },
    endpoints: async ({ model, modelId }) => {
      const chosen = deps
        .config()
        .deployments.filter(
          (deployment) =>
            (model === undefined && modelId === undefined) ||
            deployment.group === model ||
            deployment.id === modelId ||
            deployment.id === model,
        );
      const healthy: EndpointHealth[] = [];
      const unhealthy: EndpointHealth[] = [];
      for (const { id, group, provider } of chosen) {
        const failure = deps.health.lastFailure(id);
        const endpoint = { model: group, modelId: id, provider };
        if (failure === undefined) healthy.push(endpoint);
        else unhealthy.push({ ...endpoint, error: `${failure.code}: ${failure.message}` });
      }
      return Promise.resolve({ healthy, unhealthy });
    },
  };
}

async function answers(question: Promise<unknown>): Promise<Connection> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Connection>((resolve) => {
    timer = setTimeout(resolve, TIMEOUT_MS, 'disconnected');
  });
  const answer = question.then((): Connection => 'connected').catch((): Connection => 'disconnected');
  return Promise.race([answer, late]).finally(() => {
    clearTimeout(timer);
  });
}
