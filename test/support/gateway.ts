/** A spawned gateway on the run's shared servers, with a database and a task queue of its own. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createDatabase, keepHome } from './database.ts';
import type { TestDatabase } from './database.ts';
import { addEvidence, hasFailed } from './evidence.ts';
import { spawnGateway } from './gateway-process.ts';
import type { GatewayProcess, GatewayProcessOptions } from './gateway-process.ts';
import { ask } from './suite.ts';

export type Gateway = GatewayProcess & {
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly taskQueue: string;
  /** Stops the process when it still runs, and drops the database unless a test of the file failed. For `afterAll`. */
  close(): Promise<void>;
};

export type GatewayOptions = Pick<GatewayProcessOptions, 'config' | 'role' | 'fault'> & {
  readonly env?: Readonly<Record<string, string>>;
  /** Another gateway, whose database and task queue are shared: a second process of the same installation. */
  readonly beside?: Gateway;
};

export const MASTER_KEY = 'sk-suite-0123456789abcdefghijkl';

export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { beside } = options;
  const [{ home }, { main }, { address, namespace }, database] = await Promise.all([
    ask('/home'),
    ask('/build'),
    ask('/temporal'),
    beside === undefined ? createDatabase() : Promise.resolve<TestDatabase | undefined>(undefined),
  ]);
  const databaseUrl = beside?.databaseUrl ?? database?.url ?? '';
  const name = `gateway-${randomBytes(4).toString('hex')}`;
  const taskQueue = beside?.taskQueue ?? name;
  const directory = join(home, 'gateways', name);
  addEvidence(`gateway log ${join(directory, 'gateway.log')}`);
  const gateway = await spawnGateway({
    main,
    directory,
    config: options.config,
    masterKey: MASTER_KEY,
    env: {
      DATABASE_URL: databaseUrl,
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: namespace,
      TEMPORAL_TASK_QUEUE: taskQueue,
      ...options.env,
    },
    ...(options.role === undefined ? {} : { role: options.role }),
    ...(options.fault === undefined ? {} : { fault: options.fault }),
  });
  return {
    ...gateway,
    databaseUrl,
    temporalAddress: address,
    taskQueue,
    close: async () => {
      try {
        await gateway.stop();
      } finally {
        if (hasFailed()) await keepHome();
        else await database?.drop();
      }
    },
  };
}
