import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { HOUR, MINUTE, TestClock } from '../support/clock.ts';
import { account, busy, GPU_4090 } from '../support/cloud.ts';
import { type CommandResult, runCommand } from '../support/command.ts';
import { Bed } from '../support/daemon.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

const POLICIES = {
  'all.yaml': `
policies:
  - name: night
    match: { name: "dev-*" }
    when: { during: always }
    do: stop
    limits: { percent: "100%" }
  - name: watching
    mode: observe
    match: { name: "lab-*" }
    when: { during: always }
    do: stop
  - name: never-yet
    match: { name: "batch-*" }
    when: { during: always }
    do: stop
  - name: watching-too
    mode: observe
    match: { name: "lab-*" }
    when: { during: always }
    do: stop
`,
};

const SUM = z.object({
  yuan: z.string(),
  priceYuan: z.string(),
  stoppedCostYuan: z.string(),
  seconds: z.number(),
  stops: z.number(),
  wrongStops: z.number(),
  instances: z.number(),
  instancesWithoutPrice: z.number(),
  instancesWithoutStoppedPrice: z.number(),
});
const REPORT = z.object({
  items: z.array(
    z.object({ key: z.string().nullable(), name: z.string().nullable(), saved: SUM, wouldHaveSaved: SUM }),
  ),
  total: z.object({ saved: SUM, wouldHaveSaved: SUM }),
  unwatched: z.array(z.object({ account: z.string(), seconds: z.number() })),
});

let redis: TestRedis;
let bed: Bed;

beforeAll(async () => {
  redis = await startRedis();
  // Commands go by the system's clock; what takes long has happened before.
  const clock = new TestClock(Date.now() - 3 * HOUR, true);
  const at = clock.now();
  const up = { createdAt: at - HOUR, startedAt: at - HOUR };
  bed = new Bed({
    redis: redis.url,
    clock,
    accounts: [
      account('huixingyun', [
        busy('a', up),
        busy('b', up),
        busy('free', { ...up, gpu: 'geforce_rtx_3090_12u60m_105' }),
        busy('lab', { ...up, name: 'lab-1' }),
      ]),
    ],
    policies: POLICIES,
    accountConfig: { hxy: { prices: { [GPU_4090]: { hourly: 2, stopped: 0.5 } } } },
    config: { labels: [{ match: { id: 'a' }, set: { owner: 'wang' } }], activity: [] },
  });
  await bed.open();
  await bed.start();
  await bed.round();
  for (const id of ['a', 'b', 'free']) await bed.operationInTime(`hxy/${id}`, 'confirmed', 'stop', MINUTE);
  await bed.roll(5 * MINUTE, 2);
  // Somebody wants it back after ten minutes.
  bed.sim.account('hxy').instance('b').status = 'running';
  await bed.roll(10 * MINUTE, 3);
  // Nobody looks for longer than an hour.
  clock.pass(90 * MINUTE);
  await bed.roll(10 * MINUTE, 1);
  clock.pass(Date.now() - clock.now());
  await bed.round();
}, 40_000);
afterAll(async () => {
  await bed.close();
  await redis.stop();
});

async function run(...args: string[]): Promise<CommandResult> {
  return await runCommand(['savings', ...args], { cwd: bed.dir, env: { USER: 'wang' } });
}

async function report(...args: string[]) {
  const { code, out, err } = await run(...args, '--output', 'json');
  expect([code, err]).toEqual([0, '']);
  return REPORT.parse(JSON.parse(out));
}

test('the sums agree with the time each machine was seen stopped, less what that costs', async () => {
  const { items, total, unwatched } = await report('--by', 'instance', '--since', '2d');
  expect(new Set(items.map(({ name }) => name))).toEqual(new Set(['dev-a', 'dev-b', 'dev-free', 'lab-1']));
  const one = (name: string) => items.find((each) => each.name === name)?.saved;
  const a = one('dev-a');
  const b = one('dev-b');
  // Three hours, of which nobody looked for one and a half, less the minutes until it was stopped.
  expect(a?.seconds).toBeGreaterThan(70 * 60);
  expect(a?.seconds).toBeLessThan(90 * 60);
  expect(Number(a?.yuan)).toBeCloseTo((1.5 * (a?.seconds ?? 0)) / 3_600, 1);
  expect(Number(a?.stoppedCostYuan)).toBeCloseTo((0.5 * (a?.seconds ?? 0)) / 3_600, 1);
  expect([a?.stops, a?.wrongStops]).toEqual([1, 0]);
  expect(b?.seconds).toBeLessThan(30 * 60);
  expect([b?.stops, b?.wrongStops]).toEqual([1, 1]);
  expect(one('dev-free')).toMatchObject({ yuan: '0.00', instancesWithoutPrice: 1, stops: 1 });
  expect(total.saved).toMatchObject({ instances: 3, instancesWithoutPrice: 1, instancesWithoutStoppedPrice: 0 });
  const all = (a?.seconds ?? 0) + (b?.seconds ?? 0) + (one('dev-free')?.seconds ?? 0);
  // Each is rounded by itself.
  expect(Math.abs(total.saved.seconds - all)).toBeLessThanOrEqual(2);
  expect(unwatched.map(({ account, seconds }) => [account, seconds >= 5_400 && seconds < 7_200])).toEqual([
    ['hxy', true],
  ]);
});

test('what an observing policy would have saved is apart from what was saved', async () => {
  const { items, total } = await report('--since', '2d');
  expect(items.map(({ key }) => key)).toEqual(['night', 'watching', 'watching-too']);
  const [night, watching] = items;
  expect(night?.wouldHaveSaved).toMatchObject({ seconds: 0, stops: 0 });
  expect(watching?.saved).toMatchObject({ seconds: 0, yuan: '0.00' });
  expect(watching?.wouldHaveSaved.stops).toBe(1);
  // Of the hour and a half in which nobody looked nothing is counted there either.
  expect(watching?.wouldHaveSaved.seconds).toBeGreaterThan(70 * 60);
  expect(watching?.wouldHaveSaved.seconds).toBeLessThan(91 * 60);
  // Both would have stopped the same machine.
  expect(total.wouldHaveSaved).toEqual({ ...watching?.wouldHaveSaved, stops: 2 });
});

test('by label, account and day', async () => {
  const keys = async (...by: string[]) => (await report('--since', '2d', '--by', ...by)).items.map(({ key }) => key);
  expect(await keys('label', 'owner')).toEqual(['wang', null]);
  expect(await keys('label:owner')).toEqual(['wang', null]);
  expect(await keys('account')).toEqual(['hxy']);
  expect((await keys('day')).every((day) => /^\d{4}-\d{2}-\d{2}$/.test(day ?? ''))).toBe(true);
});

test('for people: a table with its sum, what it rests on, and what is not in it', async () => {
  const { code, out } = await run('--since', '2d', '--by', 'instance');
  expect(code).toBe(0);
  expect(out).toMatch(/^From \d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d \(Asia\/Shanghai\)\n\n/);
  expect(out).toMatch(/^INSTANCE +YUAN +HOURS +GPU HOURS +MACHINES +STOPS +WRONG$/m);
  expect(out).toMatch(/^dev-b \(hxy\/b\) +0\.\d\d +0\.\d +0\.\d +1 +1 +1$/m);
  expect(out).toMatch(/^dev-free \(hxy\/free\) +– +1\.\d +1\.\d +1 +1 +0$/m);
  expect(out).toMatch(/^total +\d\.\d\d +\d\.\d +\d\.\d +3 +3 +1$/m);
  expect(out).toContain('What observing policies would have saved; it is in none of the sums above');
  expect((await run('--since', '2d')).out).toContain('that two of them would have stopped on one day counts once');
  expect(out).toMatch(/^hxy was not watched for 1h\d\dm: of that time nothing is counted$/m);
  expect(out).toContain('yuan are an estimate');
  expect(out).toContain('1 machine has no known price: their hours are counted, and no yuan');
});

test('what is not understood is refused with what is allowed', async () => {
  const refused = async (...args: string[]) => {
    const { code, err } = await run(...args);
    return [code, err];
  };
  expect(await refused('--by', 'polcy')).toEqual([
    2,
    'lamplighter: savings cannot be told by "polcy"; did you mean "policy"?\n',
  ]);
  expect((await refused('--by', 'label=owner'))[1]).toContain('or label:KEY');
  expect(await refused('--by', 'label')).toEqual([
    2,
    'lamplighter: by label needs the key of the label, such as label:env\n',
  ]);
  expect((await refused('--since', 'soon'))[1]).toContain('since is so many days such as 7d, or a day such as');
  expect((await refused('--since', '2020-01-01'))[1]).toContain('the ledger keeps 100 days: since ');
  expect((await refused('--since', '2999-01-01'))[1]).toContain('has not come yet');
  expect((await refused('--output', 'xml'))[0]).toBe(2);
});

test('the API answers the same, and refuses the same', async () => {
  const asked = async (query: string) => {
    const response = await bed.http(`/api/v1/savings?${query}`);
    return { status: response.status, body: await response.json() };
  };
  const { status, body } = await asked('since=2d&by=instance');
  expect(status).toBe(200);
  const told = await report('--by', 'instance', '--since', '2d');
  // The daemon polls meanwhile, so that seconds and fen may be added.
  const gist = ({ items }: z.output<typeof REPORT>) =>
    items.map(({ key, saved }) => [
      key,
      saved.stops,
      saved.wrongStops,
      saved.instances,
      Math.round(saved.seconds / 600),
    ]);
  expect(gist(REPORT.parse(body))).toEqual(gist(told));
  expect(await asked('by=polcy')).toMatchObject({ status: 400, body: { error: { code: 'invalid' } } });
  expect(await asked('bye=policy')).toMatchObject({ status: 400 });
});

test('metrics and console tell the same, the metrics also of a policy that has stopped nothing yet', async () => {
  const { items, total } = await report('--since', '2d');
  const [night, watching] = items;
  const metric = (name: string, policy = 'night') => bed.metric(name, { policy });
  expect(await metric('saved_stops_total')).toBe(night?.saved.stops);
  expect(await metric('wrong_stops_total')).toBe(night?.saved.wrongStops);
  // A poll in between adds a few fen and seconds.
  expect(await metric('saved_yuan_total')).toBeCloseTo(Number(night?.saved.yuan), 1);
  expect(((await metric('saved_gpu_seconds_total')) ?? 0) / 600).toBeCloseTo((night?.saved.seconds ?? 0) / 600, 0);
  expect(await metric('shadow_saved_yuan_total', 'watching')).toBeCloseTo(Number(watching?.wouldHaveSaved.yuan), 1);
  for (const name of ['saved_stops_total', 'wrong_stops_total', 'saved_yuan_total', 'saved_gpu_seconds_total'])
    expect(await metric(name, 'never-yet')).toBe(0);
  const page = (await (await bed.http('/policies')).text()).replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
  const panel = /Saved in 30 days ¥([\d.]+), [\d.]+ GPU hours · (\d+) stops, (\d+) of them wrong/.exec(page);
  expect(Number(panel?.[1])).toBeCloseTo(Number(total.saved.yuan), 1);
  expect(panel?.slice(2).map(Number)).toEqual([total.saved.stops, total.saved.wrongStops]);
  const would = /Observing policies would have saved ¥([\d.]+)/.exec(page);
  expect(Number(would?.[1])).toBeCloseTo(Number(total.wouldHaveSaved.yuan), 1);
});

/** As the daemon tells it, by its own clock. */
async function told(by: string) {
  const { items } = REPORT.parse(await (await bed.http(`/api/v1/savings?since=3d&by=${by}`)).json());
  return (key: string) => {
    const row = items.find((each) => each.key === key);
    if (row === undefined) throw new Error(`nothing is told of ${key}`);
    return { saved: row.saved.seconds, would: row.wouldHaveSaved.seconds, stops: row.saved.stops };
  };
}

test('a policy that observes, enforces and observes again counts no time twice', async () => {
  const begun = bed.clock.now();
  const before = (await told('policy'))('watching');
  await bed.writePolicy('all.yaml', POLICIES['all.yaml'].replace('watching\n    mode: observe', 'watching'));
  expect(await bed.daemon.reload()).toMatchObject({ kind: 'done' });
  await bed.operationInTime('hxy/lab', 'confirmed', 'stop', MINUTE);
  await bed.roll(5 * MINUTE, 3);
  const enforced = (await told('policy'))('watching');
  expect(enforced).toMatchObject({ stops: 1 });
  expect(enforced.saved).toBeGreaterThan(14 * 60);
  await bed.writePolicy('all.yaml', POLICIES['all.yaml']);
  expect(await bed.daemon.reload()).toMatchObject({ kind: 'done' });
  await bed.roll(5 * MINUTE, 2);
  const after = (await told('policy'))('watching');
  // What it has stopped is stopped by it, whatever it does now.
  expect(after).toEqual({ saved: expect.closeTo(enforced.saved + 600, -1), would: enforced.would, stops: 1 });
  const passed = (bed.clock.now() - begun) / 1_000;
  expect(after.saved + after.would - before.would).toBeLessThanOrEqual(passed);
  expect(after.saved + after.would - before.would).toBeGreaterThan(passed - 10 * 60);
});

test('an account that is not configured any more keeps what was saved on it', async () => {
  const day = new Date(bed.clock.now()).toISOString().slice(0, 10);
  const none = { gpuMs: 0, grossFen: 150, keptFen: 0, unpricedMs: 0, unkeptMs: 0, stops: 1, wrong: 0 };
  const { store } = bed.daemon;
  await store.countSavings('gone', { from: null, to: 1, saved: [], unwatched: [] }, new Map());
  const saved = [{ day, policy: 'night', instance: 'x', ms: HOUR, ...none }];
  const called = new Map([['x', { name: 'dev-x', labels: { owner: 'li' } }]]);
  await store.countSavings('gone', { from: 1, to: 2, saved, unwatched: [] }, called);
  expect((await told('account'))('gone')).toEqual({ saved: 3_600, would: 0, stops: 1 });
  expect((await told('label:owner'))('li')).toEqual({ saved: 3_600, would: 0, stops: 1 });
});
