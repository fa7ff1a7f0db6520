import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readConfig } from '@portico/config';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { launch, start } from './portico-process.js';

// The files people put the server into operation with, as far as a machine without Docker and Kubernetes can try them.

const folder = fileURLToPath(new URL('../../packages/cli/deploy', import.meta.url));
const bin = fileURLToPath(new URL('../../packages/cli/dist/bin.js', import.meta.url));
const environment = {
  OPENAI_API_KEY: 'sk-openai',
  ANTHROPIC_API_KEY: 'sk-ant',
  PORTICO_KEY_TEAM: 'sk-a-key-of-more-than-twenty-letters',
};
const CONFIG = '/etc/portico/config.yaml';
const LEDGER = '/var/lib/portico/usage.jsonl';

describe('the Dockerfile', () => {
  const instructions = read('Dockerfile')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)] as const);
  const all = (name: string) => instructions.filter(([found]) => found === name).map(([, rest]) => rest);

  it('starts what is installed, as nobody in particular, and ends by the signal the server knows', () => {
    expect(all('RUN')[0]).toMatch(/^npm install .*--ignore-scripts .*@portico\/cli@\$\{VERSION\}$/);
    expect(instructions.findIndex(([name]) => name === 'USER')).toBeLessThan(
      instructions.findIndex(([name]) => name === 'ENTRYPOINT'),
    );
    expect(all('USER')).toEqual(['node']);
    expect(all('STOPSIGNAL')).toEqual(['SIGTERM']);
    const manifest = JSON.parse(readFileSync(join(folder, '../package.json'), 'utf8')) as { bin: { portico: string } };
    expect(JSON.parse(all('ENTRYPOINT')[0] ?? '')).toEqual([
      'node',
      join('/app/node_modules/@portico/cli', manifest.bin.portico),
    ]);
  });

  it('has a command that serves, and a health check that says whether it does', async () => {
    const place = temporaryFolder();
    const args = (JSON.parse(all('CMD')[0] ?? '') as string[]).map((arg) =>
      arg.replace(CONFIG, join(folder, 'config.yaml')).replace(LEDGER, join(place, 'usage.jsonl')),
    );
    const { url, child, exit } = await start(args, environment);
    const check = /CMD (\[.*\])$/.exec(all('HEALTHCHECK')[0] ?? '')?.[1] ?? '';
    const [, ...script] = JSON.parse(check) as string[];
    expect(await exitOf(process.execPath, script, { PORT: new URL(url).port })).toBe(0);
    child.kill('SIGTERM');
    expect(await exit).toBe(0);
    expect(await exitOf(process.execPath, script, { PORT: new URL(url).port })).toBe(1);
  });
});

describe('compose.yaml', () => {
  const compose = parse(read('compose.yaml')) as {
    services: Record<
      string,
      {
        environment?: Record<string, string>;
        volumes?: string[];
        profiles?: string[];
        command?: string[];
        depends_on?: object;
      }
    >;
    volumes: Record<string, unknown>;
  };

  it('hands over every variable that the configuration beside it refers to', () => {
    const { REDIS_URL: _, ...others } = compose.services.portico?.environment ?? {};
    expect(Object.keys(others).sort(byName)).toEqual(variablesOf(read('config.yaml')));
  });

  it('mounts the configuration and the ledger where the image looks for them, and declares its volumes', () => {
    expect(compose.services.portico?.volumes).toContain('./:/etc/portico:ro');
    const named = Object.values(compose.services).flatMap(({ volumes = [] }) => volumes.map((each) => each.split(':')));
    for (const [name = '', path = ''] of named) {
      if (!name.startsWith('.')) expect(Object.keys(compose.volumes)).toContain(name);
      expect(path.startsWith('/')).toBe(true);
    }
    expect(named.map(([, path]) => path)).toContain('/var/lib/portico');
  });

  it('shares limits on the Redis it starts before, whose client the image has, and which forgets none of them', () => {
    const { portico, redis } = compose.services;
    expect(new URL(portico?.environment?.REDIS_URL ?? '').hostname).toBe('redis');
    expect(portico?.depends_on).toEqual({ redis: { condition: 'service_healthy' } });
    expect(redis?.command).toEqual(expect.arrayContaining(['--appendonly', 'yes', '--maxmemory-policy', 'noeviction']));
    expect(read('Dockerfile')).toContain('@redis/client@6 ');
  });

  it('starts Postgres only for those who ask', () => {
    expect(compose.services.postgres?.profiles).toEqual(['stores']);
  });
});

describe('kubernetes.yaml', () => {
  interface Manifest {
    readonly kind: string;
    readonly metadata: { readonly name: string };
    readonly data?: Record<string, string>;
    readonly spec?: {
      readonly selector?: Record<string, unknown>;
      readonly ports?: readonly { readonly targetPort: string }[];
      readonly template?: {
        readonly metadata: { readonly labels: Record<string, string> };
        readonly spec: { readonly containers: readonly Container[]; readonly terminationGracePeriodSeconds: number };
      };
    };
  }
  interface Container {
    readonly args: readonly string[];
    readonly ports: readonly { readonly name: string }[];
    readonly [probe: `${string}Probe`]: { readonly httpGet: { readonly path: string; readonly port: string } };
  }
  const text = read('kubernetes.yaml');
  const documents = parseAllDocuments(text);
  const manifests = documents.map((document) => document.toJS() as Manifest);
  const [config, deployment, service] = ['ConfigMap', 'Deployment', 'Service'].map((kind) =>
    manifests.find((manifest) => manifest.kind === kind),
  );
  const template = deployment?.spec?.template;
  const container = template?.spec.containers[0];

  it('is three manifests that fit together', () => {
    expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
    const { labels } = template?.metadata ?? {};
    expect(deployment?.spec?.selector).toEqual({ matchLabels: labels });
    expect(service?.spec?.selector).toEqual(labels);
    expect(service?.spec?.ports?.map(({ targetPort }) => targetPort)).toEqual(container?.ports.map(({ name }) => name));
    expect(template?.spec.terminationGracePeriodSeconds).toBeGreaterThan(15);
  });

  it('has the configuration of the file beside it, and asks for every secret that it refers to', () => {
    const held = config?.data?.['config.yaml'] ?? '';
    expect(parse(held)).toEqual(parse(read('config.yaml')));
    expect([...text.matchAll(/--from-literal=(\w+)=/g)].map(([, name = '']) => name).sort(byName)).toEqual(
      variablesOf(held),
    );
  });

  it('has arguments that the server takes, and probes that it answers', async () => {
    const place = temporaryFolder();
    const args = (container?.args ?? []).map((arg) =>
      arg.replace(CONFIG, join(folder, 'config.yaml')).replace(LEDGER, join(place, 'usage.jsonl')),
    );
    const { url } = await start(args, environment);
    for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'] as const) {
      expect((await fetch(url + (container?.[probe]?.httpGet.path ?? ''))).status).toBe(200);
    }
  });
});

describe('portico.service', () => {
  const unit = read('portico.service');

  it('has commands that the program knows', async () => {
    const check = launch(['check', join(folder, 'config.yaml')], environment);
    expect(await check.exit).toBe(0);
    expect(unit).toContain(`ExecStartPre=/usr/bin/portico check ${CONFIG}\n`);
    expect(unit).toContain(`ExecStart=/usr/bin/portico --config ${CONFIG} --port 4000 --ledger ${LEDGER}\n`);
  });

  it.skipIf(!hasSystemd())('is what systemd takes without a complaint (skipped without systemd-analyze)', () => {
    const place = temporaryFolder();
    // It looks for the programs it is to start.
    mkdirSync(join(place, 'bin'));
    copyFileSync(bin, join(place, 'bin/portico'));
    chmodSync(join(place, 'bin/portico'), 0o755);
    const file = join(place, 'portico.service');
    writeFileSync(file, unit.replaceAll('/usr/bin/portico', join(place, 'bin/portico')));
    expect(complaintsOf(file)).toEqual([]);
  });
});

it('the configuration of them all can be used', () => {
  expect(readConfig(read('config.yaml'), { environment })).toMatchObject({ guard: 'keys' });
});

function read(file: string): string {
  return readFileSync(join(folder, file), 'utf8');
}

function variablesOf(config: string): readonly string[] {
  const named = [...config.matchAll(/env:(\w+)/g)].flatMap(([, name]) => name ?? []);
  // Those that its vendors are found by.
  return ['ANTHROPIC_API_KEY', 'OPENAI_API_KEY', ...named].sort(byName);
}

function byName(a: string, b: string): number {
  return a < b ? -1 : 1;
}

function temporaryFolder(): string {
  const place = mkdtempSync(join(tmpdir(), 'portico-deploy-'));
  onTestFinished(() => rmSync(place, { recursive: true }));
  return place;
}

function exitOf(program: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve) => {
    execFile(program, args, { env }, (error) => resolve(error === null ? 0 : Number(error.code)));
  });
}

function hasSystemd(): boolean {
  try {
    execFileSync('systemd-analyze', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** What is said about this unit; others of the machine are no business of ours. */
function complaintsOf(file: string): readonly string[] {
  let said = '';
  try {
    execFileSync('systemd-analyze', ['verify', file], { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
  } catch (error) {
    said = String((error as { readonly stderr?: unknown }).stderr);
  }
  return said.split('\n').filter((line) => line.includes('portico'));
}
