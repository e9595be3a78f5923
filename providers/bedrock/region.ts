/** Amazon's services live in regions: which one a call goes to, and the address there. */
import { textOf } from '../protocol/json.ts';
import { Refused } from '../protocol/refused.ts';
import type { Target } from '../provider.ts';

/** Where LiteLLM looks when nobody says where. */
export const DEFAULT_REGION = 'us-west-2';

const REGION = /^[a-z]{2}(-[a-z]+)+-\d{1,2}$/;

export function isRegion(text: string): boolean {
  return REGION.test(text);
}

export type Place = { readonly region: string; readonly baseUrl: string };

export type Service = {
  /** `bedrock-runtime`; the host is this, the region, and Amazon's domain. */
  readonly host: string;
  /** Setting that overrides the address. */
  readonly setting: string;
};

/** The provider's own address, for the catalog. */
export function defaultBaseUrl({ host }: Service): string {
  return `https://${host}.${DEFAULT_REGION}.amazonaws.com`;
}

/** The region that an address of Amazon's names. */
function regionIn(baseUrl: string): string | undefined {
  const found = /^https:\/\/[a-z0-9.-]+\.([a-z]{2}(?:-[a-z]+)+-\d{1,2})\.(?:vpce\.)?amazonaws\.com/.exec(baseUrl)?.[1];
  return found !== undefined && isRegion(found) ? found : undefined;
}

/** `named` is the region that the model's name or ARN holds. Throws {@link Refused} for a region that is none. */
export function placeOf(target: Target, service: Service, named: string | undefined): Place {
  const { settings } = target;
  const given = textOf(settings[service.setting])?.replace(/\/+$/, '');
  const own = defaultBaseUrl(service);
  const address = given ?? (target.baseUrl === own || target.baseUrl === '' ? undefined : target.baseUrl);
  const region =
    (address === undefined ? undefined : regionIn(address)) ??
    named ??
    textOf(settings['aws_region_name']) ??
    DEFAULT_REGION;
  // It becomes a part of a host's name that a credential is sent to.
  if (!isRegion(region)) throw new Refused('invalid_request', 'The deployment names no AWS region in aws_region_name.');
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return { region, baseUrl: address ?? `https://${service.host}.${region}.${domain}` };
}
