/** Process entry: arguments in, exit code out. The only file that ends the process. */
import { readEnvironment, processVariables } from '../activities/config/environment.ts';
import { createLogger, parseLogLevel, scrub } from '../activities/telemetry/logger.ts';
import { EXIT, type Context } from './cli/context.ts';
import { runProgram } from './cli/program.ts';
import { VERSION } from './version.ts';

/** npm passes a terminal's Ctrl-C on to a program that got it from the terminal already: two signals this close are one; milliseconds. */
const SAME_SIGNAL_MS = 500;

const env = processVariables();
const log = createLogger({
  level: parseLogLevel(readEnvironment(env).environment.logLevel ?? '') ?? 'info',
  pretty: process.stderr.isTTY === true,
});
const stop = new AbortController();
const force = new AbortController();

let stoppedAt = 0;
function onSignal(signal: NodeJS.Signals): void {
  if (!stop.signal.aborted) {
    stoppedAt = performance.now();
    stop.abort();
    return;
  }
  if (performance.now() - stoppedAt < SAME_SIGNAL_MS) return;
  end(signal === 'SIGINT' ? 130 : 143);
}

/** At once, but not leaving embedded servers behind. */
function end(code: number): never {
  force.abort();
  process.exit(code);
}

function onCrash(kind: string): (error: unknown) => void {
  return (error) => {
    log.fatal({ err: error instanceof Error ? error : new Error(String(error)) }, kind);
    end(EXIT.failed);
  };
}

// A reader that has seen enough (`holdfast --help | head`) is no fault.
process.stdout.on('error', () => undefined);
process.on('SIGINT', onSignal);
process.on('SIGTERM', onSignal);
process.on('unhandledRejection', onCrash('unhandled rejection: a fault in Holdfast'));
process.on('uncaughtException', onCrash('uncaught exception: a fault in Holdfast'));

const context: Context = {
  env,
  log,
  version: VERSION,
  print: (text) => void process.stdout.write(`${text}\n`),
  // Line by line: a single one is cut when it is very long, a list of problems is not.
  complain: (text) => void process.stderr.write(`${text.split('\n').map(scrub).join('\n')}\n`),
  interactive: process.stdout.isTTY === true,
  stop: stop.signal,
  force: force.signal,
};

// Node ends, with a code of its own, when it waits for nothing but a promise; timers of aborts do not count as something to wait for.
const awake = setInterval(() => undefined, 60_000);
const code = await runProgram(process.argv.slice(2), context);
clearInterval(awake);
// Output to a pipe is written later, and process.exit would not wait for it.
await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
process.exit(code);
