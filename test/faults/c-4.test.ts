import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { Queues } from '../../src/queue/queue.ts';
import { account, DAY, daily, KEEP_PAID, MINUTE, SECOND, useFaultBeds } from './harness.ts';

const beds = useFaultBeds();
const forever = () => new AbortController().signal;

/** The longest that one timer of Node can hold; a longer one fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Does a wait of `ms` end while other things have had their turn ten times? */
async function endsAtOnce(ms: number): Promise<boolean> {
  const stop = new AbortController();
  let over = false;
  const wait = systemClock.sleep(ms, stop.signal).then(
    () => {
      over = true;
    },
    () => {},
  );
  for (let turn = 0; turn < 10; turn += 1) await systemClock.sleep(1, forever());
  const seen = over;
  stop.abort(new Error('enough'));
  await wait;
  return seen;
}

describe('C4: a wait', () => {
  test.each([40 * DAY, LONGEST_TIMER_MS + 1, 10 * LONGEST_TIMER_MS, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY])(
    'of %s ms does not end at once',
    async (ms) => {
      expect(await endsAtOnce(ms)).toBe(false);
    },
  );

  test.each([0, -1, -40 * DAY, Number.NEGATIVE_INFINITY])('of %s ms is over', async (ms) => {
    expect(await endsAtOnce(ms)).toBe(true);
  });

  test('of NaN ms is refused, and says so', async () => {
    await expect(systemClock.sleep(Number.NaN, forever())).rejects.toThrow('a wait of NaN ms; a number is needed');
  });

  test('of any length longer than a day does not end at once', async () => {
    const lengths = fc.array(fc.integer({ min: DAY, max: 1_000 * DAY }), { minLength: 50, maxLength: 50 });
    await fc.assert(
      fc.asyncProperty(lengths, async (all) => {
        const ended = await Promise.all(all.map((ms) => endsAtOnce(ms)));
        return !ended.includes(true);
      }),
      { numRuns: 3 },
    );
  });
});

test('C4: a job is put off by 40 days, and by no other length than one: what is none is refused, and says so', async () => {
  const started: string[] = [];
  const queues = new Queues({
    url: `redis://127.0.0.1:${beds.redis.port}/9`,
    prefix: 'c4',
    clock: () => performance.now(),
    random: Math.random,
    onError: () => {},
    onFailed: () => {},
  });
  await queues.start({ waitMs: 5_000 });
  const done = Promise.withResolvers<void>();
  queues.worker('verify', async (payload) => {
    const id = 'operationId' in payload ? payload.operationId : payload.account;
    started.push(id);
    if (id === 'now') done.resolve();
  });
  queues.run();
  const put = (operationId: string, delayMs: number) =>
    queues.enqueue('verify', { operationId }, { jobId: operationId, delayMs });
  await put('later', 40 * DAY);
  await put('much-later', 400 * DAY);
  for (const ms of [Number.NaN, -1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    await expect(put(`odd${ms}`, ms)).rejects.toThrow(`a delay of ${ms} ms: 0 or more is allowed`);
  }
  await put('now', 0);
  await done.promise;
  expect(started).toEqual(['now']);
  const [counts] = (await queues.counts()).filter(({ queue }) => queue === 'verify');
  expect(counts).toMatchObject({ delayed: 2, failed: 0 });
  await queues.close(2_000);
});

test('C4: a renewal that is due in 40 days is made in 40 days', async () => {
  const bed = await beds.prepare({
    accounts: [account('huixingyun', [daily('d', 40 * 24 + 12.2)])],
    policies: KEEP_PAID,
  });
  await bed.spawnFaulty();
  const polls = () => bed.sim.calls.filter(({ operation }) => operation === 'list').length;
  const polled = async (more: number) => {
    const until = polls() + more;
    await bed.until(`${more} more listings`, () => polls() >= until);
  };
  await polled(3);
  for (let days = 0; days < 40; days += 10) {
    await bed.pass(10 * DAY);
    await polled(2);
    expect(await bed.operations()).toEqual([]);
  }
  // 12 hours and 12 minutes are left by now.
  await bed.pass(13 * MINUTE);
  await bed.attend('it is renewed', 20 * SECOND, async () =>
    (await bed.operations()).find(({ state }) => state === 'confirmed'),
  );
  expect(bed.requests()).toBe(1);
  await bed.expectSound();
});
