/** What a row of the campaign is, and the load that most of them put on. */
import type { GatewayProcess } from '../support/gateway-process.ts';
import type { Stage, StartOptions } from './stage.ts';

export type Row = {
  readonly name: string;
  /** It takes the shared servers away: nothing else may run beside it. */
  readonly exclusive?: boolean;
  /** These laws must be seen broken after it: proof that the campaign would notice. */
  readonly breaks?: readonly string[];
  run(stage: Stage): Promise<void>;
};

/** Many requests on their way, and something happens once some of them have reached the provider. */
export async function underLoad(stage: Stage, count: number, strike: () => Promise<void>): Promise<void> {
  const asked = Promise.all([stage.askMany(count / 2), stage.askMany(count / 2, { streaming: true })]);
  await stage.oracle.arrived(stage.random.whole(Math.floor(count / 4), Math.floor(count / 2)));
  stage.struck();
  await strike();
  await asked;
}

/** Two processes of one installation. */
export async function two(stage: Stage, options?: StartOptions): Promise<readonly [GatewayProcess, GatewayProcess]> {
  return Promise.all([stage.start(options), stage.start(options)]);
}

/** For rows that count calls: a process that a busy machine holds up for two seconds must not be taken for dead. */
export const PATIENT: StartOptions = { holdfast: { lease: '60s' } };
