/** A deployment as the configuration gives it, for functions that choose among some. */
import type { Deployment } from '../../activities/config/config.ts';

export function deployment(id: string, more: Partial<Deployment> = {}): Deployment {
  return {
    id,
    group: 'g',
    provider: 'openai',
    model: 'm',
    tags: [],
    defaults: {},
    settings: {},
    modelInfo: {},
    ...more,
  };
}
