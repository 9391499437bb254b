import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import {
  DockerComposeEnvironment,
  getContainerRuntimeClient,
  type StartedDockerComposeEnvironment,
  Wait,
} from 'testcontainers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../../src/simulator/clocks.ts';
import { Simulator } from '../../src/simulator/simulator.ts';
import { alwaysBusy } from '../../src/simulator/workload.ts';
import { Happenings } from '../support/until.ts';
import { makeProject } from './project.ts';
import { TlsFront } from './tls-front.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const HOST = 'clouds.test';
const PROJECT = `lamplighter-test-${randomBytes(4).toString('hex')}`;
const TOKEN = 'hxy-token-of-the-container-test';
const SERVICES = ['lamplighter', 'redis', 'prometheus'] as const;
type Service = (typeof SERVICES)[number];

const KEEP_PAID = `
policies:
  - name: keep-paid
    mode: enforce
    match: { name: "prod-*", billing: daily }
    when: { expiresWithin: 84h }
    do: { renew: { periods: 1 } }
`;

const controlToken = randomBytes(24).toString('base64url');
const started = Date.now();
const sim = new Simulator({
  clock: systemClock,
  accounts: [
    {
      name: 'hxy-main',
      provider: 'huixingyun',
      token: TOKEN,
      balanceFen: 1_000_000,
      instances: [
        {
          id: 'dev-a',
          name: 'dev-a',
          createdAt: started - DAY,
          startedAt: started - DAY,
          workload: alwaysBusy(started - DAY),
        },
        {
          id: 'prod-a',
          name: 'prod-a',
          billing: 'daily',
          createdAt: started - DAY,
          startedAt: started - DAY,
          // Far from its end until the test wants it to be paid for.
          expiresAt: started + 3 * DAY,
          workload: alwaysBusy(started - DAY),
        },
      ],
    },
  ],
});
const happenings = new Happenings(
  () => `${spawnSync('docker', ['logs', '--tail', '40', ids.lamplighter ?? ''], { encoding: 'utf8' }).stderr}`,
  240_000,
);
for (const event of ['call', 'effect', 'answer'] as const) sim.events.on(event, happenings.tell);
const front = new TlsFront(HOST, () => sim.origin);
const ports = { LAMPLIGHTER_PORT: '', PROMETHEUS_PORT: '' };
const ids: Partial<Record<Service, string>> = {};
let folder = '';
let stack: StartedDockerComposeEnvironment;
/** The files of Redis as they were before the payment. */
let backup: Buffer;

beforeAll(async () => {
  await sim.start();
  const port = await front.start();
  ports.LAMPLIGHTER_PORT = await freePort();
  ports.PROMETHEUS_PORT = await freePort();
  folder = await makeProject({
    host: HOST,
    port,
    cert: front.cert,
    token: TOKEN,
    controlToken,
    policies: { 'idle.yaml': IDLE },
  });
  stack = await new DockerComposeEnvironment(folder, ['docker-compose.yml', 'test.yml'])
    .withProjectName(PROJECT)
    .withBuild()
    .withClientOptions(composeProgram())
    .withEnvironment({
      ...environment(),
      ...ports,
      POLICIES_DIR: './my-policies',
      LAMPLIGHTER_IMAGE: 'lamplighter:container-test',
    })
    .withDefaultWaitStrategy(Wait.forHealthCheck())
    .withStartupTimeout(180_000)
    .up([...SERVICES]);
  for (const service of SERVICES) ids[service] = await find(service);
});
afterAll(async () => {
  await stack?.down({ removeVolumes: true, timeout: 60_000 });
  await front.stop();
  await sim.stop();
  if (folder !== '') await rm(folder, { recursive: true, force: true });
});

const IDLE = `
policies:
  - { name: idle-dev, match: { name: "dev-*" }, when: { idleFor: 30m }, do: stop }
`;

/** What the operator's own environment says of images and users goes through. */
function environment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}

/** Compose as a plug-in of docker, or the program of its own that came before. */
function composeProgram() {
  const { status } = spawnSync('docker', ['compose', 'version'], { stdio: 'ignore' });
  return status === 0 ? {} : { executable: { standalone: true } as const };
}

/** By what compose writes on each container: the names differ from version to version. */
async function find(service: Service): Promise<string> {
  const { container: containers } = await getContainerRuntimeClient();
  const found = (await containers.list()).find(
    ({ Labels }) =>
      Labels['com.docker.compose.project'] === PROJECT && Labels['com.docker.compose.service'] === service,
  );
  if (found === undefined) throw new Error(`no container of the service ${service} runs`);
  return found.Id;
}

async function freePort(): Promise<string> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? `${address.port}` : '';
}

async function engine(service: Service) {
  const { container: containers } = await getContainerRuntimeClient();
  return containers.getById(ids[service] ?? '');
}

/** Runs a program in the daemon's container. */
async function run(...command: string[]) {
  const { container: containers } = await getContainerRuntimeClient();
  const { exitCode, output } = await containers.exec(await engine('lamplighter'), command);
  return { exitCode, output };
}

/** The daemon's API, as whoever holds the control token; `null`: it does not answer now. */
async function api(path: string): Promise<unknown> {
  try {
    const response = await fetch(`http://127.0.0.1:${ports.LAMPLIGHTER_PORT}${path}`, {
      headers: { authorization: `Bearer ${controlToken}` },
    });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

const READY = z.object({ checks: z.record(z.string(), z.object({ ok: z.boolean(), detail: z.string() })) });
const LIST = z.object({ items: z.array(z.record(z.string(), z.unknown())) });
async function list(path: string): Promise<readonly Record<string, unknown>[]> {
  return LIST.safeParse(await api(`/api/v1/${path}`)).data?.items ?? [];
}

const renewals = () => sim.calls.filter(({ operation }) => operation === 'renew').length;

test('everything is up and healthy, and the daemon has read the cloud', async () => {
  for (const service of SERVICES) {
    const { State } = await (await engine(service)).inspect();
    expect({ service, health: State.Health?.Status }).toEqual({ service, health: 'healthy' });
  }
  await happenings.until('both machines are listed', async () => (await list('instances')).length === 2);
});

test('nothing runs as root, writes where it need not or keeps a right that it has no use for', async () => {
  for (const service of SERVICES) {
    const { HostConfig } = await (await engine(service)).inspect();
    expect(HostConfig).toMatchObject({
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges:true'],
      Init: true,
    });
    expect(HostConfig.Memory).toBeGreaterThan(0);
  }
  expect((await run('id', '-u')).output.trim()).toBe('1000');
  for (const file of ['/app/x', '/etc/lamplighter/x', '/etc/lamplighter/policies/x', '/usr/local/bin/x']) {
    const { exitCode, output } = await run('touch', file);
    expect({ file, exitCode, output }).toEqual({
      file,
      exitCode: 1,
      output: expect.stringMatching(/Read-only|Permission denied/),
    });
  }
  expect(await run('touch', '/data/x', '/tmp/x')).toMatchObject({ exitCode: 0 });
});

test('the image says what it is', async () => {
  const { Config } = await (await engine('lamplighter')).inspect();
  expect(Config.User).toBe('node');
  for (const label of ['title', 'description', 'licenses', 'version', 'revision', 'base.name'])
    expect(Config.Labels[`org.opencontainers.image.${label}`]).toMatch(/./);
});

test('commands in the container find the configuration, and the doctor finds what is not well', async () => {
  expect(await run('lamplighter', 'validate')).toMatchObject({
    exitCode: 0,
    output: expect.stringContaining('valid: 1 policy'),
  });
  const { output, exitCode } = await run('lamplighter', 'doctor');
  // The second account's key is one that the cloud does not know.
  expect({ exitCode, output }).toEqual({
    exitCode: 1,
    output: expect.stringMatching(/✓ hxy-main: reachable[\s\S]*✗ chenyu: /),
  });
  expect(output).toContain('✓ appendfsync: always');
});

test('Prometheus reads the metrics, evaluates the rules and serves the runbooks', async () => {
  const prometheus = `http://127.0.0.1:${ports.PROMETHEUS_PORT}`;
  const query = async (text: string): Promise<string> =>
    await (await fetch(`${prometheus}/api/v1/query?query=${encodeURIComponent(text)}`)).text();
  await happenings.until('the daemon is scraped', async () =>
    (await query('up{job="lamplighter"} == 1')).includes('"value"'),
  );
  await happenings.until('machines are in the metrics', async () =>
    (await query('lamplighter_instance_info{name="prod-a"}')).includes('prod-a'),
  );
  const rules = await (await fetch(`${prometheus}/api/v1/rules`)).text();
  expect(rules).toContain('LamplighterWatchdog');
  expect(rules).not.toContain('"health":"err"');
  expect((await fetch(`${prometheus}/user/runbooks/LamplighterWatchdog.md`)).status).toBe(200);
});

test('a policy that is changed on the host is taken without a restart; one with a mistake changes nothing', async () => {
  const names = async () => (await list('policies')).map(({ name }) => name);
  expect(await names()).toEqual(['idle-dev']);
  await writeFile(
    join(folder, 'my-policies', 'lab.yaml'),
    'policies: [{ name: lab, match: { name: "lab-*" }, when: { runningFor: 10h }, do: stop }]',
  );
  await happenings.until('the new policy is in force', async () => (await names()).includes('lab'));
  await writeFile(join(folder, 'my-policies', 'lab.yaml'), 'policies: [{ name: lab, match: { nam: "lab-*" } }]');
  await happenings.until('the mistake is told', async () => JSON.stringify(await api('/readyz')).includes('lab.yaml'));
  expect(await names()).toContain('lab');
  await rm(join(folder, 'my-policies', 'lab.yaml'));
  await happenings.until('it is gone', async () => !(await names()).includes('lab'));
});

test('killed in the middle of a payment it loses nothing and pays once', async () => {
  const { expiresAt } = sim.account('hxy-main').instance('prod-a');
  backup = await buffer(await (await engine('redis')).getArchive({ path: '/data/.' }));
  // The cloud does it, and never answers.
  const hang = sim.faults.add({ kind: 'hang', operation: 'renew', effect: 'now' });
  await writeFile(join(folder, 'my-policies', 'paid.yaml'), KEEP_PAID);
  await happenings.until('the request has reached the cloud', () => hang.hits === 1);
  const daemon = await engine('lamplighter');
  await daemon.kill();
  expect((await daemon.inspect()).State.Running).toBe(false);
  hang.remove();
  await daemon.start();
  await happenings.until('it is confirmed', async () =>
    (await list('operations')).some(({ action, state }) => action === 'renew' && state === 'confirmed'),
  );
  expect(renewals()).toBe(1);
  expect(sim.account('hxy-main').instance('prod-a').expiresAt).toBe((expiresAt ?? 0) + DAY);
  expect((await list('operations')).filter(({ action }) => action === 'renew')).toHaveLength(1);
  await happenings.until('people were told', () => front.notifications > 0);
});

test('a Redis that is killed comes back with the ledger', async () => {
  const redis = await engine('redis');
  await redis.kill();
  await happenings.until('the daemon notices', async () => {
    const response = await fetch(`http://127.0.0.1:${ports.LAMPLIGHTER_PORT}/readyz`).catch(() => null);
    return response?.status === 503;
  });
  await redis.start();
  await happenings.until('it is ready again', async () => (await api('/readyz')) !== null);
  expect(await list('operations')).toMatchObject([{ action: 'renew', state: 'confirmed' }]);
  expect(renewals()).toBe(1);
});

test('a Redis put back to before the payment holds paid work until a person has looked', async () => {
  const [daemon, redis] = [await engine('lamplighter'), await engine('redis')];
  await daemon.stop({ t: 45 });
  await redis.stop({ t: 30 });
  // Into the volume: nothing else of the container can be written to.
  await redis.putArchive(backup, { path: '/data' });
  await redis.start();
  await daemon.start();
  const paidWork = async () => READY.safeParse(await api('/readyz')).data?.checks.paidWork;
  await happenings.until('it runs again', async () => (await paidWork()) !== undefined);
  expect(await paidWork()).toMatchObject({ ok: false, detail: expect.stringMatching(/older/) });
  expect((await list('operations')).filter(({ action }) => action === 'renew')).toEqual([]);
  expect((await run('lamplighter', 'doctor')).output).toContain('✗ daemon: paidWork');
  expect(await run('lamplighter', 'reconcile', '--yes', '--by', 'test')).toMatchObject({ exitCode: 0 });
  await happenings.until('paid work may go on', async () => (await paidWork())?.ok === true);
  // What was paid is seen in the cloud's own listing, and nothing is paid twice.
  const polls = sim.calls.length;
  await happenings.until('the cloud was read since', () => sim.calls.length > polls + 3);
  expect(renewals()).toBe(1);
});

test('asked to stop it ends by itself, with 0', async () => {
  const daemon = await engine('lamplighter');
  await daemon.stop({ t: 45 });
  expect((await daemon.inspect()).State).toMatchObject({ ExitCode: 0, OOMKilled: false });
});
