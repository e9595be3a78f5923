/** The configuration of Temporal's server as the bench runs it, as data. */

export type Ports = {
  readonly frontend: number;
  readonly frontendMembership: number;
  readonly history: number;
  readonly historyMembership: number;
  readonly matching: number;
  readonly matchingMembership: number;
  readonly worker: number;
  readonly workerMembership: number;
};

export type ServerConfigInput = {
  readonly postgresUrl: string;
  readonly databases: { readonly store: string; readonly visibility: string };
  readonly ports: Ports;
  readonly limitsFile: string;
};

/** Fixed when the databases are made. Each shard serialises its writes: 16 let a small Postgres group its commits. */
const HISTORY_SHARDS = 16;

/** Each of the four services opens its own pool: together they must stay under Postgres' 100 connections. */
const STORE_CONNECTIONS = 12;
const VISIBILITY_CONNECTIONS = 3;

/** So high that no limiter speaks: the defaults would cap a test at about 400 requests a second. */
const UNLIMITED = 100_000;

const UNLIMITED_KEYS = [
  'frontend.rps',
  'frontend.namespaceRPS',
  'frontend.namespaceCount',
  'frontend.namespaceRPS.visibility',
  'frontend.persistenceMaxQPS',
  'history.rps',
  'history.persistenceMaxQPS',
  'matching.rps',
  'matching.persistenceMaxQPS',
];

const always = (value: unknown): readonly object[] => [{ value }];

const service = (grpcPort: number, membershipPort: number): object => ({
  rpc: { grpcPort, membershipPort, bindOnIP: '127.0.0.1' },
});

export const serverConfig = (input: ServerConfigInput): { readonly server: object; readonly limits: object } => {
  const { ports } = input;
  const url = new URL(input.postgresUrl);
  const store = (databaseName: string, connections: number): object => ({
    sql: {
      pluginName: 'postgres12',
      databaseName,
      connectAddr: url.host,
      connectProtocol: 'tcp',
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      maxConns: connections,
      maxIdleConns: connections,
      maxConnLifetime: '1h',
    },
  });
  const frontendAddress = `127.0.0.1:${ports.frontend}`;
  return {
    server: {
      log: { stdout: true, level: 'error' },
      persistence: {
        defaultStore: 'store',
        visibilityStore: 'visibility',
        numHistoryShards: HISTORY_SHARDS,
        datastores: {
          store: store(input.databases.store, STORE_CONNECTIONS),
          visibility: store(input.databases.visibility, VISIBILITY_CONNECTIONS),
        },
      },
      global: { membership: { maxJoinDuration: '30s', broadcastAddress: '127.0.0.1' } },
      services: {
        frontend: service(ports.frontend, ports.frontendMembership),
        history: service(ports.history, ports.historyMembership),
        matching: service(ports.matching, ports.matchingMembership),
        worker: service(ports.worker, ports.workerMembership),
      },
      clusterMetadata: {
        enableGlobalNamespace: false,
        failoverVersionIncrement: 10,
        masterClusterName: 'active',
        currentClusterName: 'active',
        clusterInformation: {
          active: { enabled: true, initialFailoverVersion: 1, rpcName: 'frontend', rpcAddress: frontendAddress },
        },
      },
      dcRedirectionPolicy: { policy: 'noop' },
      publicClient: { hostPort: frontendAddress },
      dynamicConfigClient: { filepath: input.limitsFile, pollInterval: '60s' },
    },
    limits: {
      ...Object.fromEntries(UNLIMITED_KEYS.map((key) => [key, always(UNLIMITED)])),
      'system.enableActivityEagerExecution': always(true),
      'system.enableEagerWorkflowStart': always(true),
      // One matching partition: forwarding between partitions costs a hop that a small installation gains nothing from.
      'matching.numTaskqueueReadPartitions': always(1),
      'matching.numTaskqueueWritePartitions': always(1),
    },
  };
};
