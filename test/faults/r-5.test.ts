import { expect, test } from 'vitest';
import { account, daily, type FaultBed, KEEP_PAID, MINUTE, SECOND, useFaultBeds } from './harness.ts';

const beds = useFaultBeds();

/** The second renewal, of which the answer to one transition is lost; with the first Redis has learned the scripts. */
async function loseAnswerTo(from: string, to: string): Promise<FaultBed> {
  const bed = await beds.prepare({
    accounts: [account('huixingyun', [daily('first', 11), daily('second', 13)])],
    policies: KEEP_PAID,
    proxyRedis: true,
  });
  await bed.spawnFaulty();
  await bed.attend('the first is renewed', 20 * SECOND, async () =>
    (await bed.operations()).some(({ state }) => state === 'confirmed'),
  );
  let isLost = false;
  const lost = bed.redisProxy.loseAnswerTo(
    (request) => request.includes(`\r\n${from}\r\n`) && request.includes(`\r\n${to}\r\n`),
  );
  void lost.then(() => {
    isLost = true;
  });
  // By one step, so that no time passes in the middle of a request.
  await bed.pass(65 * MINUTE);
  await bed.until('the answer is lost', () => isLost);
  const [second] = await bed.operations({ instance: 'hxy/second' });
  expect(second?.transitions.at(-1)).toMatchObject({ from, to });
  return bed;
}

for (const [from, to] of [
  ['armed', 'sending'],
  ['sending', 'accepted'],
] as const) {
  test(`R5: the answer to ${from} → ${to} is lost after Redis did it: it counts once, and one request leaves`, async () => {
    const bed = await loseAnswerTo(from, to);
    const done = await bed.attend('it is renewed', 20 * SECOND, async () =>
      (await bed.operations({ instance: 'hxy/second' })).find(({ state }) => state === 'confirmed'),
    );
    // Each transition has its number, without a gap and without a repetition.
    const numbers = (await bed.operations()).flatMap(({ transitions }) => transitions.map(({ seq }) => seq));
    expect(numbers.toSorted((a, b) => a - b)).toEqual(numbers.map((_, index) => index + 1));
    expect(done.transitions.map(({ to: state }) => state).filter((state) => state === to)).toHaveLength(1);
    expect(bed.requests('hxy/second')).toBe(1);
    expect(bed.receiver.told('operation.escalated')).toEqual([]);
    await bed.expectSound();
  });
}
