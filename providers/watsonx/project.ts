/** Which project or space pays for a call, and where IBM's regions answer. */
import type { JsonObject } from '../protocol/json.ts';
import { textOf } from '../protocol/json.ts';
import { Refused } from '../protocol/refused.ts';
import type { Target } from '../provider.ts';
import { TITLE } from './error.ts';

const VERSION = '2024-03-13';

export function projectOf({ settings }: Target): JsonObject | undefined {
  const project = textOf(settings['project_id']);
  if (project !== undefined) return { project_id: project };
  const space = textOf(settings['space_id']);
  return space === undefined ? undefined : { space_id: space };
}

/** Throws `Refused` where the deployment has none. */
export function neededProject(target: Target): JsonObject {
  const project = projectOf(target);
  if (project !== undefined) return project;
  throw new Refused('provider_unreachable', `${TITLE} needs a project: set project_id or space_id on the deployment.`);
}

function baseOf({ baseUrl, settings }: Target): string {
  const region = textOf(settings['watsonx_region_name']) ?? textOf(settings['region_name']);
  if (baseUrl !== '' || region === undefined) return baseUrl;
  return /^[a-z0-9-]+$/.test(region) ? `https://${region}.ml.cloud.ibm.com` : '';
}

/** The address before `/ml/v1`. Throws `Refused` where the deployment has none. */
export function rootOf(target: Target): string {
  const baseUrl = baseOf(target);
  if (baseUrl !== '') return baseUrl.replace(/\/ml\/v1.*$/, '');
  throw new Refused(
    'provider_unreachable',
    `${TITLE} has no address: set api_base or watsonx_region_name on the deployment.`,
  );
}

export function urlOf(target: Target, path: string): string {
  const version = textOf(target.settings['api_version']) ?? VERSION;
  return `${rootOf(target)}/ml/v1/${path}?version=${encodeURIComponent(version)}`;
}
