/** `holdfast requests`: what became of requests. */
import { EXIT, type Context } from './context.ts';
import { createGatewayClient, type ClientFlags, type Json } from './gateway-client.ts';

export type ListFlags = ClientFlags & {
  readonly status?: string;
  readonly model?: string;
  readonly tag?: string;
  readonly limit: string;
};

export async function listRequests(flags: ListFlags, context: Context): Promise<number> {
  const client = await createGatewayClient(flags, context);
  const query = new URLSearchParams({ limit: flags.limit });
  for (const name of ['status', 'model', 'tag'] as const) if (flags[name] !== undefined) query.set(name, flags[name]);
  const page = await client.get(`/v1/requests?${query.toString()}`);
  if (flags.json === true) context.print(JSON.stringify(page, undefined, 2));
  else for (const request of page['data'] as readonly Json[]) context.print(lineOf(request));
  return EXIT.ok;
}

export async function showRequest(id: string, flags: ClientFlags, context: Context): Promise<number> {
  const client = await createGatewayClient(flags, context);
  const request = await client.get(pathOf(id));
  context.print(flags.json === true ? JSON.stringify(request, undefined, 2) : wholeOf(request));
  return EXIT.ok;
}

export async function cancelRequest(id: string, flags: ClientFlags, context: Context): Promise<number> {
  const client = await createGatewayClient(flags, context);
  const request = await client.post(`${pathOf(id)}/cancel`, {});
  context.print(flags.json === true ? JSON.stringify(request, undefined, 2) : lineOf(request));
  return EXIT.ok;
}

function lineOf(request: Json): string {
  const attempts = request['attempts'] as readonly Json[];
  const { cost, error } = request as { cost?: number | null; error?: { code: string } };
  return [
    String(request['id']),
    new Date(Number(request['created_at']) * 1000).toISOString(),
    String(request['status']),
    String(request['model']),
    `${attempts.length} attempt${attempts.length === 1 ? '' : 's'}`,
    ...(typeof cost === 'number' ? [`${cost} USD`] : []),
    ...(error === undefined ? [] : [error.code]),
  ].join(' · ');
}

function wholeOf(request: Json): string {
  const attempts = (request['attempts'] as readonly Json[]).map((attempt) => {
    const { error } = attempt as { error?: { code: string; message: string } };
    const why = error === undefined ? '' : ` · ${error.code}: ${error.message}`;
    return `  attempt ${String(attempt['n'])} · ${String(attempt['deployment'])} · ${String(attempt['status'])}${why}`;
  });
  const {
    temporal_url: history,
    error,
    response,
  } = request as {
    temporal_url?: string;
    error?: { message: string };
    response?: unknown;
  };
  return [
    lineOf(request),
    ...attempts,
    ...(error === undefined ? [] : [`  ${error.message}`]),
    ...(history === undefined ? [] : [`  history: ${history}`]),
    ...(response === undefined ? [] : [JSON.stringify(response, undefined, 2)]),
  ].join('\n');
}

function pathOf(id: string): string {
  return `/v1/requests/${encodeURIComponent(id)}`;
}
