/** The command line of `npm run bench`. */
import { Command, InvalidArgumentError, Option } from 'commander';

export type Options = {
  /** Ids of the rows; all when empty. */
  readonly only: readonly string[];
  readonly json: boolean;
  /** Length of the throughput measurement. */
  readonly seconds: number;
  readonly connections: number;
  /** Provider time of an answer in the throughput measurement. */
  readonly delayMs: number;
  /** Pairs of requests in the latency measurement, direct and through the gateway in turn. */
  readonly rounds: number;
  readonly streamRounds: number;
  /** Streams at once in the additional measurement; none when 0. */
  readonly streams: number;
  readonly warmUpMs: number;
  readonly profile: boolean;
  /** Where logs and data of the run are kept; a temporary folder that is removed when absent. */
  readonly keep?: string;
};

const count =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < min || value > max) {
      throw new InvalidArgumentError(`expected a whole number from ${min} to ${max}`);
    }
    return value;
  };

const list =
  (ids: readonly string[]) =>
  (text: string): readonly string[] => {
    const names = text.split(',').map((name) => name.trim());
    const unknown = names.find((name) => !ids.includes(name));
    if (unknown !== undefined) throw new InvalidArgumentError(`no row "${unknown}"; there are: ${ids.join(', ')}`);
    return names;
  };

type Flags = {
  readonly only?: readonly string[];
  readonly json?: true;
  readonly quick?: true;
  readonly seconds?: number;
  readonly connections: number;
  readonly delayMs: number;
  readonly rounds?: number;
  readonly streamRounds?: number;
  readonly streams: number;
  readonly profile?: true;
  readonly keep?: string;
};

export const parseOptions = (args: readonly string[], ids: readonly string[]): Options => {
  const flags = new Command('bench')
    .description('Measures gateways side by side against one fake provider on this machine, and prints one table.')
    .addOption(new Option('--only <rows>', `measure these rows only: ${ids.join(', ')}`).argParser(list(ids)))
    .addOption(new Option('--quick', 'a short run: a look, not a measurement'))
    .addOption(new Option('--seconds <n>', 'length of the throughput measurement (20)').argParser(count(1, 300)))
    .addOption(new Option('--connections <n>', 'connections in it').argParser(count(1, 1_000)).default(100))
    .addOption(new Option('--delay-ms <n>', 'provider time in it').argParser(count(0, 10_000)).default(20))
    .addOption(
      new Option('--rounds <n>', 'requests per side in the latency measurement (100)').argParser(count(1, 1_000)),
    )
    .addOption(
      new Option('--stream-rounds <n>', 'streams per side in the stream measurement (12)').argParser(count(1, 200)),
    )
    .addOption(
      new Option('--streams <n>', 'also measure this many streams at once').argParser(count(0, 300)).default(0),
    )
    .addOption(new Option('--profile', "write CPU profiles of Holdfast's own process; with --keep"))
    .addOption(new Option('--json', 'print the results as JSON'))
    .addOption(new Option('--keep <dir>', 'keep configurations, data and logs of the run there'))
    .parse([...args], { from: 'user' })
    .opts<Flags>();
  const quick = flags.quick === true;
  return {
    only: flags.only ?? [],
    json: flags.json === true,
    seconds: flags.seconds ?? (quick ? 5 : 20),
    connections: flags.connections,
    delayMs: flags.delayMs,
    rounds: flags.rounds ?? (quick ? 25 : 100),
    streamRounds: flags.streamRounds ?? (quick ? 4 : 12),
    streams: flags.streams,
    profile: flags.profile === true,
    warmUpMs: quick ? 2_000 : 5_000,
    ...(flags.keep === undefined ? {} : { keep: flags.keep }),
  };
};
