/** What the health routes ask of the rest of the gateway. Answers come from memory or within a second: probes are frequent. */

export type Connection = 'connected' | 'disconnected';

export type Readiness = {
  readonly database: Connection;
  readonly temporal: Connection;
};

/** One deployment's state, without its credential. */
export type EndpointHealth = {
  readonly model: string;
  readonly modelId: string;
  readonly provider: string;
  /** Why it is unhealthy, for the operator. */
  readonly error?: string;
};

export type HealthProbe = {
  readiness(): Promise<Readiness>;
  /** The deployments of a model (group name) or with an id; all of them when neither is given. */
  endpoints(filter: { readonly model?: string; readonly modelId?: string }): Promise<{
    readonly healthy: readonly EndpointHealth[];
    readonly unhealthy: readonly EndpointHealth[];
  }>;
};
