import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const service = z.looseObject({
  image: z.string(),
  read_only: z.boolean().default(false),
  cap_drop: z.array(z.string()).default([]),
  security_opt: z.array(z.string()).default([]),
  init: z.boolean().default(false),
  mem_limit: z.string().optional(),
  pids_limit: z.number().optional(),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  ports: z.array(z.string()).default([]),
  secrets: z.array(z.string()).default([]),
  command: z.array(z.string()).default([]),
});
const compose = z
  .looseObject({
    services: z.record(z.string(), service),
    secrets: z.record(z.string(), z.object({ file: z.string() })),
  })
  .parse(parse(read('docker-compose.yml'), { merge: true }));
const services = Object.entries(compose.services);

describe('docker-compose.yml', () => {
  test.each(services)(
    '%s can write nowhere it need not, become nobody else, and take no more than its share',
    (_name, of) => {
      expect(of).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        init: true,
        mem_limit: expect.any(String),
        pids_limit: expect.any(Number),
        healthcheck: expect.any(Object),
      });
    },
  );

  test.each(services)('%s is published on loopback only', (_name, { ports }) => {
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  test.each(services)('%s has an image that can be had elsewhere', (_name, { image }) => {
    expect(image).toMatch(/\$\{[A-Z]+_IMAGE:-[^}]+:[^}]+\}$/);
    expect(image).not.toContain(':latest');
  });

  test('Redis keeps every write and evicts nothing', () => {
    const command = compose.services.redis?.command.join(' ') ?? '';
    expect(command).toContain('--appendonly yes');
    expect(command).toContain('--appendfsync always');
    expect(command).toContain('--maxmemory-policy noeviction');
    expect(compose.services.redis?.ports).toEqual([]);
    // A rewrite of the file takes memory besides. A container that is killed for it loads the same data and is killed again.
    const [, full] = /--maxmemory (\d+)mb/.exec(command) ?? [];
    expect(compose.services.redis?.mem_limit).toBe(`${2 * Number(full)}m`);
  });

  test('every secret is a file that its README names and git ignores', () => {
    const readme = read('deploy/compose/secrets/README');
    for (const [name, { file }] of Object.entries(compose.secrets)) {
      expect(file).toBe(`./deploy/compose/secrets/${name}`);
      expect(readme).toContain(`\n  ${name} `);
    }
    expect(read('.gitignore')).toContain('/deploy/compose/secrets/*');
  });

  test.each(['docs/deploy.md', 'docs/zh-CN/deploy.md'])(
    '%s names the variables and profiles that there are',
    (page) => {
      const text = read(page);
      const file = read('docker-compose.yml');
      const named = text.match(/\b[A-Z]+_(?:IMAGE|USER|PREFIX|DIR)\b/g) ?? [];
      expect(named.length).toBeGreaterThan(8);
      for (const name of named) expect(file).toContain(`\${${name}:-`);
      for (const [, profile] of text.matchAll(/--profile (\w+)/g)) expect(file).toContain(`profiles: [${profile}]`);
    },
  );

  test('docker-compose 1.29 knows every key at its top', () => {
    const known = ['services', 'networks', 'volumes', 'secrets'];
    const keys = Object.keys(compose).filter((key) => !key.startsWith('x-'));
    expect(keys.filter((key) => !known.includes(key))).toEqual([]);
  });
});

test('the configuration for compose is valid with the shipped policies, and wants exactly the secrets that compose gives it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lamplighter-compose-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const given = compose.services.lamplighter?.secrets ?? [];
  mkdirSync(join(folder, 'secrets'));
  for (const name of given) writeFileSync(join(folder, 'secrets', name), 'https://ops.example/token', { mode: 0o400 });

  const text = read('deploy/compose/lamplighter.yaml');
  const wanted = text.matchAll(/\/run\/secrets\/(\w+)/g).map(([, name]) => name);
  expect(new Set(wanted)).toEqual(new Set(given));
  const config = join(folder, 'lamplighter.yaml');
  writeFileSync(
    config,
    text.replaceAll('/run/secrets/', `${folder}/secrets/`).replace('/etc/lamplighter/policies', join(ROOT, 'policies')),
  );
  const main = join(ROOT, 'src', 'cli', 'main.ts');
  const { status, stderr } = spawnSync(process.execPath, [main, 'validate', '--config', config], { encoding: 'utf8' });
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
});

test('a signal opens no debugger in the image', () => {
  const [, command = ''] = /^CMD (.+)$/m.exec(read('Dockerfile')) ?? [];
  const [, ...args] = z.array(z.string()).parse(JSON.parse(command));
  const flags = args.slice(0, args.indexOf('src/cli/main.ts'));
  const program = "process.kill(process.pid, 'SIGUSR1'); setTimeout(() => console.log('works on'), 200);";
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, '-e', program], { encoding: 'utf8' });
  expect({ stdout, stderr }).toEqual({ stdout: 'works on\n', stderr: '' });
  expect(
    read('Dockerfile')
      .match(/node(?:",)? (?:"?--[\w=-]+"?,? )+/g)
      ?.every((line) => line.includes('sigusr1')),
  ).toBe(true);
});

test('the image’s ignore file lets in what the Dockerfile copies, and nothing that could hold a secret', () => {
  const ignore = read('.dockerignore').split('\n');
  expect(ignore).toContain('*');
  const copied = [...read('Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(
    ([, files]) => files?.split(' ') ?? [],
  );
  expect(copied.length).toBeGreaterThan(3);
  for (const file of copied) expect(ignore).toContain(`!${file}`);
});

test('what is to be started is executable', () => {
  for (const file of ['bin/lamplighter', '.ci/run']) expect(statSync(join(ROOT, file)).mode & 0o111).toBe(0o111);
});

test('every package in the toolchain’s lockfile has its hash', () => {
  const lock = z
    .looseObject({ packages: z.record(z.string(), z.looseObject({ integrity: z.string().optional() })) })
    .parse(JSON.parse(read('scripts/toolchain/package-lock.json')));
  const packages = Object.entries(lock.packages).filter(([path]) => path !== '');
  expect(packages).toHaveLength(4);
  for (const [, { integrity }] of packages) expect(integrity).toMatch(/^sha512-/);
});
