import { join } from 'node:path';
import { expect, test } from 'vitest';
import { useBeds } from '../support/beds.ts';
import { MINUTE } from '../support/clock.ts';
import { account, busy, daily, GPU_4090, idle } from '../support/cloud.ts';
import { startPrometheus } from '../support/prometheus.ts';
import { dashboards } from './dashboard-files.ts';
import { PROMETHEUS_DIR } from './promtool.ts';
import { bare, filledIn, numbers, rulesOf } from './queries.ts';
import { alerts, recordings, ruleFiles } from './rule-files.ts';

const POLICIES = `
policies:
  - name: stop-idle
    match: { provider: chenyu, name: "dev-*" }
    when: { idleFor: 30m }
    do: stop
  - name: watch-idle
    mode: observe
    match: { provider: huixingyun, name: "dev-*" }
    when: { idleFor: 30m }
    do: stop
  - name: keep-paid
    match: { name: "prod-*", billing: [daily, monthly] }
    when: { expiresWithin: 12h }
    do: { renew: { periods: 1 } }
`;
/** Alerts that are about the bad part of the day. */
const RAISED = ['LamplighterWatchdog', 'LamplighterAccountUnreachable', 'LamplighterUnknownWord'];
const PRICE = { hourly: 2, daily: 40, monthly: 900 };
const MOST_ROUNDS = 12;
const beds = useBeds();

test('no panel is empty, no mark of what was done and nothing that is recorded, on a day with a bit of everything', async () => {
  const opening = beds.start({
    accounts: [
      account('huixingyun', [idle('i'), daily('paid', 8), daily('leave', 5, { name: 'other' })]),
      account('chenyu', [idle('a'), idle('b'), busy('c')]),
      account('huixingyun', [busy('x')], { name: 'away' }),
    ],
    policies: { 'all.yaml': POLICIES },
    accountConfig: {
      hxy: { prices: { [GPU_4090]: PRICE }, spendLimit: { callsPerDay: 5, perDay: 500 } },
    },
  });
  await using prometheus = await startPrometheus(
    opening.then(({ daemon }) => daemon.origin),
    { job: 'lamplighter', every: '500ms', rules: ruleFiles.map((file) => join(PROMETHEUS_DIR, file)) },
  );
  const bed = await opening;
  const scrapes = () => scraped(prometheus.origin);
  const more = async (count: number) => {
    const before = await scrapes();
    await bed.until(`${count} more scrapes`, async () => (await scrapes()) >= before + count);
  };
  await more(1);

  // The bad part of the day: an account whose token is refused, a word that nobody knows, a receiver that is full.
  bed.sim.faults.add({ kind: 'unauthorised', account: 'away', times: Number.POSITIVE_INFINITY });
  bed.sim.faults.add({ kind: 'status-word', account: 'hxy', operation: 'list', word: 'Dreaming', row: 2, times: 4 });
  bed.sim.faults.add({ kind: 'http-status', account: 'cy', operation: 'list', status: 502 });
  bed.receiver.refusals.push(503);
  await bed.rollUntil('one machine is stopped', MINUTE, async () => (await stopped(bed)) >= 1);
  await more(3);
  await bed.rollUntil('the other is, and the paid one is renewed', MINUTE, async () => {
    const renewed = (await bed.operations({ instance: 'hxy/paid' })).some(({ state }) => state === 'confirmed');
    return renewed && (await stopped(bed)) >= 2;
  });
  await bed.roll(5 * MINUTE, 2);
  await more(2);

  const wanted = [
    ...dashboards.flatMap(({ name, panels }) =>
      panels.flatMap(({ id, title, targets }) =>
        targets.map(({ expr }) => ({ where: `${name} ${id} ${title}`, expr })),
      ),
    ),
    ...dashboards.flatMap(({ name, dashboard }) =>
      dashboard.annotations.list.map((each) => ({ where: `${name} ${each.name}`, expr: each.expr })),
    ),
    ...recordings.map(({ record, expr }) => ({ where: record, expr })),
  ];
  // Both languages ask the same.
  const asked = new Map(wanted.map(({ expr, where }) => [bare(filledIn(expr)), where]));
  let empty = await emptyOf(prometheus.origin, asked);
  // A rate needs several scrapes, of which a busy machine may have been too slow for some.
  for (let round = 0; empty.size > 0 && round < MOST_ROUNDS; round += 1) {
    await more(1);
    empty = await emptyOf(prometheus.origin, empty);
  }
  expect([...empty]).toEqual([]);
  expect(asked.size).toBeGreaterThan(100);
  expect(await numbers(prometheus.origin, 'lamplighter_no_such_metric')).toEqual([]);
  await expect(numbers(prometheus.origin, 'sum(')).rejects.toThrow('parse error');

  // Whether two series are one to a rule shows only where there are series.
  const judged = await bed.until('every rule was evaluated, and what is bad is raised', async () => {
    const all = await rulesOf(prometheus.origin);
    const raised = all.filter(({ state }) => state === 'pending' || state === 'firing').map(({ name }) => name);
    return RAISED.every((name) => raised.includes(name)) && all.every(({ health }) => health !== 'unknown') && all;
  });
  expect(judged.filter(({ health }) => health !== 'ok')).toEqual([]);
  expect(judged).toHaveLength(alerts.length + recordings.length);
});

/** Those that have nothing to show, by their queries. */
async function emptyOf(origin: string, asked: ReadonlyMap<string, string>): Promise<Map<string, string>> {
  const found = await Promise.all(
    [...asked].map(async ([query, where]) =>
      (await numbers(origin, query)).length > 0 ? [] : [[query, where] as const],
    ),
  );
  return new Map(found.flat());
}

async function stopped(bed: Awaited<ReturnType<typeof beds.start>>): Promise<number> {
  const done = await bed.operations({ policy: 'stop-idle' });
  return done.filter(({ state }) => state === 'confirmed').length;
}

/** How often it has scraped with success; 0 while it does not answer yet. */
async function scraped(origin: string): Promise<number> {
  try {
    return Math.max(0, ...(await numbers(origin, 'sum_over_time(up{job="lamplighter"}[5m])')));
  } catch {
    return 0;
  }
}
