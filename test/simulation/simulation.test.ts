import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { runSeeds } from './run-seeds.ts';
import { simulate } from './simulation.ts';

test('the same seed gives the same, to the last line of what happened', async () => {
  for (const seed of [1, 2, 3, 5, 8, 13, 21]) {
    const one = await simulate(seed, {}, true);
    const two = await simulate(seed, {}, true);
    expect(one.trace.length).toBeGreaterThan(50);
    expect(two.trace.join('\n')).toBe(one.trace.join('\n'));
    const other = await simulate(seed + 1, {}, true);
    expect(other.trace.join('\n')).not.toBe(one.trace.join('\n'));
  }
});

/** As many as fit into a few seconds; `npm run test:simulation` runs thousands. */
const SEEDS = availableParallelism() > 2 ? 500 : 300;

test('nothing is sent twice, nothing is lost, and no invariant is broken, whatever happens', async () => {
  const { sum, failures } = await runSeeds({ from: 1, count: SEEDS, step: 1 });
  expect(failures).toEqual([]);
  expect(sum).toMatchObject({ doubles: 0, lost: 0 });
  // It is no proof where nothing happens.
  expect(sum.kills).toBeGreaterThan(SEEDS);
  expect(sum.pauses).toBeGreaterThan(SEEDS);
  expect(sum.sends).toBeGreaterThan(SEEDS);
  expect(sum.escalated).toBeGreaterThan(SEEDS / 50);
});
