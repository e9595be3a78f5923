/** What is shipped for containers, read as text: no engine is needed to see that it fits the code. */
import { existsSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { z } from 'zod';
import { ENVIRONMENT } from '../activities/config/environment.ts';
import { catalog } from '../providers/catalog.ts';
import { filesIn, LAYERS, readText } from './docs/sources.ts';

const serviceSchema = z.object({
  image: z.string(),
  build: z.object({ context: z.string(), dockerfile: z.string() }).optional(),
  environment: z.record(z.string(), z.string()).optional(),
  ports: z.array(z.string()).optional(),
  volumes: z.array(z.string()).optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).optional(),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  stop_grace_period: z.string().optional(),
});

const compose = z
  .object({ services: z.record(z.string(), serviceSchema), volumes: z.record(z.string(), z.unknown()) })
  .parse(parse(readText('docker-compose.yml')));

type Service = z.infer<typeof serviceSchema>;

const services = Object.entries(compose.services);
const dockerfile = readText('deploy/Dockerfile');

function service(name: string): Service {
  const found = compose.services[name];
  if (found === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
}

/** The copies from the folder of the build, as `[what, where]`. */
const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) (\S+)$/gm)].flatMap(([, sources]) =>
  (sources ?? '').split(' '),
);

describe('docker-compose.yml', () => {
  it('pins every image to a version', () => {
    for (const [name, { image }] of services) expect(`${name}: ${image}`).toMatch(/:\d+\.\d+(\.\d+)?(-[a-z]+)?$/);
    expect(service('temporal-schema').image.split(':')[1]).toBe(service('temporal').image.split(':')[1]);
  });

  it('builds the gateway in the version of package.json', () => {
    const { version } = JSON.parse(readText('package.json')) as { version: string };
    expect(service('holdfast').image).toBe(`holdfast:${version}`);
    expect(service('holdfast').build).toEqual({ context: '.', dockerfile: 'deploy/Dockerfile' });
  });

  it('gives the gateway only variables that it reads', () => {
    const known = new Set<string>([
      ...Object.values(ENVIRONMENT).flatMap(({ variables }) => variables),
      ...Object.values(catalog).flatMap(({ keyVariables }) => keyVariables),
    ]);
    const given = Object.keys(service('holdfast').environment ?? {});
    expect(given.filter((name) => !known.has(name))).toEqual([]);
    expect(given).toEqual(expect.arrayContaining(['LITELLM_MASTER_KEY', 'DATABASE_HOST', 'TEMPORAL_ADDRESS']));
  });

  it('waits for what a service needs, each of which can say that it is ready', () => {
    for (const [, { depends_on: needs = {} }] of services) {
      for (const [name, { condition }] of Object.entries(needs)) {
        if (condition === 'service_healthy') expect(service(name).healthcheck).toBeDefined();
        else expect(condition).toBe('service_completed_successfully');
      }
    }
  });

  it('asks the gateway at the port that the image listens on, and publishes that one', () => {
    const port = /^ENV .*\bPORT=(\d+)/m.exec(dockerfile)?.[1];
    expect(dockerfile).toMatch(new RegExp(`^EXPOSE ${port}$`, 'm'));
    expect(service('holdfast').ports).toEqual([`127.0.0.1:${port}:${port}`]);
    expect(service('holdfast').healthcheck?.test.join(' ')).toContain(`http://127.0.0.1:${port}/health/readiness`);
  });

  it('opens ports to this machine only, and none of the databases and of Temporal', () => {
    const ports = services.flatMap(([, { ports: published = [] }]) => published);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
    expect(service('postgres').ports).toBeUndefined();
    expect(service('temporal').ports).toBeUndefined();
    const [published] = service('temporal-ui').ports ?? [];
    expect(published).toMatch(/^127\.0\.0\.1:/);
    expect(service('holdfast').environment?.['TEMPORAL_UI_URL']).toBe(`http://localhost:${published?.split(':')[1]}`);
  });

  it('holds no secret: each comes from outside, and its absence stops the start', () => {
    const secrets = services.flatMap(([, { environment = {} }]) =>
      Object.entries(environment).filter(([name]) => /PASSWORD|PWD|MASTER_KEY/.test(name)),
    );
    expect(secrets.length).toBeGreaterThan(3);
    for (const [, value] of secrets) expect(value).toMatch(/^\$\{[A-Z_]+:\?/);
  });

  it('uses the number of shards of a production cluster, and one namespace throughout', () => {
    expect(service('temporal').environment?.['NUM_HISTORY_SHARDS']).toBe('512');
    const namespaces = ['temporal-namespace', 'holdfast'].map(
      (name) => service(name).environment?.['TEMPORAL_NAMESPACE'],
    );
    expect(new Set(namespaces).size).toBe(1);
    expect(service('holdfast').environment?.['TEMPORAL_ADDRESS']).toBe(
      service('temporal-namespace').environment?.['TEMPORAL_ADDRESS'],
    );
  });

  it('lets a stopping gateway finish: longer than it drains by default', () => {
    const seconds = Number(/^(\d+)s$/.exec(service('holdfast').stop_grace_period ?? '')?.[1]);
    const drain = /drain: .*Default (\d+)s/.exec(readText('activities/config/schema.ts'))?.[1];
    expect(seconds).toBeGreaterThan(Number(drain) + 15);
  });

  it('mounts what is there', () => {
    for (const [, { volumes = [] }] of services) {
      for (const volume of volumes) {
        const source = volume.split(':')[0] ?? '';
        if (source.startsWith('.')) expect(existsSync(new URL(`../${source}`, import.meta.url))).toBe(true);
        else expect(Object.keys(compose.volumes)).toContain(source);
      }
    }
  });
});

describe('the databases', () => {
  it('are created under the names that the services use', () => {
    const script = readText('deploy/postgres/create-databases.sh');
    const created = [...script.matchAll(/create database (\w+) owner (\w+);/g)].map(([, name, owner]) => [name, owner]);
    const { DATABASE_NAME: name, DATABASE_USERNAME: user } = service('holdfast').environment ?? {};
    const temporal = service('temporal').environment?.['POSTGRES_USER'];
    expect(created).toEqual([
      [name, user],
      ['temporal', temporal],
      ['temporal_visibility', temporal],
    ]);
    expect(readText('deploy/temporal/update-schema.sh')).toContain('for database in temporal temporal_visibility;');
  });
});

describe("Temporal's dynamic configuration", () => {
  const values = parse(readText('deploy/temporal/dynamic-config.yaml')) as Record<
    string,
    readonly { value: unknown }[]
  >;

  it('says what the embedded server is told', () => {
    const embedded = [...readText('activities/embedded/temporal.ts').matchAll(/^ {2}'([\w.]+)': '(\w+)',$/gm)].map(
      ([, key, value]) => [key, [{ value: JSON.parse(value ?? '') as unknown }]],
    );
    expect(embedded.length).toBeGreaterThan(5);
    expect(values).toEqual(Object.fromEntries(embedded));
  });

  it('turns eager activities on, which are off by default in this server', () => {
    expect(values['system.enableActivityEagerExecution']).toEqual([{ value: true }]);
  });
});

describe('the image', () => {
  it('is built from what the build reads', () => {
    const inputs = /BUILD_INPUTS = \[([^\]]*)\]/.exec(readText('bin/setup.js'))?.[1] ?? '';
    const files = [...inputs.matchAll(/'([^']+)'/g)].map(([, file]) => file ?? '');
    expect(files).toContain('tsconfig.json');
    for (const file of files) expect(copied).toContain(file.split('/')[0]);
    for (const layer of LAYERS) expect(copied).toContain(layer);
  });

  it('gets nothing else, and nothing that another machine has installed or built', () => {
    const kept = [...readText('.dockerignore').matchAll(/^!(.+)$/gm)].map(([, path]) => path ?? '');
    expect(readText('.dockerignore')).toMatch(/^\*\n/);
    expect(kept.toSorted()).toEqual(copied.toSorted());
  });

  it("stands on a system with glibc, which Temporal's SDK needs, in a version of Node that the package takes", () => {
    const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base);
    expect(bases.length).toBe(2);
    for (const base of bases) expect(base).toBe('node:24-bookworm-slim');
  });

  it('runs the built gateway, not as root and not behind npm', () => {
    expect(dockerfile).toMatch(/^USER node$/m);
    expect(dockerfile).toMatch(/^ENTRYPOINT \["node", "dist\/api\/main.js"\]$/m);
    expect(existsSync(new URL('../api/main.ts', import.meta.url))).toBe(true);
  });
});

describe('scripts', () => {
  it.each(filesIn('deploy', '.sh'))('%s stops at the first failure', (path) => {
    expect(readText(path)).toMatch(/^#!\/bin\/sh\n/);
    expect(readText(path)).toMatch(/^set -eu$/m);
  });
});
