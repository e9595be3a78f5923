/** Python's clients, unmodified, against the built gateway, in front of a provider of each wire format; python/clients.py is what they do. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MASTER_KEY, startGateway } from '../support/gateway.ts';
import type { Gateway } from '../support/gateway.ts';
import { obtainPython, PYTHON_WITHIN_MS, whyNoPython } from '../support/python.ts';
import { startUpstream } from '../support/upstream.ts';
import type { Script, Upstream } from '../support/upstream.ts';
import { FORMATS, structured, wireFormats } from '../support/wire-formats.ts';

/** The least that each client checks: one that runs nothing must not look as if it passed. */
const CLIENTS = {
  openai: 21,
  anthropic: 12,
  'langchain-openai': 9,
  'langchain-anthropic': 4,
  instructor: 8,
  litellm: 13,
  'llama-index': 5,
} as const;

type Check = { readonly client: string; readonly check: string; readonly model: string; readonly error: string | null };

const FOLDER = fileURLToPath(new URL('python', import.meta.url));
const TOOL_CALLS = [
  { id: 'toolu_a', name: 'weather', arguments: '{"city":"Bern"}' },
  { id: 'toolu_b', name: 'weather', arguments: '{"city":"Zürich"}' },
];

/** What the questions of clients.py are answered with. */
function scriptFor(body: unknown): Script {
  const text = JSON.stringify(body);
  const status = /"(429|500)\?"/.exec(text)?.[1];
  if (status !== undefined) return { status: Number(status) };
  if (text.includes('JSON?')) return structured(body, '{"city":"Bern","degrees":7}');
  if (/"(tool_result|toolResult|functionResponse)"|"role":"tool"/.test(text)) return { text: 'It rains in both.' };
  // Thoughts only for those who asked for them, in whatever words.
  const thinks = /budget|"thinking|"reasoning_effort"/.test(text);
  if (text.includes('Weather?')) return { toolCalls: TOOL_CALLS, ...(thinks ? { reasoning: 'Two cities.' } : {}) };
  return { text: 'Grüezi 👋', chunks: 5, split: [7], usage: { promptTokens: 11, completionTokens: 7 } };
}

/** The interpreter, or why there is none: a machine without Python or without a package index still runs everything else. */
async function findPython(): Promise<{ readonly python: string } | { readonly reason: string }> {
  const reason = whyNoPython();
  if (reason !== undefined) return { reason };
  try {
    return { python: await obtainPython(`${FOLDER}/requirements.txt`) };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

const found = await findPython();
if ('reason' in found) process.stderr.write(`Python's clients are NOT tried here: ${found.reason}.\n`);

('reason' in found ? describe.skip : describe)('Python’s clients', () => {
  let upstream: Upstream;
  let gateway: Gateway;
  let checks: readonly Check[] = [];

  beforeAll(async () => {
    const python = 'python' in found ? found.python : '';
    upstream = await startUpstream();
    upstream.always((call) => scriptFor(call.body));
    gateway = await startGateway({ config: wireFormats(upstream) });
    checks = await runClients(python, gateway.url);
    for (const client of Object.keys(CLIENTS)) {
      const mine = checks.filter((check) => check.client === client);
      process.stderr.write(
        `${client} (Python): ${mine.filter((check) => check.error === null).length}/${mine.length}\n`,
      );
    }
  }, PYTHON_WITHIN_MS);

  afterAll(async () => {
    await gateway?.close();
    await upstream?.stop();
  });

  it.each(Object.entries(CLIENTS))('%s finds every answer as it expects it', (client, least) => {
    const mine = checks.filter((check) => check.client === client);
    expect(mine.filter((check) => check.error !== null)).toEqual([]);
    expect(mine.length).toBeGreaterThanOrEqual(least);
  });
});

async function runClients(python: string, url: string): Promise<readonly Check[]> {
  const child = spawn(python, [`${FOLDER}/clients.py`], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      // Answers are Unicode, whatever the machine's locale is.
      PYTHONUTF8: '1',
      NO_PROXY: '127.0.0.1',
      GATEWAY_URL: url,
      GATEWAY_KEY: MASTER_KEY,
      FORMATS: FORMATS.join(','),
    },
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (output += part));
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`clients.py ended with ${String(code)}`);
  // Libraries print what they please in between.
  return output.split('\n').flatMap((line) => (line.startsWith('{"client"') ? [JSON.parse(line) as Check] : []));
}
