import { expect, test } from 'vitest';
import { Front, type Prank, relist, reword, say } from './front.ts';
import { account, busy, type FaultBed, type FaultChild, SECOND, useFaultBeds } from './harness.ts';

const beds = useFaultBeds();
const STOP_ONE = {
  'stop-one.yaml': `
policies:
  - name: stop-one
    match: { name: "dev-last" }
    when: { during: always }
    do: stop
`,
};

/** Waits until the account's listing is told of so. */
async function listedAs(bed: FaultBed, child: FaultChild, detail: string): Promise<void> {
  await bed.attend(`the listing is ${detail}`, SECOND, async () => {
    const ready = await (await fetch(`${child.origin}/readyz`)).text();
    return ready.includes(`"detail":"${detail}"`);
  });
}

test('L2: a second page that fails, that is the first again, or whose total is another: not whole, and nothing is done', async () => {
  const front = await new Front().start();
  const machines = Array.from({ length: 119 }, (_, index) => busy(`m${index}`, { name: `other-${index}` }));
  const bed = await beds.prepare({
    accounts: [account('chenyu', [...machines, busy('last')])],
    policies: STOP_ONE,
    accountConfig: { cy: { baseUrl: front.origin } },
  });
  front.target = bed.sim.origin;
  let firstPage = '{}';
  const keep: Prank = async ({ forward, response }) => {
    const { status, headers, body } = await forward();
    firstPage = body;
    response.writeHead(status, headers).end(body);
  };
  const isPage = (page: string) => (request: Front['requests'][number]) =>
    request.path.endsWith('/instance/list') && request.query.get('page') === page;
  const cases: readonly (readonly [reason: string, prank: Prank])[] = [
    ['page-failed', say(500, '{}')],
    ['page-repeated', reword(() => JSON.parse(firstPage))],
    [
      'total-changed',
      relist(
        (rows) => rows,
        (total) => total + 1,
      ),
    ],
    [
      'total-mismatch',
      relist(
        (rows) => rows.slice(1),
        (total) => total,
      ),
    ],
    [
      'bad-rows',
      relist(
        (rows) => rows.map((row, index) => (index < 12 ? { odd: true } : row)),
        (total) => total,
      ),
    ],
  ];
  let child: FaultChild | null = null;
  for (const [reason, prank] of cases) {
    front.clear();
    front.when(isPage('1'), keep, Number.POSITIVE_INFINITY);
    front.when(isPage('2'), prank, Number.POSITIVE_INFINITY);
    child ??= await bed.spawnFaulty();
    await listedAs(bed, child, `incomplete: ${reason}`);
    expect(await bed.metricOf(child, 'snapshot_complete', { account: 'cy' }), reason).toBe(0);
    expect(await bed.operations(), reason).toEqual([]);
  }
  front.clear();
  // The next walk is whole, and the stop that was due is made.
  await bed.attend('it is stopped', 20 * SECOND, async () =>
    (await bed.operations()).some(({ state }) => state === 'confirmed'),
  );
  expect(bed.sim.calls.filter(({ operation }) => operation === 'stop')).toHaveLength(1);
  await bed.expectSound();
  await front.stop();
});

test('L2: a machine that changes its status between two queries is asked after before it is missed', async () => {
  const front = await new Front().start();
  const bed = await beds.prepare({
    accounts: [account('chenyu-v1', [busy('a'), busy('b'), busy('last')])],
    policies: {
      'nothing.yaml': STOP_ONE['stop-one.yaml'].replace('dev-last', 'nobody').replace('do: stop', 'do: restart'),
    },
    accountConfig: { cy1: { baseUrl: front.origin } },
  });
  front.target = bed.sim.origin;
  const child = await bed.spawnFaulty();
  await bed.attend('all are listed', SECOND, async () => (await bed.metricOf(child, 'snapshot_instances')) === 3);
  // It is in none of the five answers.
  const without = relist((rows) => rows.filter(({ uuid }) => uuid !== 'b'));
  front.add('/app/instance/list', without, Number.POSITIVE_INFINITY);
  await bed.attend('it is asked after', SECOND, () => front.asked('/app/instance/status') >= 2);
  await listedAs(bed, child, 'ok');
  const listed = async () => await bed.listOf(child, 'instances');
  expect((await listed()).find(({ id }) => id === 'b')).toMatchObject({ status: 'running', problems: [] });

  // Where nobody says anything about it the listing is not whole, and it is kept as it was.
  front.add('/app/instance/status', say(200, '{"code":"9","msg":"?","result":{}}'), Number.POSITIVE_INFINITY);
  await listedAs(bed, child, 'incomplete: unconfirmed-missing');
  expect(await listed()).toHaveLength(3);
  expect(await bed.operations()).toEqual([]);
  await bed.expectSound();
  await front.stop();
});

test('L2: a machine that complete listings lack is unknown, and gone only after the third', async () => {
  const front = await new Front().start();
  const bed = await beds.prepare({
    accounts: [account('huixingyun', [busy('a'), busy('b'), busy('last')])],
    policies: { 'later.yaml': STOP_ONE['stop-one.yaml'].replace('during: always', 'during: "Mon-Sun 13:00-14:00"') },
    accountConfig: { hxy: { baseUrl: front.origin } },
  });
  front.target = bed.sim.origin;
  const child = await bed.spawnFaulty();
  await bed.attend('all are listed', SECOND, async () => (await bed.metricOf(child, 'snapshot_instances')) === 3);
  const seen: unknown[] = [];
  const without = relist((rows) => rows.filter(({ gid }) => gid !== 'last'));
  front.add('/list', without, 2);
  // It is due, and it is missing.
  await bed.pass(3_600 * SECOND);
  await bed.attend('it is back', SECOND, async () => {
    const row = (await bed.listOf(child, 'instances')).find(({ id }) => id === 'last');
    seen.push(row?.status ?? 'gone');
    return seen.includes('unknown') && row?.status !== 'unknown';
  });
  expect(seen).not.toContain('gone');
  await bed.attend('it is stopped', 20 * SECOND, async () =>
    (await bed.operations()).find(({ state }) => state === 'confirmed'),
  );
  front.add('/list', without, Number.POSITIVE_INFINITY);
  await bed.attend('it is gone', SECOND, async () => (await bed.listOf(child, 'instances')).length === 2);
  await bed.expectSound();
  await front.stop();
});
