import { expect, test } from 'vitest';
import { MISTAKES } from './mistakes.ts';
import { simulate } from './simulation.ts';

/** Each is found within so many seeds, most within ten. */
const MOST_SEEDS = 150;

for (const { name, variant } of MISTAKES) {
  test(`found: ${name}`, async () => {
    let found: string | null = null;
    for (let seed = 1; seed <= MOST_SEEDS && found === null; seed += 1) {
      const { breach } = await simulate(seed, variant);
      if (breach !== null) found = breach.invariant;
    }
    expect(found).not.toBeNull();
    expect(variant.only).toContain(found);
  });

  test(`and the same weather without it breaks nothing: ${name}`, async () => {
    const { decorate: _decorate, epoch: _epoch, only: _only, ...calm } = variant;
    for (let seed = 1; seed <= 8; seed += 1) {
      expect((await simulate(seed, calm)).breach).toBeNull();
    }
  });
}
