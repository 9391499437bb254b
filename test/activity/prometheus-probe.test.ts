import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { PrometheusProbe, type PrometheusProbeOptions } from '../../src/activity/prometheus-probe.ts';
import { parseQueryTemplate } from '../../src/config/query-template.ts';
import type { ProbeReading } from '../../src/fleet/activity.ts';
import type { Instance } from '../../src/fleet/instance.ts';
import { HttpServer, html, json } from '../providers/support/http-server.ts';
import { JumpClock } from '../providers/support/jump-clock.ts';
import { expect } from '../support/in-words.ts';
import { startPrometheus, type TestPrometheus } from '../support/prometheus.ts';
import { forever, instance, NOON } from './fleet.ts';

const clock = new JumpClock(NOON);

/** Names that would do something, if they were anything but names. */
const HOSTILE = [
  'plain',
  '训练-01',
  'x"} or vector(100) #',
  "x'} or vector(100) #",
  'back`tick',
  'back\\slash\\',
  '.*',
  'a|b',
  '(?i)PLAIN',
  '$1 {id} {name}',
  'line\nbreak',
  'tab\tand bell\u0007',
  '[a-z]+',
];

function probe(url: string, query: string, options: Partial<PrometheusProbeOptions> = {}): PrometheusProbe {
  const template = parseQueryTemplate(query);
  expect(template.problems).toEqual([]);
  return new PrometheusProbe({
    name: 'prometheus',
    url,
    query: template.parts,
    threshold: 5,
    judges: 'work',
    staleAfterMs: template.isPlainSelector ? 180_000 : null,
    token: () => null,
    clock,
    ...options,
  });
}

describe('a real Prometheus', () => {
  let exporter: HttpServer;
  let prometheus: TestPrometheus;
  const hour = 3_600_000;

  function page(): string {
    const label = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
    const old = Date.now() - 240_000;
    return [
      // Of DCGM's exporter: eight cards of which one is busy, cards at rest, and cards split by MIG.
      ...Array.from({ length: 8 }, (_, gpu) => `DCGM_FI_DEV_GPU_UTIL{host="busy",gpu="${gpu}"} ${gpu === 6 ? 97 : 0}`),
      'DCGM_FI_DEV_GPU_UTIL{host="idle",gpu="0"} 0',
      'DCGM_FI_DEV_GPU_UTIL{host="idle",gpu="1"} 4',
      'DCGM_FI_DEV_GPU_UTIL{host="mig",gpu="0"} 0',
      'DCGM_FI_PROF_GR_ENGINE_ACTIVE{host="mig",gpu="0"} 0.83',
      'DCGM_FI_PROF_GR_ENGINE_ACTIVE{host="idle",gpu="0"} 0',
      'odd{host="nan"} NaN',
      'odd{host="nan-and-busy",gpu="0"} NaN',
      'odd{host="nan-and-busy",gpu="1"} 50',
      'odd{host="infinite"} +Inf',
      `odd{host="old"} 0 ${old}`,
      // nvidia_gpu_exporter, which serves what it collected last.
      'nvidia_smi_utilization_gpu_ratio{host="fresh"} 0.01',
      'nvidia_smi_last_collect_success{host="fresh"} 1',
      `nvidia_smi_last_collect_success_timestamp_seconds{host="fresh"} ${Date.now() / 1000 - 5}`,
      'nvidia_smi_utilization_gpu_ratio{host="stuck"} 0.01',
      'nvidia_smi_last_collect_success{host="stuck"} 1',
      `nvidia_smi_last_collect_success_timestamp_seconds{host="stuck"} ${(Date.now() - hour) / 1000}`,
      ...HOSTILE.map((name, index) => `named{name="${label(name)}"} ${index * 10}`),
      'named{name="aab"} 990',
      '',
    ].join('\n');
  }

  beforeAll(async () => {
    const scraped = Promise.withResolvers<void>();
    exporter = await new HttpServer((_request, response, count) => {
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
      response.end(page());
      // When it asks again, it has taken in what it got the first time.
      if (count === 2) scraped.resolve();
    }).start();
    prometheus = await startPrometheus(exporter.origin);
    await scraped.promise;
  });
  afterAll(async () => {
    await prometheus[Symbol.asyncDispose]();
    await exporter[Symbol.asyncDispose]();
  });

  const read = (query: string, of: Partial<Instance> = {}, options: Partial<PrometheusProbeOptions> = {}) =>
    probe(prometheus.origin, query, options).read(instance(of), forever());
  const UTIL = 'DCGM_FI_DEV_GPU_UTIL{host="{name}"}';

  test('the highest of several series counts', async () => {
    expect(await read(UTIL, { name: 'busy' })).toMatchObject({
      verdict: 'active',
      reason: null,
      judges: 'work',
      evidence: 'highest of 8 is 97; from 5 on it is activity',
      signals: [{ signal: 'metric', verdict: 'active', value: 97, threshold: 5 }],
    });
    expect(await read(UTIL, { name: 'idle' })).toMatchObject({
      verdict: 'idle',
      lastActiveAt: null,
      evidence: expect.stringContaining('highest of 2 is 4'),
    });
    expect(await read(UTIL, { name: 'idle' }, { threshold: 4 })).toMatchObject({ verdict: 'active' });
    expect(await read(UTIL, { name: 'idle' }, { judges: 'people' })).toMatchObject({ judges: 'people' });
  });

  test.each<[string, string, object]>([
    ['nothing found', 'DCGM_FI_DEV_GPU_UTIL{host="gone"}', { verdict: 'unknown', reason: 'no-data' }],
    ['no such metric', 'nothing_at_all', { verdict: 'unknown', reason: 'no-data' }],
    ['no number', 'odd{host="nan"}', { verdict: 'unknown', reason: 'bad-answer' }],
    ['no number beside a high one', 'odd{host="nan-and-busy"}', { verdict: 'active' }],
    ['infinity', 'odd{host="infinite"}', { verdict: 'active' }],
    ['a sample of four minutes ago', 'odd{host="old"}', { verdict: 'unknown', reason: 'stale' }],
    ['a scalar', 'scalar(DCGM_FI_DEV_GPU_UTIL{host="mig"})', { verdict: 'idle' }],
    ['a range', 'DCGM_FI_DEV_GPU_UTIL[1m]', { verdict: 'unknown', reason: 'bad-answer' }],
    ['a text', '"hello"', { verdict: 'unknown', reason: 'bad-answer' }],
    ['a syntax error', 'max(', { verdict: 'unknown', reason: 'bad-answer' }],
    ['a comment at the end', 'DCGM_FI_DEV_GPU_UTIL{host="mig"} # all', { verdict: 'idle' }],
  ])('%s', async (_name, query, expected) => {
    expect(await read(query)).toMatchObject(expected);
  });

  test('samples of four minutes ago do where five are allowed', async () => {
    expect(await read('odd{host="old"}', {}, { staleAfterMs: 280_000 })).toMatchObject({ verdict: 'idle' });
  });

  test('MIG: utilisation is a constant 0, and the documented query is not taken in by it', async () => {
    expect(await read(UTIL, { name: 'mig' })).toMatchObject({ verdict: 'idle' });
    const documented =
      'max(100 * DCGM_FI_PROF_GR_ENGINE_ACTIVE{host="{name}"}) or max(DCGM_FI_DEV_GPU_UTIL{host="{name}"} unless on(host) DCGM_FI_PROF_GR_ENGINE_ACTIVE)';
    expect(await read(documented, { name: 'mig' })).toMatchObject({ verdict: 'active' });
    expect(await read(documented, { name: 'idle' })).toMatchObject({ verdict: 'idle' });
    expect(await read(documented, { name: 'busy' })).toMatchObject({ verdict: 'active' });
    expect(await read(documented, { name: 'gone' })).toMatchObject({ verdict: 'unknown', reason: 'no-data' });
  });

  test('nvidia_gpu_exporter: what was collected long ago is no data by the documented query', async () => {
    const documented =
      '100 * max(nvidia_smi_utilization_gpu_ratio{host="{name}"}) and on() (nvidia_smi_last_collect_success{host="{name}"} == 1) and on() (time() - nvidia_smi_last_collect_success_timestamp_seconds{host="{name}"} < 120)';
    expect(await read(documented, { name: 'fresh' })).toMatchObject({ verdict: 'idle' });
    expect(await read(documented, { name: 'stuck' })).toMatchObject({ verdict: 'unknown', reason: 'no-data' });
  });

  describe.each([
    ['"', 'named{name="{name}"}'],
    ["'", "named{name='{name}'}"],
    ['`', 'named{name=`{name}`}'],
    ['=~ "', 'named{name=~"{name}"}'],
    ["=~ '", "named{name=~'{name}'}"],
    ['=~ `', 'named{name=~`{name}`}'],
  ])('whatever an instance is called, between %s it is a name', (_quote, query) => {
    test.each(HOSTILE.map((name, index) => [JSON.stringify(name), name, index] as const))(
      '%s',
      async (_shown, name, index) => {
        const got = await read(query, { name });
        if (name.includes('`') && query.includes('`')) {
          expect(got).toMatchObject({ verdict: 'unknown', reason: 'no-reading' });
          return;
        }
        expect(got.signals?.[0]).toMatchObject({ value: index * 10 });
        expect(got.evidence).toContain('highest of 1 is');
      },
    );
  });

  test('what stands behind a value is about all of it', async () => {
    // "a+" would be one or more of the last letter alone: "aab" is two of "a" and none of "ab".
    expect((await read('named{name=~"{name}+b"}', { name: 'a' })).signals?.[0]).toMatchObject({ value: 990 });
    expect(await read('named{name=~"{name}+"}', { name: 'aa' })).toMatchObject({ reason: 'no-data' });
  });

  test('an instance without the value is not every series without the label', async () => {
    expect(await read('up{name="{name}"}', { name: '' })).toMatchObject({ verdict: 'unknown', reason: 'no-reading' });
    expect(await read('up{name="{ip}"}')).toMatchObject({
      verdict: 'unknown',
      reason: 'no-reading',
      evidence: 'the listing has no ip to put into the query',
    });
    const services = [{ title: 'SSH', url: 'ssh://10.0.0.7:22001', kind: 'ssh' }];
    expect(await read('up{instance="{ip}:9400"}', { services })).toMatchObject({ reason: 'no-data' });
  });

  test('asking does not change what is asked for', async () => {
    const first = await read(UTIL, { name: 'idle' });
    for (let round = 0; round < 20; round += 1) expect(await read(UTIL, { name: 'idle' })).toEqual(first);
  });
});

describe('what else may answer', () => {
  const vector = (...values: readonly string[]) => ({
    status: 'success',
    data: { resultType: 'vector', result: values.map((value) => ({ metric: {}, value: [1_795_233_600, value] })) },
  });
  const read = async (
    answer: (server: HttpServer) => void,
    options: Partial<PrometheusProbeOptions> = {},
  ): Promise<{ reading: ProbeReading; server: HttpServer }> => {
    await using server = await new HttpServer().start();
    answer(server);
    await turn();
    const of = probe(`${server.origin}/prom/`, 'max(up)', { timeoutMs: 2_000, ...options });
    return { reading: await of.read(instance(), forever()), server };
  };

  test('it is asked by POST, at its own time, with the token', async () => {
    const { reading, server } = await read(
      (at) => {
        at.handler = (_request, response) => json(response, vector('3'));
      },
      { token: () => 'tok' },
    );
    expect(reading).toMatchObject({ verdict: 'idle' });
    expect(server.requests).toMatchObject([
      {
        method: 'POST',
        url: '/prom/api/v1/query',
        body: 'query=max%28up%29',
        headers: { authorization: 'Bearer tok' },
      },
    ]);
  });

  test.each<[string, unknown, number, object]>([
    [
      'a partial answer',
      { ...vector('3'), warnings: ['one store is away'] },
      200,
      { verdict: 'unknown', reason: 'bad-answer' },
    ],
    ['a partial answer with work in it', { ...vector('9'), warnings: ['x'] }, 200, { verdict: 'active' }],
    [
      'no value in a series',
      { status: 'success', data: { resultType: 'vector', result: [{ metric: {}, histogram: [] }] } },
      200,
      { verdict: 'unknown', reason: 'bad-answer' },
    ],
    ['an empty value', vector(''), 200, { verdict: 'unknown', reason: 'bad-answer' }],
    ['an error with 200', { status: 'error', error: 'x' }, 200, { verdict: 'unknown', reason: 'bad-answer' }],
    ['401', {}, 401, { verdict: 'unknown', reason: 'unauthorised' }],
    ['422', { status: 'error' }, 422, { verdict: 'unknown', evidence: 'Prometheus refuses the query (422)' }],
    ['503', {}, 503, { verdict: 'unknown', reason: 'bad-answer' }],
    ['a redirect', {}, 302, { verdict: 'unknown', reason: 'bad-answer' }],
  ])('%s', async (_name, body, status, expected) => {
    const { reading } = await read((server) => {
      server.handler = (_request, response) => json(response, body, status, { location: '/login' });
    });
    expect(reading).toMatchObject(expected);
  });

  test('HTML, and nobody there', async () => {
    const { reading } = await read((server) => {
      server.handler = (_request, response) => html(response);
    });
    expect(reading).toMatchObject({ verdict: 'unknown', reason: 'bad-answer' });
    const gone = probe('http://127.0.0.1:1/', 'up');
    expect(await gone.read(instance(), forever())).toMatchObject({ verdict: 'unknown', reason: 'unreachable' });
  });
});
