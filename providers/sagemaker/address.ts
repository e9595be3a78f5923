/** SageMaker's addresses: the model is an endpoint of the account's own. */
import { placeOf, type Service } from '../bedrock/region.ts';
import { textOf } from '../protocol/json.ts';
import { extraHeaders } from '../protocol/settings.ts';
import type { Target, WireRequest } from '../provider.ts';

export const RUNTIME: Service = { host: 'runtime.sagemaker', setting: 'sagemaker_base_url' };

export type Sent = { readonly json: string; readonly streaming: boolean; readonly dropped: readonly string[] };

/** Throws `Refused` for a region that is none. */
export function addressed(target: Target, { json, streaming, dropped }: Sent): WireRequest {
  const { region, baseUrl } = placeOf(target, RUNTIME, undefined);
  const operation = streaming ? 'invocations-response-stream' : 'invocations';
  // A whole address is taken as it is, up to what it does.
  const endpoint = /^(.*\/endpoints\/[^/]+)(\/invocations(-response-stream)?)?$/.exec(baseUrl)?.[1];
  // LiteLLM's word for one of several models behind an endpoint.
  const component = textOf(target.settings['model_id']);
  return {
    method: 'POST',
    url: `${endpoint ?? `${baseUrl}/endpoints/${encodeURIComponent(target.model)}`}/${operation}`,
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      ...(component === undefined ? {} : { 'x-amzn-sagemaker-inference-component': component }),
      ...extraHeaders(target.settings),
    },
    body: json,
    signingRegion: region,
    dropped,
  };
}
