/** The commands that speak to a running gateway; their modules are loaded when one runs. */
import { Option, type Command } from 'commander';
import type { DownloadFlags, SubmitFlags } from './batch.ts';
import { EXIT, type Context } from './context.ts';
import type { ClientFlags } from './gateway-client.ts';
import type { ListFlags } from './requests.ts';

export function addClientCommands(program: Command, context: Context, finish: (code: number) => void): void {
  /** What the gateway said is told; anything else is a fault of ours. */
  const run = async (work: () => Promise<number>): Promise<void> => {
    const { CommandFailed } = await import('./gateway-client.ts');
    try {
      finish(await work());
    } catch (error) {
      if (context.stop.aborted) {
        finish(EXIT.failed);
        return;
      }
      if (!(error instanceof CommandFailed)) throw error;
      context.complain(error.message);
      finish(EXIT.failed);
    }
  };

  const batch = program.command('batch').description('order, watch, stop and fetch batches of requests');
  withGateway(batch.command('submit <file>'))
    .description('upload a file of requests, one JSON object a line (or a CSV table), and have them answered')
    .option('--endpoint <path>', 'where the requests go (default: what the first line says)')
    .option('--template <file>', 'the file is a CSV table: a JSON body whose {{column}}s each row fills')
    .option('--window <duration>', 'how long it may take', '24h')
    .option('--watch', 'show the progress until the end')
    .action(async (file: string, flags: SubmitFlags) =>
      run(async () => (await import('./batch.ts')).submitBatch(file, flags, context)),
    );
  withGateway(batch.command('status <id>'))
    .description('show how far a batch is')
    .option('--watch', 'until the end')
    .action(async (id: string, flags: ClientFlags & { watch?: boolean }) =>
      run(async () => (await import('./batch.ts')).batchStatus(id, flags, context)),
    );
  withGateway(batch.command('cancel <id>'))
    .description('stop a batch; what was answered until then is kept')
    .action(async (id: string, flags: ClientFlags) =>
      run(async () => (await import('./batch.ts')).cancelBatch(id, flags, context)),
    );
  withGateway(batch.command('download <id>'))
    .description('fetch the results of a batch')
    .option('-o, --output <file>', 'where to write them (default: <id>_output.jsonl)')
    .option('--errors', 'the lines without an answer instead')
    .action(async (id: string, flags: DownloadFlags) =>
      run(async () => (await import('./batch.ts')).downloadBatch(id, flags, context)),
    );

  const requests = program.command('requests').description('list, show and cancel requests');
  withGateway(requests.command('list'))
    .description('the latest requests, newest first')
    .addOption(
      new Option('--status <status>', 'only these').choices([
        'in_progress',
        'completed',
        'failed',
        'cancelled',
        'outcome_unknown',
      ]),
    )
    .option('--model <model>', 'only of this model')
    .option('--tag <tag>', 'only with this tag')
    .option('--limit <number>', 'how many, 100 at most', '20')
    .action(async (flags: ListFlags) => run(async () => (await import('./requests.ts')).listRequests(flags, context)));
  withGateway(requests.command('show <id>'))
    .description('a request: its attempts, its cost, its answer')
    .action(async (id: string, flags: ClientFlags) =>
      run(async () => (await import('./requests.ts')).showRequest(id, flags, context)),
    );
  withGateway(requests.command('cancel <id>'))
    .description('stop a request; one that has ended stays as it is')
    .action(async (id: string, flags: ClientFlags) =>
      run(async () => (await import('./requests.ts')).cancelRequest(id, flags, context)),
    );
}

function withGateway(command: Command): Command {
  return command
    .option('--url <url>', 'the gateway (env: HOLDFAST_URL; default: the one of this machine)')
    .option('--key <key>', 'the key to ask with (env: HOLDFAST_API_KEY; default: the master key)')
    .option('--home <folder>', 'where a gateway of this machine keeps its master key (env: HOLDFAST_HOME)')
    .option('--json', 'machine-readable output');
}
