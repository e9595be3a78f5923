/** The committed OpenAPI document. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { createOpenApi, openApiText } from '../../api/openapi.ts';
import { ROUTES } from '../../api/routes/table.ts';
import { VERSION } from '../../api/version.ts';
import { ERRORS } from '../../providers/protocol/errors.ts';

describe('the OpenAPI document', () => {
  it('is the one that the routes describe: run node bin/generate-openapi.js', async () => {
    const committed = await readFile(new URL('../../openapi.json', import.meta.url), 'utf8');
    expect(committed).toBe(openApiText(ROUTES, VERSION));
  });

  it('has every path of the table, with its method, its errors and its access rule', () => {
    const document = createOpenApi(ROUTES, VERSION);
    for (const route of ROUTES) {
      const { method } = route;
      for (const path of method === 'all' ? route.paths.slice(0, 1) : route.paths) {
        if (method === 'all') {
          const shown = document.paths?.[path.replace(/[:*](\w+)/g, '{$1}')];
          for (const each of ['get', 'post', 'put', 'patch', 'delete'] as const)
            expect(Object.keys(shown?.[each]?.responses ?? {})).toEqual(['200', 'default']);
          continue;
        }
        const operation = document.paths?.[path.replace(/[:*](\w+)/g, '{$1}')]?.[method];
        expect(operation?.security).toHaveLength(route.access === 'public' ? 0 : 2);
        const statuses = Object.keys(operation?.responses ?? {});
        expect(statuses).toEqual(expect.arrayContaining(['200', '500']));
        if (route.access !== 'public') expect(statuses).toContain('401');
        for (const code of route.errors) expect(statuses).toContain(String(ERRORS[code].status));
      }
    }
  });

  it('gives no operation id twice', () => {
    const ids = Object.values(createOpenApi(ROUTES, VERSION).paths ?? {}).flatMap((path) => [
      path?.get?.operationId,
      path?.post?.operationId,
    ]);
    const given = ids.filter((id) => id !== undefined);
    expect(new Set(given).size).toBe(given.length);
  });
});
