/** The documentation routes. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startEdge, type Edge } from '../edge.ts';

let edge: Edge;

beforeAll(async () => {
  edge = await startEdge();
});

afterAll(async () => {
  await edge.close();
});

describe('the documentation', () => {
  it('is served without a key, from files of our own, under a policy that runs nothing else', async () => {
    const page = await fetch(`${edge.url}/docs`);
    const html = await page.text();
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    expect(html).not.toMatch(/https?:/);
    const links = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path);
    expect(links).toHaveLength(3);
    for (const path of links) {
      const file = await fetch(edge.url + path);
      expect(file.status).toBe(200);
      expect((await file.text()).length).toBeGreaterThan(50);
    }
  });

  it.each(['package.json', '..%2f..%2fpackage.json', '%2e%2e%2findex.js', 'toString'])(
    'gives no other file: %s',
    async (name) => {
      const response = await fetch(`${edge.url}/docs/${name}`);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ error: { code: 'not_found' } });
    },
  );

  it('is where a browser at the root is sent, and a program gets the version', async () => {
    const browser = await fetch(edge.url, { headers: { accept: 'text/html' }, redirect: 'manual' });
    expect([browser.status, browser.headers.get('location')]).toEqual([302, '/docs']);
    const program = await fetch(edge.url, { headers: { accept: '*/*' } });
    expect(await program.json()).toEqual({
      name: 'holdfast',
      version: '0.0.0-test',
      docs: '/docs',
      openapi: '/openapi.json',
    });
  });

  it('is the OpenAPI document', async () => {
    const document = (await (await fetch(`${edge.url}/openapi.json`)).json()) as { openapi: string; paths: object };
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toContain('/v1/chat/completions');
  });
});

describe('a HEAD request', () => {
  it('has the headers of a GET and no body', async () => {
    const response = await fetch(`${edge.url}/docs`, { method: 'HEAD' });
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(100);
  });
});
