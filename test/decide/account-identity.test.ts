import { describe, it } from 'vitest';
import { ANY_ACCOUNT, judgeIdentity, strangeness } from '../../src/decide/account-identity.ts';
import type { Listing, Snapshot, Tracked } from '../../src/fleet/snapshot.ts';
import { expect } from '../support/in-words.ts';
import { instance, NOON } from './kit.ts';

interface Row {
  readonly id: string;
  readonly createdAt?: number | null;
}

function tracked(row: Row): Tracked {
  return {
    instance: instance({ createdAt: NOON, ...row }),
    firstSeenAt: NOON,
    statusSince: NOON,
    upSince: null,
    personStartAt: null,
    stopMode: null,
    stoppedBy: null,
  };
}

function known(rows: readonly Row[]): Snapshot {
  return {
    account: 'hxy',
    provider: 'huixingyun',
    takenAt: NOON,
    finishedAt: NOON,
    generation: 1,
    complete: true,
    incomplete: null,
    shrunken: false,
    instances: rows.map(tracked),
    balance: null,
  };
}

function listing(rows: readonly Row[], incomplete: Listing['incomplete'] = null): Listing {
  const instances = rows.map((row) => instance({ createdAt: NOON, ...row }));
  return { startedAt: NOON, finishedAt: NOON, instances, incomplete, serverTimeAt: null };
}

const rows = (...ids: readonly string[]) => ids.map((id) => ({ id }));
const OURS = { identity: { mark: 'old', foreign: null } };

describe('a listing is another account’s', () => {
  it.each([
    ['with another token and nothing that was known', rows('a'), rows('x'), 'new', true],
    ['with another token and nothing at all', rows('a'), [], 'new', true],
    ['with the same token where three or more were known', rows('a', 'b', 'c'), rows('x'), 'old', true],
    ['not with one that was known', rows('a', 'b', 'c'), rows('x', 'y', 'c'), 'new', false],
    ['not with the same token and few', rows('a', 'b'), rows('x'), 'old', false],
    ['not with the same token and nothing: that is shrinking', rows('a', 'b', 'c'), [], 'old', false],
    ['not where nothing was known', [], rows('x'), 'new', false],
  ] as const)('%s', (_, before, now, mark, foreign) => {
    expect(judgeIdentity(known(before), listing(now), OURS, mark).isForeign).toBe(foreign);
  });

  it('also where an id is known, but of a machine made at another time', () => {
    const now = listing([{ id: 'a', createdAt: NOON + 1 }]);
    expect(judgeIdentity(known(rows('a')), now, OURS, 'new').isForeign).toBe(true);
    expect(judgeIdentity(known(rows('a')), listing([{ id: 'a', createdAt: null }]), OURS, 'new').isForeign).toBe(false);
  });

  it('is not said of the first token ever, of what cannot be read, and after a person has looked', () => {
    for (const stored of [null, undefined, 7, {}, { identity: 'x' }, { identity: { mark: 3, foreign: 'y' } }]) {
      expect(judgeIdentity(known(rows('a')), listing(rows('x')), stored, 'new').isForeign, JSON.stringify(stored)).toBe(
        false,
      );
    }
    const judged = judgeIdentity(known(rows('a')), listing(rows('x')), { identity: ANY_ACCOUNT }, 'new');
    expect(judged).toEqual({ isForeign: false, identity: { mark: 'new', foreign: null } });
  });
});

describe('what may be done with a token', () => {
  const why = (stored: unknown, mark: string) => strangeness('hxy', stored, mark);

  it('is nothing until its first listing has been compared, and nothing while that was another account’s', () => {
    expect(why(null, 'new')).toBeNull();
    expect(why(OURS, 'old')).toBeNull();
    expect(why(OURS, 'new')).toMatch(/was changed, and no listing has shown/);
    const judged = judgeIdentity(known(rows('a')), listing(rows('x')), OURS, 'new');
    expect(why(judged, 'new')).toMatch(/seems to be another account’s/);
    // The old one is what it always was.
    expect(why(judged, 'old')).toBeNull();
  });

  it('is nothing new by a listing in part that shows nobody who is known', () => {
    const judged = judgeIdentity(known(rows('a')), listing(rows('x'), 'page-failed'), OURS, 'new');
    expect(judged.isForeign).toBe(true);
    expect(why(judged, 'new')).toMatch(/was changed/);
    expect(judgeIdentity(known(rows('a')), listing(rows('a'), 'page-failed'), judged, 'new')).toEqual({
      isForeign: false,
      identity: { mark: 'new', foreign: null },
    });
  });
});
