import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, test } from 'vitest';
import { AddressGuard } from '../../src/activity/address-guard.ts';
import { ServiceProbe, type ServiceProbeOptions } from '../../src/activity/service-probe.ts';
import { serviceRules } from '../../src/activity/service-rules.ts';
import type { ProbeReading } from '../../src/fleet/activity.ts';
import type { Instance } from '../../src/fleet/instance.ts';
import { SERVICE_KINDS, type ServiceKind } from '../../src/fleet/service-kind.ts';
import { HttpServer, html, json } from '../providers/support/http-server.ts';
import { JumpClock } from '../providers/support/jump-clock.ts';
import { expect } from '../support/in-words.ts';
import {
  FAKES,
  FakeComfyui,
  FakeEngine,
  FakeFooocus,
  FakeOllama,
  FakeOpenWebui,
  FakeSdWebui,
  type FakeService,
} from './fake-services.ts';
import { forever, HOUR, instance, NOON } from './fleet.ts';

const clock = new JumpClock(NOON);
let server: HttpServer;
beforeEach(async () => {
  server = await new HttpServer().start();
});
afterEach(() => server[Symbol.asyncDispose]());

/** Looks at a fake again and again, each time with the reading before, as the store keeps it. */
class Watch {
  readonly fake: FakeService;
  previous: ProbeReading | undefined;
  readonly options: Partial<ServiceProbeOptions>;
  of: Instance = instance();

  constructor(fake: FakeService, options: Partial<ServiceProbeOptions> = {}) {
    this.fake = fake;
    this.options = options;
    server.handler = (request, response) => fake.answer(request, response);
  }

  async look(): Promise<ProbeReading> {
    this.previous = await probe(this.fake.kind, this.options).read(this.of, forever(), this.previous);
    return this.previous;
  }
}

function probe(kind: ServiceKind, options: Partial<ServiceProbeOptions> = {}): ServiceProbe {
  return new ServiceProbe(serviceRules(kind), {
    url: `${server.origin}/`,
    token: () => (kind === 'open-webui' ? 'sk-probe' : null),
    optional: false,
    guard: new AddressGuard([]),
    clock,
    timeoutMs: 2_000,
    ...options,
  });
}

const SILENT = { verdict: 'not-applicable', reason: 'not-judged' } as const;
const IDLE = { verdict: 'idle', reason: null } as const;
const ACTIVE = { verdict: 'active', reason: null, lastActiveAt: NOON } as const;
const RESET = { verdict: 'unknown', reason: 'counter-reset' } as const;

test('every kind has rules and a fake of its own', () => {
  expect(FAKES.map((make) => make().kind)).toEqual(SERVICE_KINDS);
  for (const kind of SERVICE_KINDS) expect(serviceRules(kind).kind).toBe(kind);
});

describe('reading does not advance what it reads', () => {
  test.each(FAKES.map((make) => [make().kind, make] as const))('%s', async (_kind, make) => {
    const fake = make();
    fake.begin();
    fake.finish();
    const watch = new Watch(fake);
    const before = fake.activity();
    await watch.look();
    const second = await watch.look();
    expect(['idle', 'not-applicable']).toContain(second.verdict);
    for (let round = 0; round < 20; round += 1) {
      expect(await watch.look()).toMatchObject({ verdict: second.verdict, evidence: second.evidence });
    }
    expect(fake.activity()).toBe(before);
    expect(new Set(server.requests.map(({ method }) => method))).toEqual(new Set(['GET']));
  });

  test.each(FAKES.map((make) => [make().kind, make] as const))(
    'but work between two looks is seen: %s',
    async (_, make) => {
      const fake = make();
      fake.begin();
      fake.finish();
      const watch = new Watch(fake);
      await watch.look();
      fake.begin();
      expect(await watch.look()).toMatchObject(ACTIVE);
      const isPeople = fake.kind === 'open-webui';
      fake.finish();
      await watch.look();
      // Who opened and closed the page between two looks leaves no trace; a job does.
      fake.begin();
      fake.finish();
      expect(await watch.look()).toMatchObject(isPeople ? SILENT : ACTIVE);
    },
  );

  test('the WebUI renders no preview where its queue settles it', async () => {
    const fake = new FakeSdWebui();
    fake.begin();
    fake.pending = 2;
    expect(await new Watch(fake).look()).toMatchObject({ ...ACTIVE, evidence: '2 jobs waiting' });
    expect(fake.previews).toBe(0);
  });
});

describe('what each can prove', () => {
  test('ComfyUI: idle since its newest run ended, where it tells', async () => {
    const fake = new FakeComfyui();
    expect(await new Watch(fake).look()).toMatchObject({
      ...IDLE,
      lastActiveAt: null,
      evidence: 'queue empty, no job yet',
    });
    fake.begin();
    fake.finish();
    expect(await new Watch(fake).look()).toMatchObject({ ...IDLE, lastActiveAt: NOON - HOUR });
    // By its own clock: an hour ahead, its stamps are, too.
    fake.now = NOON + HOUR;
    expect(await new Watch(fake).look()).toMatchObject({ ...IDLE, lastActiveAt: NOON - 2 * HOUR });
    fake.withStamps = false;
    expect(await new Watch(fake).look()).toMatchObject({ ...IDLE, lastActiveAt: null });
  });

  test('ComfyUI: a history that was cleared says nothing this time', async () => {
    const fake = new FakeComfyui();
    fake.begin();
    fake.finish();
    const watch = new Watch(fake);
    await watch.look();
    fake.restart();
    expect(await watch.look()).toMatchObject(RESET);
    expect(await watch.look()).toMatchObject(IDLE);
  });

  test('the WebUI without its API proves activity only', async () => {
    const fake = new FakeSdWebui();
    fake.hasApi = false;
    const watch = new Watch(fake);
    const got = await watch.look();
    expect(got).toMatchObject(SILENT);
    expect(got.evidence).toBe(
      'nobody waits; its API is off (start it with --api); it can prove activity, never idleness',
    );
    fake.pending = 1;
    expect(await watch.look()).toMatchObject(ACTIVE);
    fake.hasQueue = false;
    expect(await watch.look()).toMatchObject({ verdict: 'unknown', reason: 'bad-answer' });
  });

  test('the WebUI without that queue goes by its API, and after a restart says nothing this time', async () => {
    const fake = new FakeSdWebui();
    fake.hasQueue = false;
    fake.begin();
    fake.finish();
    const watch = new Watch(fake);
    expect(await watch.look()).toMatchObject(IDLE);
    fake.restart();
    expect(await watch.look()).toMatchObject(RESET);
    expect(await watch.look()).toMatchObject({ ...IDLE, evidence: 'no job yet' });
  });

  test('Fooocus without its API proves activity only', async () => {
    const fake = new FakeFooocus();
    fake.hasApi = false;
    const watch = new Watch(fake);
    expect(await watch.look()).toMatchObject(SILENT);
    fake.waiting = 3;
    expect(await watch.look()).toMatchObject({ ...ACTIVE, evidence: '3 jobs waiting' });
  });

  test('Fooocus-API: a list that was cleaned is no activity, a restart says nothing this time', async () => {
    const fake = new FakeFooocus();
    fake.begin();
    fake.finish();
    const watch = new Watch(fake);
    await watch.look();
    fake.clean();
    expect(await watch.look()).toMatchObject(IDLE);
    fake.restart();
    expect(await watch.look()).toMatchObject(RESET);
    expect(await watch.look()).toMatchObject(IDLE);
  });

  test('Open WebUI is about people and leaves out who asks', async () => {
    const fake = new FakeOpenWebui();
    const watch = new Watch(fake);
    expect(await watch.look()).toMatchObject({ ...SILENT, judges: 'people' });
    fake.begin();
    expect(await watch.look()).toMatchObject({ ...ACTIVE, judges: 'people', evidence: '1 users have it open' });
  });

  test('Ollama: no model at all, a new one, one that went, and one that is pinned', async () => {
    const fake = new FakeOllama();
    const watch = new Watch(fake);
    expect(await watch.look()).toMatchObject({
      ...SILENT,
      signals: [{ onlyPositive: true, verdict: 'not-applicable' }],
    });
    fake.models.set('pinned', Date.UTC(2318, 0, 1));
    expect(await watch.look()).toMatchObject(ACTIVE);
    expect(await watch.look()).toMatchObject(SILENT);
    fake.models.clear();
    expect(await watch.look()).toMatchObject(SILENT);
  });

  test.each(['vllm', 'tgi', 'sglang'] as const)('%s: zeros prove nothing until something was counted', async (kind) => {
    const fake = new FakeEngine(kind);
    const watch = new Watch(fake);
    expect(await watch.look()).toMatchObject(SILENT);
    fake.waiting = 1;
    expect(await watch.look()).toMatchObject({ ...ACTIVE, signals: [{ signal: 'requests', value: 1, threshold: 1 }] });
    fake.waiting = 0;
    fake.served = 1;
    expect(await watch.look()).toMatchObject(ACTIVE);
    expect(await watch.look()).toMatchObject(IDLE);
    fake.restart();
    expect(await watch.look()).toMatchObject(RESET);
    expect(await watch.look()).toMatchObject(SILENT);
  });

  test('SGLang without metrics proves nothing; vLLM without them is something else', async () => {
    for (const [kind, expected] of [
      ['sglang', SILENT],
      ['vllm', { verdict: 'unknown', reason: 'bad-answer' }],
    ] as const) {
      const fake = new FakeEngine(kind);
      fake.hasMetrics = false;
      expect(await new Watch(fake).look()).toMatchObject(expected);
    }
  });

  test.each([
    ['no number', 'vllm:num_requests_running 0\nvllm:num_requests_waiting NaN\nvllm:request_success_total 4\n'],
    ['a gauge missing', 'vllm:num_requests_running 0\nvllm:request_success_total 4\n'],
    ['another page', '# TYPE go_goroutines gauge\ngo_goroutines 8\n'],
    ['HTML', '<html>vllm:num_requests_running 0</html>'],
  ])('vLLM, %s', async (_name, page) => {
    const fake = new FakeEngine('vllm');
    fake.broken = page;
    expect(await new Watch(fake).look()).toMatchObject({ verdict: 'unknown', reason: 'bad-answer' });
  });

  test('what failed in between hides no work: the counter is held against the last one that was read', async () => {
    const fake = new FakeEngine('vllm');
    fake.served = 5;
    const watch = new Watch(fake);
    await watch.look();
    fake.broken = '';
    expect(await watch.look()).toMatchObject({ verdict: 'unknown' });
    fake.broken = null;
    fake.served = 6;
    expect(await watch.look()).toMatchObject(ACTIVE);
  });
});

describe.each(SERVICE_KINDS)('%s: what is no answer', (kind) => {
  const answers: readonly (readonly [string, (response: ServerResponse) => void, Partial<ProbeReading>])[] = [
    ['401', (response) => json(response, { detail: 'no' }, 401), { reason: 'unauthorised' }],
    ['403', (response) => json(response, { detail: 'no' }, 403), { reason: 'unauthorised' }],
    ['500', (response) => html(response, 500), { reason: 'bad-answer' }],
    ['HTML with 200', (response) => html(response), { reason: 'bad-answer' }],
    ['an empty object', (response) => json(response, {}), { reason: 'bad-answer' }],
    ['null', (response) => json(response, null), { reason: 'bad-answer' }],
    ['a redirect', (response) => response.writeHead(302, { location: '/login' }).end(), { reason: 'bad-answer' }],
    ['more than 1 MiB', (response) => json(response, ['x'.repeat(1_100_000)]), { reason: 'bad-answer' }],
  ];
  test.each(answers)('%s', async (_name, answer, expected) => {
    server.handler = (_request, response) => answer(response);
    const got = await probe(kind).read(instance(), forever());
    expect(got).toMatchObject({ verdict: 'unknown', lastActiveAt: null, ...expected });
  });

  test('nobody listens: unknown, or nothing where it is optional', async () => {
    await using gone = await new HttpServer().start();
    const url = gone.origin;
    await gone[Symbol.asyncDispose]();
    const read = (optional: boolean) => probe(kind, { url, optional }).read(instance(), forever());
    expect(await read(false)).toMatchObject({ verdict: 'unknown', reason: 'unreachable' });
    expect(await read(true)).toMatchObject({ verdict: 'not-applicable', reason: null });
  });

  test('silence costs its time limit, and being optional excuses only a refusal', async () => {
    server.handler = () => {};
    const got = await probe(kind, { timeoutMs: 50, optional: true }).read(instance(), forever());
    expect(got).toMatchObject({ verdict: 'unknown', reason: 'unreachable', evidence: 'no whole answer within 0.05 s' });
  });
});

test('no reading holds what a service sent, nor the token', async () => {
  for (const make of FAKES) {
    const fake = make();
    fake.begin();
    const watch = new Watch(fake, fake.kind === 'open-webui' ? {} : { token: () => 'canary-token' });
    await watch.look();
    fake.finish();
    expect(JSON.stringify(await watch.look())).not.toContain('canary');
  }
});

describe('where a service is', () => {
  const at = (title: string, url: string) => ({ title, url, kind: 'http' });
  const listed = (services: Instance['services']) => instance({ services });
  const guard = new AddressGuard(['127.0.0.0/8']);
  beforeEach(() => {
    const fake = new FakeComfyui();
    server.handler = (request, response) => fake.answer({ ...request, url: request.url.replace('/sub', '') }, response);
  });

  test.each<[string, (port: string) => Instance['services']]>([
    ['its title', (port) => [at('Jupyter', 'http://127.0.0.1:1/'), at('ComfyUI 绘图', `http://127.0.0.1:${port}/sub`)]],
    ['its address', (port) => [at('', 'http://127.0.0.1:1/'), at('app', `http://127.0.0.1:${port}/sub/?x=comfy`)]],
  ])('is told by %s', async (_name, services) => {
    const of = listed(services(new URL(server.origin).port));
    expect(await probe('comfyui', { url: null, guard }).read(of, forever())).toMatchObject(IDLE);
    expect(server.requests[0]?.url).toContain('/sub/prompt');
  });

  test('a listing without it is unknown, or nothing where it is optional', async () => {
    const of = listed([at('Jupyter', 'http://127.0.0.1:1/'), { title: 'comfy', url: 'ssh://1.2.3.4:22', kind: 'ssh' }]);
    const read = (optional: boolean) => probe('comfyui', { url: null, guard, optional }).read(of, forever());
    expect(await read(false)).toMatchObject({ verdict: 'unknown', reason: 'no-reading' });
    expect(await read(true)).toMatchObject({ verdict: 'not-applicable' });
  });

  test('an address of the listing is refused before connecting; the configured one is trusted', async () => {
    const of = listed([at('ComfyUI', server.origin)]);
    const listedOne = probe('comfyui', { url: null, optional: true });
    expect(await listedOne.read(of, forever())).toMatchObject({ verdict: 'unknown', reason: 'address-refused' });
    expect(server.requests).toEqual([]);
    expect(await probe('comfyui').read(of, forever())).toMatchObject(IDLE);
  });

  test('a template whose host the listing fills in is guarded as the listing is', async () => {
    const { port } = new URL(server.origin);
    const ssh = { title: 'SSH', url: 'ssh://127.0.0.1:22001', kind: 'ssh' };
    for (const [url, of] of [
      [`http://{ip}:${port}/`, listed([ssh])],
      [`http://{name}:${port}/`, instance({ name: '127.0.0.1' })],
      [`http://{id}:${port}/`, instance({ id: '2130706433' })],
      [`http://127.0.0.{name}:${port}/`, instance({ name: '1' })],
    ] as const) {
      expect(await probe('comfyui', { url }).read(of, forever())).toMatchObject({ reason: 'address-refused' });
      expect(server.requests).toEqual([]);
    }
    const read = probe('comfyui', { url: `http://{ip}:${port}/`, guard }).read(listed([ssh]), forever());
    expect(await read).toMatchObject(IDLE);
    // Where the instance itself does not say, the listing is asked; brackets go round what needs them.
    const url = `http://{ip}:${port}/`;
    const asked = (host: string) => probe('comfyui', { url, guard, address: () => Promise.resolve(host) });
    expect(await asked('127.0.0.1').read(instance(), forever())).toMatchObject(IDLE);
    expect(await asked('::ffff:127.0.0.1').read(instance(), forever())).toMatchObject(IDLE);
    const unread = probe('comfyui', { url, address: () => Promise.reject(new Error('canary')) });
    expect(await unread.read(instance(), forever())).toMatchObject({
      reason: 'no-reading',
      evidence: 'the listing, which names the address, could not be read',
    });
    const none = await probe('comfyui', { url: 'http://{ip}/' }).read(instance(), forever());
    expect(none).toMatchObject({ reason: 'no-reading', evidence: 'the listing names no address to put in for {ip}' });
  });

  test.each([
    ['sd-webui', 'user:pass', { authorization: `Basic ${Buffer.from('user:pass').toString('base64')}` }],
    ['fooocus', 'key', { 'x-api-key': 'key' }],
    ['vllm', 'key', { authorization: 'Bearer key' }],
  ] as const)('the token of %s is sent as it wants it', async (kind, token, headers) => {
    await probe(kind, { token: () => token }).read(instance(), forever());
    expect(server.requests[0]?.headers).toMatchObject(headers);
  });
});
