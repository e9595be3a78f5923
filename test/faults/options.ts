/** The campaign's command line. */
import { Command, InvalidArgumentError } from 'commander';

export type Options = {
  readonly campaigns: number;
  readonly seed: number;
  /** Rows whose name holds this text. */
  readonly only?: string;
  /** Rows that run beside each other; those that take the servers away always run alone. */
  readonly jobs: number;
  /** Logs and books of all rows stay, not only after a failure. */
  readonly keep: boolean;
};

function whole(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('expected a whole number');
  return Number(text);
}

export function parseOptions(args: readonly string[]): Options {
  const command = new Command('faults')
    .description(
      'Breaks the built gateway in every way it promises to survive, and checks its promises by three witnesses.',
    )
    .option('--campaigns <number>', 'how often all rows run, each time with the next seed', whole, 1)
    .option('--seed <number>', 'repeats a campaign; drawn when absent', whole)
    .option('--only <text>', 'only rows whose name holds this text')
    .option('--jobs <number>', 'rows that run at the same time', whole, 5)
    .option('--keep', 'keep the logs and books of every row, not only after a failure')
    .option('--short', 'one campaign with the seed 1, for continuous integration')
    .parse([...args], { from: 'user' });
  const given = command.opts<{
    campaigns: number;
    seed?: number;
    only?: string;
    jobs: number;
    keep?: true;
    short?: true;
  }>();
  return {
    campaigns: given.short === true ? 1 : Math.max(1, given.campaigns),
    seed: given.seed ?? (given.short === true ? 1 : Math.floor(Math.random() * 1_000_000)),
    jobs: Math.max(1, given.jobs),
    keep: given.keep === true,
    ...(given.only === undefined ? {} : { only: given.only }),
  };
}
