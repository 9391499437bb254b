import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { believeShrunken, judgeListing } from '../../src/decide/listing-guard.ts';
import type { IncompleteReason, Listing } from '../../src/fleet/snapshot.ts';
import { instance, MINUTE, NOON } from './kit.ts';

function listing(count: number, at: number, incomplete: IncompleteReason | null = null): Listing {
  const instances = Array.from({ length: count }, (_, index) => instance({ id: `gpu-${index}` }));
  return { startedAt: at, finishedAt: at + 500, instances, incomplete, serverTimeAt: null };
}

/** Whether each of the listings was held to be shrunken; the state goes through JSON as it does in the store. */
function story(counts: readonly (number | readonly [number, number])[], stepMs = MINUTE): boolean[] {
  let stored: unknown = null;
  let at = NOON;
  return counts.map((each) => {
    const [count, gap] = typeof each === 'number' ? [each, stepMs] : each;
    at += gap;
    const judged = judgeListing(null, listing(count, at), stored);
    stored = JSON.parse(JSON.stringify(judged.state));
    return judged.shrunken;
  });
}

describe('a listing that shrinks', () => {
  it.each([
    ['by two', [40, 38], [false, false]],
    ['by a fifth', [40, 32], [false, false]],
    ['by more than a fifth', [40, 31], [false, true]],
    ['by three of four, down to one', [4, 1], [false, true]],
    ['by two of three', [3, 1], [false, false]],
    ['to nothing', [1, 0], [false, true]],
    ['and grows', [40, 60], [false, false]],
    ['and comes back', [40, 20, 40, 39], [false, true, false, false]],
    ['and two more reads agree', [40, 25, 25, 25, 25], [false, true, true, false, false]],
    ['and the reads do not agree', [40, 31, 25, 25, 25], [false, true, true, true, false]],
    ['below half: only a person believes it', [40, 19, 19, 19, 19, 19], [false, true, true, true, true, true]],
    ['to nothing: only a person believes it', [40, 0, 0, 0, 0], [false, true, true, true, true]],
  ] as const)('%s', (_, counts, shrunken) => expect(story(counts)).toEqual(shrunken));

  it('is not believed by reads in quick succession', () => {
    expect(story([40, 25, [25, 1000], [25, 1000], [25, 1000]])).toEqual([false, true, true, true, true]);
    expect(story([40, 25, [25, 30_000], [25, 30_000], [25, MINUTE]])).toEqual([false, true, true, true, false]);
  });

  it('an incomplete one says nothing either way', () => {
    const first = judgeListing(null, listing(40, NOON), null);
    const broken = judgeListing(null, listing(3, NOON + MINUTE, 'page-failed'), first.state);
    expect(broken).toEqual({ shrunken: false, state: first.state });
    const shrunk = judgeListing(null, listing(20, NOON + MINUTE), first.state);
    expect(judgeListing(null, listing(40, NOON + 2 * MINUTE, 'bad-rows'), shrunk.state).shrunken).toBe(true);
  });

  it('a person makes believed', () => {
    const first = judgeListing(null, listing(40, NOON), null);
    const shrunk = judgeListing(null, listing(5, NOON + MINUTE), first.state);
    const believed = believeShrunken(shrunk.state);
    expect(judgeListing(null, listing(5, NOON + 2 * MINUTE), believed).shrunken).toBe(false);
  });

  it.each([
    null,
    undefined,
    'x',
    7,
    {},
    { baseline: 'x' },
    { baseline: 3, pending: 'x' },
    { baseline: 3, pending: {} },
  ])('what is stored may be anything: %j', (stored) => {
    expect(judgeListing(null, listing(3, NOON), stored).shrunken).toBe(false);
  });

  it('is never believed at once, whatever came before', () => {
    const counts = fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 2, maxLength: 12 });
    fc.assert(
      fc.property(counts, (all) => {
        const shrunken = story(all);
        let baseline = all[0] ?? 0;
        return all.every((count, index) => {
          const fell = (baseline - count > 2 && baseline - count > 0.2 * baseline) || (count === 0 && baseline > 0);
          const believedAtOnce = fell && shrunken[index] === false && !(shrunken[index - 1] && shrunken[index - 2]);
          if (shrunken[index] === false) baseline = count;
          return !believedAtOnce;
        });
      }),
    );
  });
});
