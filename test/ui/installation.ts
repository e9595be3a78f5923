/** Holdfast as a user starts it, with embedded servers in a home of its own, and what its operator looks with: a browser and the Temporal CLI. */
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { locateTemporalCli } from '../../activities/embedded/temporal-cli.ts';
import { readRequest } from '../support/ask.ts';
import { openBrowser } from '../support/browser.ts';
import { addEvidence, hasFailed } from '../support/evidence.ts';
import { MASTER_KEY } from '../support/gateway.ts';
import { spawnGateway, type GatewayProcess } from '../support/gateway-process.ts';
import { ask } from '../support/suite.ts';
import { startUpstream, type Upstream } from '../support/upstream.ts';
import { waitFor } from '../support/wait.ts';

const run = promisify(execFile);

export const PROVIDER_KEY = 'sk-provider-0b1c2d3e4f';

export type History = { readonly types: readonly string[]; readonly text: string };

export type Installation = {
  readonly gateway: GatewayProcess;
  /** The provider of its only model, gpt-4o. */
  readonly upstream: Upstream;
  readonly home: string;
  /** Where the gateway says that a request's workflow is to be seen. */
  temporalUrlOf(id: string): Promise<string>;
  /** A page of the Temporal UI, below its namespace. */
  uiUrl(path: string): Promise<string>;
  visit(url: string): Promise<Page>;
  /** The history as the CLI prints it, and once more with every payload decoded. */
  historyOf(workflowId: string): Promise<History>;
  /** Resolves when the CLI's list finds the workflow by the query; new ones take a moment. */
  found(query: string, workflowId: string): Promise<void>;
  close(): Promise<void>;
};

export async function install(): Promise<Installation> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-ui-'));
  // The database refuses to run as root: the user that runs it instead must be able to reach its folder.
  await chmod(directory, 0o755);
  addEvidence(`home and log ${directory}`);
  const [browser, upstream, { main }] = await Promise.all([openBrowser(), startUpstream(), ask('/build')]);
  const home = join(directory, 'home');
  const gateway = await spawnGateway({
    main,
    directory,
    masterKey: MASTER_KEY,
    // No address of a server: everything is embedded.
    env: {},
    config: {
      model_list: [
        {
          model_name: 'gpt-4o',
          litellm_params: { model: 'openai/gpt-4o', api_base: upstream.openaiUrl, api_key: PROVIDER_KEY },
          model_info: { id: 'gpt-4o-east' },
        },
      ],
      router_settings: { num_retries: 2, disable_cooldowns: true },
    },
  });

  const ports = async (): Promise<{ readonly port: number; readonly uiPort: number }> =>
    JSON.parse(await readFile(join(home, 'temporal', 'server.json'), 'utf8')) as { port: number; uiPort: number };

  /** What an operator would type, against the server of this home. */
  const temporal = async (...args: readonly string[]): Promise<string> => {
    const cli = await locateTemporalCli(process.env, home);
    if (cli === undefined) throw new Error('The gateway runs a Temporal server, but there is no Temporal CLI.');
    const { port } = await ports();
    const { stdout } = await run(cli, [...args, '--output', 'json', '--address', `127.0.0.1:${port}`], {
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  };

  return {
    gateway,
    upstream,
    home,
    // The answer may be there before the ledger notes which workflow carried it.
    temporalUrlOf: (id) =>
      waitFor('the address of the workflow', async () => (await readRequest(gateway.url, id)).temporal_url),
    uiUrl: async (path) => `http://127.0.0.1:${(await ports()).uiPort}/namespaces/default/${path}`,
    visit: async (url) => {
      // High enough for the events below the time line: the page scrolls inside itself, which no picture of it shows.
      const page = await browser.newPage({ viewport: { width: 1400, height: 1900 } });
      await page.goto(url);
      return page;
    },
    historyOf: async (workflowId) => {
      const shown = await temporal('workflow', 'show', '-w', workflowId);
      const raw = await temporal('workflow', 'show', '-w', workflowId, '--no-json-shorthand-payloads');
      const { events } = JSON.parse(raw) as { events: readonly { readonly eventType: string }[] };
      const payloads = [...raw.matchAll(/"data": *"([^"]*)"/g)].map(([, data = '']) =>
        Buffer.from(data, 'base64').toString('utf8'),
      );
      return { types: events.map(({ eventType }) => eventType), text: [shown, raw, ...payloads].join('\n') };
    },
    found: async (query, workflowId) => {
      await waitFor(`${workflowId} to be found by ${query}`, async () => {
        const list = JSON.parse(await temporal('workflow', 'list', '--query', query)) as readonly {
          readonly execution: { readonly workflowId: string };
        }[];
        return list.some(({ execution }) => execution.workflowId === workflowId);
      });
    },
    close: async () => {
      await browser.close();
      await gateway.stop();
      await upstream.stop();
      if (!hasFailed()) await rm(directory, { recursive: true, force: true });
    },
  };
}
