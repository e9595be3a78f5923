/**
 * The command line: `holdfast [start]`, `holdfast doctor`, `holdfast config check`, `holdfast batch`, `holdfast requests`. Never ends the process.
 * A command's modules are loaded when it runs: help and mistakes are answered without waiting half a second for Temporal's SDK.
 */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { parseLogLevel } from '../../activities/telemetry/logger.ts';
import type { Role } from '../gateway.ts';
import { addClientCommands } from './client-commands.ts';
import { EXIT, type Context } from './context.ts';

type Flags = {
  readonly config?: string;
  readonly model?: string;
  readonly port?: number;
  readonly host?: string;
  readonly role: Role;
  readonly home?: string;
  readonly logLevel?: string;
  readonly debug?: boolean;
  readonly detailed_debug?: boolean;
  readonly num_workers?: string;
  readonly json?: boolean;
};

const FOOTER = `
Without a configuration file the built-in model mock/* answers, and every provider whose key is in the
environment is served as <provider>/<model> (OPENAI_API_KEY → openai/gpt-4o, ANTHROPIC_API_KEY → anthropic/…).
Without DATABASE_URL and TEMPORAL_ADDRESS, PostgreSQL and Temporal are started too and kept in the home folder.

Examples:
  holdfast                                   try it, no file and no key needed
  holdfast --config litellm.yaml --port 4000
  holdfast --model anthropic/claude-sonnet-4-5
  holdfast doctor --config litellm.yaml      find out what is missing
  holdfast batch submit lines.jsonl --watch  have a file of requests answered`;

/** Runs the command that the arguments name; its exit code. */
export async function runProgram(args: readonly string[], context: Context): Promise<number> {
  let code: number = EXIT.ok;
  const program = createProgram(context, (result) => (code = result));
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version are asked for, everything else is a mistake in the arguments; commander has already written it down.
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  return code;
}

function createProgram(context: Context, finish: (code: number) => void): Command {
  const program = new Command('holdfast')
    .description('An OpenAI-compatible LLM gateway in which every request is carried by a durable Temporal workflow.')
    .version(context.version, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .showSuggestionAfterError()
    .enablePositionalOptions()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => context.print(text.trimEnd()),
      writeErr: (text) => context.complain(text.trimEnd()),
    })
    .exitOverride()
    .addHelpText('after', FOOTER);

  const startCommand = withConfig(program.command('start', { isDefault: true }))
    .description('start the gateway (the default command)')
    .addOption(
      new Option('-p, --port <number>', 'port to listen on, 0 for any (env: PORT; default: 4000)').argParser(parsePort),
    )
    .option('--host <address>', 'address to listen on (env: HOST; default: 127.0.0.1, this machine only)')
    .addOption(
      new Option('--role <role>', 'api: HTTP only; worker: workflows only; all: both')
        .choices(['all', 'api', 'worker'])
        .default('all'),
    )
    .addOption(
      new Option('--log-level <level>', 'trace, debug, info, warn, error (env: LITELLM_LOG, LOG_LEVEL)').argParser(
        parseLevel,
      ),
    )
    .option('--debug', 'the same as --log-level debug')
    .addOption(new Option('--detailed_debug').hideHelp())
    .addOption(new Option('--num_workers <number>').hideHelp())
    .allowExcessArguments()
    .action(async (flags: Flags, command: Command) => {
      const [unknown] = command.args;
      if (unknown !== undefined) command.error(`error: unknown command '${unknown}': see holdfast --help`);
      context.log.level = levelOf(flags) ?? context.log.level;
      if (flags.num_workers !== undefined && flags.num_workers !== '1') {
        context.complain(
          '--num_workers is ignored: one process serves all; to use more cores, start more processes with the same DATABASE_URL and TEMPORAL_ADDRESS',
        );
      }
      const { start } = await import('./start.ts');
      finish(await start(flags, context));
    });
  // The options of the default command are the ones people look for.
  program.addHelpText('before', '').configureHelp({
    visibleOptions: (command) =>
      command === program
        ? [...command.options, ...startCommand.options.filter((option) => !option.hidden)]
        : command.options.filter((option) => !option.hidden),
  });

  withConfig(program.command('doctor'))
    .description('check configuration, database, Temporal and providers, and say how to fix what is wrong')
    .addOption(new Option('-p, --port <number>', 'port the gateway will listen on').argParser(parsePort))
    .option('--host <address>', 'address the gateway will listen on')
    .option('--json', 'machine-readable output')
    .action(async (flags: Flags) => {
      const { doctor } = await import('./doctor.ts');
      finish(await doctor(flags, context));
    });

  const config = program.command('config').description('work with configuration files');
  config
    .command('check')
    .description('report everything that is wrong with the configuration, without starting anything')
    .option('-c, --config <file>', 'configuration file (env: CONFIG_FILE_PATH)')
    .option('--json', 'machine-readable output')
    .action(async (flags: Flags) => {
      const { checkConfig } = await import('./check-config.ts');
      finish(checkConfig(flags, context));
    });
  addClientCommands(program, context, finish);
  return program;
}

function withConfig(command: Command): Command {
  return command
    .option('-c, --config <file>', "configuration file, LiteLLM's format (env: CONFIG_FILE_PATH)")
    .option('-m, --model <provider/model>', 'serve just this model, without a file')
    .option('--home <folder>', 'where data are kept between runs (env: HOLDFAST_HOME; default: .holdfast)');
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('expected a number from 0 to 65535.');
  return port;
}

function parseLevel(text: string): string {
  const level = parseLogLevel(text);
  if (level === undefined) throw new InvalidArgumentError('expected trace, debug, info, warn or error.');
  return level;
}

function levelOf(flags: Flags): string | undefined {
  return flags.logLevel ?? (flags.debug === true || flags.detailed_debug === true ? 'debug' : undefined);
}
