/** The documentation page as a browser without internet access renders it. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { startEdge, type Edge } from '../api/edge.ts';
import { BROWSER_WITHIN_MS, openBrowser, screenshot } from '../support/browser.ts';
import { waitFor } from '../support/wait.ts';

/** Resolves to this machine in the browser alone: what a page does on localhost only, it does not do here. */
const HOST = 'gateway.example';

let edge: Edge;
let browser: Browser;

beforeAll(async () => {
  edge = await startEdge();
  browser = await openBrowser([
    `--host-resolver-rules=MAP ${HOST} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`,
    // As behind a proxy that speaks TLS: over plain HTTP a browser ignores some of the page's headers, and says so.
    `--unsafely-treat-insecure-origin-as-secure=http://${HOST}:${edge.port}`,
  ]);
}, BROWSER_WITHIN_MS);

afterAll(async () => {
  await browser?.close();
  await edge?.close();
});

type Visit = {
  readonly page: Page;
  /** Whatever the page asked for, blocked or not. */
  readonly requested: readonly string[];
  /** Errors on the console, uncaught ones, and what the policy refused. */
  readonly complaints: readonly string[];
};

async function visit(url: string): Promise<Visit> {
  const page = await browser.newPage();
  const requested: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requested.push(request.url()));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.exposeFunction('complain', (text: string) => complaints.push(text));
  await page.addInitScript(() => {
    const { complain } = globalThis as unknown as { complain(text: string): void };
    document.addEventListener('securitypolicyviolation', (event) => {
      complain(`refused by ${event.effectiveDirective}: ${event.blockedURI}`);
    });
  });
  await page.goto(url, { waitUntil: 'networkidle' });
  await page.locator('.opblock-summary').first().waitFor();
  return { page, requested, complaints };
}

/** `get /v1/models`, … of the document that the page shows. */
async function operations(): Promise<readonly string[]> {
  const document = (await (await fetch(`${edge.url}/openapi.json`)).json()) as {
    paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter((method) => /^(get|put|post|delete|options|head|patch)$/.test(method))
      .map((method) => `${method} ${path}`),
  );
}

async function operationsInSight(page: Page): Promise<readonly string[]> {
  return page.locator('.opblock').evaluateAll((blocks) =>
    blocks.map((block) => {
      const text = (selector: string): string => block.querySelector(selector)?.textContent ?? '';
      return `${text('.opblock-summary-method').toLowerCase()} ${text('.opblock-summary-path').replaceAll('\u200b', '')}`;
    }),
  );
}

describe.each([
  ['on this machine', () => edge.url],
  ['under a name', () => `http://${HOST}:${edge.port}`],
])('the documentation page, %s', (where, base) => {
  it('shows every route of the document, asks nobody else for anything, and complains about nothing', async () => {
    const { page, requested, complaints } = await visit(`${base()}/docs`);
    const documented = await operations();
    const shown = new Set<string>();
    // The page draws what is in sight; a reader scrolls.
    await waitFor('every route', async () => {
      for (const operation of await operationsInSight(page)) shown.add(operation);
      await page.evaluate(() => {
        const { scrollY, innerHeight, document } = globalThis as unknown as Window & { document: Document };
        const atEnd = scrollY + innerHeight >= document.documentElement.scrollHeight - 1;
        globalThis.scrollTo(0, atEnd ? 0 : scrollY + innerHeight * 0.8);
      });
      return shown.size >= documented.length;
    });
    await screenshot(page, `docs-${where.replaceAll(' ', '-')}`);
    expect(shown.size).toBeGreaterThan(10);
    expect([...shown].toSorted()).toEqual([...documented].toSorted());
    expect(requested.filter((url) => !url.startsWith(`${base()}/`) && !url.startsWith('data:'))).toEqual([]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('opens a route with its parameters and answers without a complaint', async () => {
    const { page, complaints } = await visit(`${base()}/docs`);
    await page.locator('.opblock-summary', { hasText: 'Create a chat completion' }).first().click();
    await page.locator('.opblock-body .responses-table').first().waitFor();
    const text = await page.locator('.opblock-body').first().innerText();
    expect(text).toContain('messages');
    expect(text).toContain('Idempotency-Key');
    expect(complaints).toEqual([]);
    await page.close();
  });
});

it('a script or an address from elsewhere, put into the page, is refused by its policy', async () => {
  const { page, complaints } = await visit(`${edge.url}/docs`);
  await page.evaluate(() => {
    const inline = document.createElement('script');
    inline.textContent = 'globalThis.injected = true';
    const remote = document.createElement('script');
    remote.src = 'http://elsewhere.example/x.js';
    document.head.append(inline, remote);
    void fetch('http://elsewhere.example/collect').catch(() => undefined);
  });
  const refused = (directive: RegExp): boolean => complaints.some((text) => directive.test(text));
  await waitFor(
    'the refusals',
    () =>
      refused(/refused by script-src-elem: inline/) &&
      refused(/refused by script-src-elem: http:\/\/elsewhere/) &&
      refused(/refused by connect-src: http:\/\/elsewhere/),
  );
  expect(await page.evaluate(() => 'injected' in globalThis)).toBe(false);
  await page.close();
});
