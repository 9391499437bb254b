import { expect, test } from 'vitest';
import { Front } from './front.ts';
import { account, daily, KEEP_PAID, MINUTE, useFaultBeds } from './harness.ts';

const beds = useFaultBeds();

/** What the cloud answers although it did nothing, by the name of the account that is answered so. */
const ANSWERS: Readonly<Record<string, unknown>> = {
  another: { success: ['gpu-somebody-else'], fails: [] },
  both: { success: ['d-both'], fails: ['d-both'] },
  empty: { success: [], fails: [] },
  text: { success: 'd-text', fails: [] },
  'flag-true': { success: true, fails: [] },
  objects: { success: [{ gid: 'd-objects' }], fails: [] },
  'fails-missing': { success: ['d-fails-missing'] },
  'fails-text': { success: ['d-fails-text'], fails: 'none' },
  nothing: null,
  list: ['d-list'],
};

test('N8: lists that name another, both, none or no lists at all are neither yes nor no, and a person is told of each', async () => {
  const front = await new Front().start();
  const names = Object.keys(ANSWERS);
  const bed = await beds.prepare({
    accounts: names.map((name) => account('huixingyun', [daily(`d-${name}`, 6)], { name })),
    policies: KEEP_PAID,
    accountConfig: Object.fromEntries(names.map((name) => [name, { baseUrl: front.origin }])),
  });
  front.target = bed.sim.origin;
  for (const [name, answer] of Object.entries(ANSWERS)) {
    front.when(
      ({ path, body }) => path.endsWith('/renew') && body.includes(`"d-${name}"`),
      ({ response }) => {
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      },
    );
  }
  const child = await bed.spawnFaulty();
  await bed.until('each was asked', () => front.asked('/renew') === names.length);
  const unclear = await bed.until('each is unclear', async () => {
    const count = await bed.metricOf(child, 'provider_requests_total', { operation: 'renew', outcome: 'uncertain' });
    return count === names.length;
  });
  expect(unclear).toBe(true);
  // Ten accounts are listed in the time of one: time passes with each.
  await bed.attend('each is before a person', MINUTE / 2, async () => {
    const all = await bed.operations();
    return all.filter(({ state }) => state === 'escalated').length === names.length;
  });
  for (const operation of await bed.operations()) {
    expect(
      operation.transitions.map(({ to }) => to),
      operation.instance,
    ).toContain('uncertain');
  }
  await bed.until('each is told', () => bed.receiver.told('operation.escalated').length === names.length);
  expect(front.asked('/renew')).toBe(names.length);
  expect(bed.commits()).toEqual([]);
  await bed.expectSound();
  await front.stop();
});

test('N8: of those that did it although they answered so, each is confirmed by reading', async () => {
  const front = await new Front().start();
  const names = ['another', 'text', 'nothing'] as const;
  const bed = await beds.prepare({
    accounts: names.map((name) => account('huixingyun', [daily(`d-${name}`, 6)], { name })),
    policies: KEEP_PAID,
    accountConfig: Object.fromEntries(names.map((name) => [name, { baseUrl: front.origin }])),
  });
  front.target = bed.sim.origin;
  for (const name of names) {
    front.when(
      ({ path, body }) => path.endsWith('/renew') && body.includes(`"d-${name}"`),
      async ({ response, forward }) => {
        await forward();
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(ANSWERS[name]));
      },
    );
  }
  await bed.spawnFaulty();
  await bed.attend('each is renewed', MINUTE / 4, async () => {
    const all = await bed.operations();
    return all.filter(({ state }) => state === 'confirmed').length === names.length;
  });
  expect(bed.requests()).toBe(names.length);
  await bed.expectSound();
  await front.stop();
});
