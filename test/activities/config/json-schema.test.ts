import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { configJsonSchema } from '../../../activities/config/json-schema.ts';

type Schema = {
  properties?: Record<string, Schema>;
  additionalProperties?: unknown;
  description?: string;
  items?: Schema;
};

describe('config.schema.json', () => {
  const written = readFileSync(new URL('../../../config.schema.json', import.meta.url), 'utf8');

  it('is fresh; `node bin/generate-schema.js` makes it so', () => {
    expect(written === configJsonSchema()).toBe(true);
  });

  it('knows the keys of every section and describes them', () => {
    const { properties } = JSON.parse(written) as Schema;
    expect(properties?.['router_settings']?.properties?.['num_retries']?.description).toContain('Default 2');
    expect(properties?.['model_list']?.items?.properties?.['litellm_params']?.properties).toHaveProperty('api_base');
    expect(properties?.['holdfast']?.additionalProperties).toBe(false);
  });
});
