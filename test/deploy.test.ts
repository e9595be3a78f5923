/** What can be known of the production shape without a container engine. */
import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { variableOf } from '../activities/config/environment.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string): string => readFileSync(ROOT + file, 'utf8');

type Service = {
  readonly image?: string;
  readonly build?: { readonly dockerfile: string };
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
};

const compose = parse(read('docker-compose.yml')) as { readonly services: Readonly<Record<string, Service>> };

describe('docker-compose.yml', () => {
  it('pins every image to a version', () => {
    const images = Object.values(compose.services).flatMap(({ image }) => image ?? []);
    expect(images.length).toBeGreaterThan(3);
    expect(images.filter((image) => !/:\d+(\.\d+)+$/.test(image))).toEqual([]);
  });

  it('opens ports to this machine only', () => {
    const ports = Object.values(compose.services).flatMap((service) => service.ports ?? []);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  it('waits only for services that exist, and runs only scripts that exist and may run', () => {
    for (const { depends_on: others = {}, entrypoint } of Object.values(compose.services)) {
      for (const name of Object.keys(others)) expect(Object.keys(compose.services)).toContain(name);
      const script = entrypoint?.[0]?.replace('/setup/', 'deploy/temporal/');
      if (script !== undefined) expect(statSync(ROOT + script).mode & 0o111).not.toBe(0);
    }
  });

  it('gives Holdfast only variables that it reads', () => {
    const known = (['databaseUrl', 'temporalAddress', 'temporalUiUrl', 'masterKey'] as const).map((name) =>
      variableOf(name, {}),
    );
    const given = Object.keys(compose.services['holdfast']?.environment ?? {});
    expect(given.filter((name) => !known.includes(name) && !name.endsWith('_API_KEY'))).toEqual([]);
  });

  it('holds no secret', () => {
    const values = Object.values(compose.services).flatMap((service) => Object.entries(service.environment ?? {}));
    for (const [name, value] of values) if (/PASSWORD|PWD|KEY/.test(name)) expect(value).toMatch(/^\$\{/);
  });
});

describe('deploy/Dockerfile', () => {
  it('copies every folder that the build reads', () => {
    const include = (JSON.parse(read('tsconfig.json')) as { include: readonly string[] }).include;
    for (const folder of [...include, 'bin']) expect(read('deploy/Dockerfile')).toContain(`COPY ${folder} ${folder}`);
  });
});
