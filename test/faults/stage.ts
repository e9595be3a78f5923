/** Where one row of the campaign plays: an oracle, gateways, callers, and the log of what they saw. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { spawnGateway } from '../support/gateway-process.ts';
import type { Exit, GatewayProcess } from '../support/gateway-process.ts';
import { startUpstream } from '../support/upstream.ts';
import type { Upstream } from '../support/upstream.ts';
import { waitFor } from '../support/wait.ts';
import { askUntilAnswered } from './caller.ts';
import type { Ask, Outcome, Try } from './caller.ts';
import { createLedger } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import { createRandom, seedOf } from './random.ts';
import type { Random } from './random.ts';
import { runSql } from './world.ts';
import type { World } from './world.ts';

export type AskOptions = {
  readonly streaming?: boolean;
  readonly key?: string;
  readonly leave?: Promise<unknown>;
  /** Only this gateway; default: the first one first, then all that were started in turn. */
  readonly at?: GatewayProcess;
  readonly tryMs?: number;
};

export type StartOptions = {
  readonly fault?: string;
  /** Over the row's own `holdfast` settings. */
  readonly holdfast?: Readonly<Record<string, unknown>>;
};

export type Stage = {
  readonly world: World;
  readonly random: Random;
  readonly oracle: Upstream;
  readonly taskQueue: string;
  readonly gateways: readonly GatewayProcess[];
  readonly outcomes: readonly Outcome[];
  /** Every try of every caller, as soon as it is over. */
  readonly tries: readonly Try[];
  readonly ledger: Ledger;
  /** Requests that nobody asked for one by one: lines of batches, known from the files of results. */
  readonly lines: Set<string>;
  start(options?: StartOptions): Promise<GatewayProcess>;
  /** One request, asked until it is answered; it enters the callers' log. */
  ask(options?: AskOptions): Promise<Outcome>;
  /** The same key once more, outside the callers' log. */
  repeat(key: string, streaming: boolean): Promise<Outcome>;
  /** Several, one after the other by milliseconds, so that they meet and are not one group. */
  askMany(count: number, options?: AskOptions): Promise<readonly Outcome[]>;
  /** Behind the gateway's back. */
  sql(statement: string, values: readonly unknown[]): Promise<void>;
  /** The fault has happened: the time to heal runs from here. */
  struck(): void;
  /** When the last caller was answered, milliseconds after the fault. */
  healedMs(): number | undefined;
  /** Waits for the process to end by itself; it is an error when the fault did not happen. */
  died(gateway: GatewayProcess): Promise<Exit>;
  /** A sentence about what was seen, where a row expects more than the invariants. */
  expect(holds: boolean, otherwise: string): void;
  readonly unmet: readonly string[];
  close(): Promise<void>;
};

export const MASTER_KEY = 'sk-faults-0123456789abcdefghijkl';

/** Long enough for a lease and a restart on a busy machine; milliseconds. */
const FOR_MS = 90_000;
const TRY_MS = 20_000;
const HAPPENS_WITHIN_MS = 45_000;

export async function openStage(world: World, name: string, seed: number): Promise<Stage> {
  const slug = `${name.replaceAll(/[^a-z0-9]+/gi, '_').toLowerCase()}_${seed}`;
  const directory = join(world.home, 'rows', slug);
  mkdirSync(directory);
  const random = createRandom(seedOf(seed, name));
  const oracle = await startUpstream({ logFile: join(directory, 'oracle.jsonl') });
  // Answers take a while, or no fault would ever meet a call in flight.
  oracle.always(() => ({ delayMs: random.whole(80, 250), gapMs: random.whole(10, 30) }));
  const databaseUrl = await world.createDatabase(`row_${slug}`.slice(0, 60));
  const gateways: GatewayProcess[] = [];
  const outcomes: Outcome[] = [];
  const tries: Try[] = [];
  const unmet: string[] = [];
  const texts = new Map<string, string>();
  let asked = 0;
  let started = 0;
  let struckAt: number | undefined;
  let answeredAt = 0;

  const config = (holdfast: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => ({
    model_list: [
      {
        model_name: 'oracle',
        litellm_params: {
          model: 'openai/oracle-1',
          api_base: oracle.openaiUrl,
          api_key: 'sk-oracle',
          input_cost_per_token: 0.000001,
          output_cost_per_token: 0.000002,
        },
      },
    ],
    router_settings: { num_retries: 6, retry_after: 0, disable_cooldowns: true, timeout: 30 },
    holdfast: { lease: '2s', drain: '20s', ...holdfast },
  });

  const stage: Stage = {
    world,
    random,
    oracle,
    taskQueue: slug,
    gateways,
    outcomes,
    tries,
    unmet,
    lines: new Set(),
    ledger: createLedger(() => {
      const alive = gateways.find((gateway) => gateway.running());
      if (alive === undefined) throw new Error('no gateway runs');
      return alive.url;
    }, MASTER_KEY),
    start: async ({ fault, holdfast = {} } = {}) => {
      const at = started;
      started += 1;
      const gateway = await spawnGateway({
        main: world.main,
        directory: join(directory, `gateway-${at + 1}`),
        config: config(holdfast),
        masterKey: MASTER_KEY,
        env: {
          DATABASE_URL: databaseUrl,
          TEMPORAL_ADDRESS: world.temporal.address,
          TEMPORAL_UI_URL: world.temporal.uiUrl,
          TEMPORAL_TASK_QUEUE: slug,
        },
        ...(fault === undefined ? {} : { fault }),
      });
      gateways[at] = gateway;
      return gateway;
    },
    ask: async (options = {}) => {
      asked += 1;
      const question = { ...toAsk(options, asked, slug, gateways), onTry: (seen: Try) => tries.push(seen) };
      texts.set(question.key, question.text);
      const outcome = await askUntilAnswered(question);
      answeredAt = performance.now();
      outcomes.push(outcome);
      return outcome;
    },
    repeat: async (key, streaming) =>
      askUntilAnswered({
        ...toAsk(
          { key, streaming },
          0,
          slug,
          gateways.filter((each) => each.running()),
        ),
        text: texts.get(key) ?? '',
      }),
    askMany: async (count, options) => {
      const all: Promise<Outcome>[] = [];
      for (let n = 0; n < count; n += 1) {
        all.push(stage.ask(options));
        await pause(random.whole(5, 25));
      }
      return Promise.all(all);
    },
    sql: (statement, values) => runSql(databaseUrl, statement, values),
    struck: () => {
      struckAt ??= performance.now();
    },
    healedMs: () => (struckAt === undefined ? undefined : Math.max(0, answeredAt - struckAt)),
    died: async (gateway) => {
      await waitFor('the fault to happen', () => !gateway.running(), { forMs: HAPPENS_WITHIN_MS });
      stage.struck();
      return gateway.exited();
    },
    expect: (holds, otherwise) => {
      if (!holds) unmet.push(otherwise);
    },
    close: async () => {
      // Nothing is left to be said for a graceful end here; the row that stops a process under load looks at one.
      // One that could not start has left a hole; why it could not is what must be told.
      gateways.forEach((gateway) => {
        gateway.kill();
      });
      await Promise.all(gateways.map((gateway) => gateway.exited()));
      await oracle.stop();
      writeFileSync(
        join(directory, 'callers.jsonl'),
        outcomes.map((outcome) => `${JSON.stringify(outcome)}\n`).join(''),
      );
    },
  };
  return stage;
}

function toAsk(options: AskOptions, asked: number, slug: string, gateways: readonly GatewayProcess[]): Ask {
  return {
    key: options.key ?? `${slug}-${asked}`,
    streaming: options.streaming ?? false,
    text: `question ${options.key ?? asked} of ${slug}`,
    masterKey: MASTER_KEY,
    urlOf: (turn) => (options.at ?? gateways[turn % gateways.length])?.url ?? '',
    tryMs: options.tryMs ?? TRY_MS,
    forMs: FOR_MS,
    ...(options.leave === undefined ? {} : { leave: options.leave }),
  };
}
