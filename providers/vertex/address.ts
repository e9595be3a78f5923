/** Where Vertex AI serves a model: by location, project and publisher. */
import { textOf } from '../protocol/json.ts';
import { Refused } from '../protocol/refused.ts';
import type { Target } from '../provider.ts';

/** The host of the location `global`; regions have hosts of their own. */
export const BASE_URL = 'https://aiplatform.googleapis.com';

const DEFAULT_LOCATION = 'us-central1';

/** What one publisher's models are called by. */
export type Publisher = 'google' | 'anthropic' | 'mistralai' | 'ai21';

export function locationOf({ settings }: Target): string {
  const location = textOf(settings['vertex_location']) ?? textOf(settings['vertex_ai_location']) ?? DEFAULT_LOCATION;
  // It becomes a part of the host's name.
  if (/^[a-z0-9-]+$/.test(location)) return location;
  throw new Refused('invalid_request', 'The vertex_location of this deployment is not the name of a location.');
}

export function projectOf({ settings }: Target): string | undefined {
  return textOf(settings['vertex_project']) ?? textOf(settings['vertex_ai_project']);
}

function hostOf(target: Target, location: string): string {
  return target.baseUrl === BASE_URL ? hostAt(location) : target.baseUrl;
}

/** Google's own host for a location. */
export function hostAt(location: string): string {
  if (location === 'global') return BASE_URL;
  // `us` and `eu` are groups of regions.
  return location.includes('-')
    ? `https://${location}-aiplatform.googleapis.com`
    : `https://aiplatform.${location}.rep.googleapis.com`;
}

function versioned(target: Target, location: string, version: string): string {
  const host = hostOf(target, location);
  return /\/v\d\w*$/.test(host) ? host : `${host}/${textOf(target.settings['api_version']) ?? version}`;
}

/** A proxy may be given the model's whole address. */
function isWhole(baseUrl: string): boolean {
  return /\/(models|endpoints)\/[^/]+$/.test(baseUrl);
}

/** `…/projects/{project}/locations/{location}`. Throws `Refused` for a location that is none. */
function placeOf(target: Target, version: string): string {
  const project = projectOf(target);
  // Express mode: the API key stands for project and location.
  if (project === undefined) return versioned(target, 'global', version);
  const location = locationOf(target);
  return `${versioned(target, location, version)}/projects/${encodeURIComponent(project)}/locations/${location}`;
}

export function modelUrl(target: Target, publisher: Publisher, model: string, method: string, version = 'v1'): string {
  if (isWhole(target.baseUrl)) return `${target.baseUrl}:${method}`;
  return `${placeOf(target, version)}/publishers/${publisher}/models/${model}:${method}`;
}

/** A model of one's own: tuned, or deployed from the model garden. */
export function endpointUrl(target: Target, id: string, path: string): string {
  return isWhole(target.baseUrl) ? `${target.baseUrl}${path}` : `${placeOf(target, 'v1')}/endpoints/${id}${path}`;
}
