import fc from 'fast-check';
import { describe, it } from 'vitest';
import {
  checkAfter,
  checkAfterFailure,
  isWantedState,
  type Reading,
  type Verdict,
  verify,
} from '../../src/decide/verdict.ts';
import type { ActionCall } from '../../src/fleet/action-call.ts';
import { type Detail, NO_DETAIL } from '../../src/fleet/detail/detail.ts';
import type { Instance } from '../../src/fleet/instance.ts';
import type { Operation } from '../../src/fleet/operation.ts';
import { expect } from '../support/in-words.ts';
import { DAY, HOUR, instance, MINUTE, NOON } from './kit.ts';
import { operation } from './operation-kit.ts';

const BASE = { billing: 'daily', expiresAt: NOON + DAY } as const;

function look(
  call: ActionCall,
  row: Partial<Instance> | null,
  rest: { after?: number; op?: Partial<Operation>; reading?: Partial<Reading> } = {},
): Verdict {
  const now = NOON + (rest.after ?? MINUTE);
  const reading: Reading = {
    instance: row === null ? null : instance({ ...BASE, ...row }),
    readStartedAt: now - 100,
    complete: true,
    ...rest.reading,
  };
  const op = operation(call, rest.op);
  if (op.checks === 0 || op.transitions.length > 0) return verify(op, reading, now);
  // Looks before this one have told what this one tells.
  const first = verify({ ...op, transitions: [] }, reading, now);
  return verify({ ...op, transitions: looksThatTold(first.detail, op.checks) }, reading, now);
}

function looksThatTold(detail: Detail, count: number, at = NOON + 40_000): Operation['transitions'] {
  const one = {
    seq: 9,
    at,
    from: 'verifying',
    to: 'verifying',
    reason: 'verifying',
    detail,
    by: 'lamplighter',
  } as const;
  return Array.from({ length: count }, () => one);
}
const told = (verdict: Verdict) => ('reason' in verdict ? `${verdict.kind}: ${verdict.reason}` : verdict.kind);

const renewDay: ActionCall = { kind: 'renew', unit: 'daily', periods: 1 };
const renewMonth: ActionCall = { kind: 'renew', unit: 'monthly', periods: 1 };
const LATE = { after: 16 * MINUTE, op: { checks: 5 } };

describe('any verdict', () => {
  it('rests on complete reads that began after the request', () => {
    const moved = { expiresAt: NOON + 2 * DAY };
    expect(told(look(renewDay, moved))).toBe('confirmed: seen');
    expect(told(look(renewDay, moved, { reading: { readStartedAt: NOON - 1 } }))).toBe('waiting');
    expect(told(look(renewDay, moved, { reading: { readStartedAt: NOON } }))).toBe('confirmed: seen');
    expect(told(look(renewDay, moved, { reading: { readStartedAt: Number.NaN } }))).toBe('waiting');
    expect(told(look(renewDay, moved, { reading: { complete: false } }))).toBe('waiting');
    expect(told(look(renewDay, moved, { op: { sendingAt: null } }))).toBe('waiting');
  });

  it('of an escalated operation is late', () => {
    expect(told(look(renewDay, { expiresAt: NOON + 2 * DAY }, { after: DAY, op: { state: 'escalated' } }))).toBe(
      'confirmed: seen-late',
    );
  });
});

describe('a renewal', () => {
  const by = (ms: number, call: ActionCall = renewDay) => told(look(call, { expiresAt: NOON + DAY + ms }, LATE));
  it.each([
    [0, 'escalate: not-seen'],
    [30_000, 'escalate: not-seen'],
    [DAY, 'confirmed: seen'],
    [DAY - 72 * MINUTE, 'confirmed: seen'],
    [DAY + 72 * MINUTE, 'confirmed: seen'],
    [DAY - 73 * MINUTE, 'escalate: odd-change'],
    [DAY + 73 * MINUTE, 'escalate: odd-change'],
    [HOUR, 'escalate: odd-change'],
    [-HOUR, 'escalate: odd-change'],
    [1.5 * DAY, 'confirmed: excess'],
    [2 * DAY, 'confirmed: excess'],
  ])('by a day, moved by %d ms: %s', (ms, verdict) => expect(by(ms)).toBe(verdict));

  it.each([
    [27, 'escalate: odd-change'],
    [28, 'confirmed: seen'],
    [30, 'confirmed: seen'],
    [31, 'confirmed: seen'],
    [32, 'escalate: odd-change'],
    [60, 'confirmed: excess'],
  ])('by a month, moved by %d days: %s', (days, verdict) => expect(by(days * DAY, renewMonth)).toBe(verdict));

  it('by months: each of 28 to 31 days', () => {
    fc.assert(
      fc.property(fc.constantFrom(1, 3, 12), fc.double({ min: 28, max: 31, noNaN: true }), (periods, days) => {
        const call = { kind: 'renew', unit: 'monthly', periods } as const;
        return by(periods * days * DAY, call) === 'confirmed: seen';
      }),
    );
  });

  it('that shows nothing is waited for, then a person is asked', () => {
    const at = (after: number, checks: number) => told(look(renewDay, {}, { after, op: { checks } }));
    expect(at(15 * MINUTE, 5)).toBe('waiting');
    expect(at(15 * MINUTE + 32_000, 5)).toBe('escalate: not-seen');
    // Three looks have to agree.
    expect(at(HOUR, 1)).toBe('waiting');
    expect(at(HOUR, 2)).toBe('escalate: not-seen');
    // A read that began while the request could still be under way is no absence.
    const early = look(renewDay, {}, { after: HOUR, op: { checks: 9 }, reading: { readStartedAt: NOON + 31_000 } });
    expect(told(early)).toBe('waiting');
  });

  it('is absent only by three looks in a row that tell the same and began when it could be seen', () => {
    const still: Detail = { kind: 'expiry-unmoved' };
    const seen = (transitions: Operation['transitions']) =>
      told(look(renewDay, {}, { after: HOUR, op: { transitions } }));
    expect(seen(looksThatTold(still, 2))).toBe('escalate: not-seen');
    expect(seen(looksThatTold(still, 2, NOON + 20_000))).toBe('waiting');
    expect(seen([...looksThatTold(still, 5), ...looksThatTold({ kind: 'expiry-unreadable' }, 1)])).toBe('waiting');
  });

  it('is waited for as long as such a thing was seen to take there', () => {
    const at = (after: number) =>
      told(look(renewDay, {}, { after, op: { checks: 5 }, reading: { settleMs: 40 * MINUTE } }));
    expect(at(30 * MINUTE)).toBe('waiting');
    expect(at(41 * MINUTE)).toBe('escalate: not-seen');
    // Never shorter than without.
    const hasty = { after: 10 * MINUTE, op: { checks: 5 }, reading: { settleMs: 1_000 } };
    expect(told(look(renewDay, {}, hasty))).toBe('waiting');
  });

  it('that the cloud had accepted says so where it is not seen', () => {
    const accepted = { at: NOON + 1_000, from: 'sending', to: 'accepted', reason: 'accepted' } as const;
    const transitions = [
      { ...accepted, seq: 3, detail: NO_DETAIL, by: 'lamplighter' },
      ...looksThatTold({ kind: 'expiry-unmoved' }, 2),
    ];
    expect(look(renewDay, {}, { after: HOUR, op: { transitions } }).detail).toContain('the cloud had said yes');
    expect(look(renewDay, {}, LATE).detail).not.toContain('had said yes');
  });

  it('of which the expiry cannot be read is not confirmed', () => {
    expect(told(look(renewDay, { expiresAt: null }))).toBe('waiting');
    expect(told(look(renewDay, { expiresAt: null }, LATE))).toBe('escalate: not-seen');
  });
});

const CASES: readonly (readonly [string, ActionCall, Partial<Instance> | null, Parameters<typeof look>[2], string])[] =
  [
    ['stopped', { kind: 'stop' }, { status: 'stopped' }, {}, 'confirmed: seen'],
    ['stopping', { kind: 'stop' }, { status: 'stopping' }, {}, 'waiting'],
    ['still running', { kind: 'stop' }, {}, {}, 'waiting'],
    ['still running, late', { kind: 'stop' }, {}, { after: 11 * MINUTE, op: { checks: 3 } }, 'escalate: not-seen'],
    [
      'unknown, late',
      { kind: 'stop' },
      { status: 'unknown' },
      { after: 11 * MINUTE, op: { checks: 3 } },
      'escalate: not-seen',
    ],
    ['stopped and started again', { kind: 'stop' }, { startedAt: NOON + 1000 }, {}, 'confirmed: seen'],
    [
      'a timed stop is not due',
      { kind: 'stop' },
      {},
      { after: 11 * MINUTE, op: { checks: 3, effectiveAt: NOON + 5 * MINUTE } },
      'waiting',
    ],
    ['destroyed', { kind: 'stop' }, { status: 'destroyed' }, {}, 'escalate: gone'],
    ['gone from one answer', { kind: 'stop' }, null, {}, 'waiting'],
    ['gone from three', { kind: 'stop' }, null, { op: { checks: 2 } }, 'escalate: gone'],
    ['another machine', { kind: 'stop' }, { createdAt: NOON }, {}, 'escalate: gone'],
    ['cardless', { kind: 'cardless-stop' }, { status: 'stopped' }, {}, 'confirmed: seen'],
    ['running', { kind: 'start', stopMode: 'normal' }, {}, {}, 'confirmed: seen'],
    ['starting', { kind: 'start', stopMode: 'normal' }, { status: 'starting' }, {}, 'waiting'],
    ['not yet starting', { kind: 'start', stopMode: 'normal' }, { status: 'stopped' }, {}, 'waiting'],
    [
      'never starting',
      { kind: 'start', stopMode: 'normal' },
      { status: 'stopped' },
      { after: 11 * MINUTE, op: { checks: 3 } },
      'escalate: not-seen',
    ],
    ['restarted', { kind: 'restart' }, { startedAt: NOON + 1000 }, {}, 'confirmed: seen'],
    ['restarting', { kind: 'restart' }, { status: 'restarting' }, {}, 'waiting'],
    ['not restarted', { kind: 'restart' }, {}, { after: 11 * MINUTE, op: { checks: 3 } }, 'escalate: not-seen'],
    [
      'accepted, start times not shown',
      { kind: 'restart' },
      { startedAt: null },
      { after: 2 * MINUTE, op: { state: 'accepted' } },
      'confirmed: seen',
    ],
    ['uncertain, start times not shown', { kind: 'restart' }, { startedAt: null }, { after: 2 * MINUTE }, 'waiting'],
    ['saved', { kind: 'snapshot', name: 'x' }, {}, { reading: { savedImage: 'saved' } }, 'confirmed: seen'],
    [
      'saving',
      { kind: 'snapshot', name: 'x' },
      {},
      { after: HOUR, op: { checks: 9 }, reading: { savedImage: 'saving' } },
      'waiting',
    ],
    [
      'saving, as the row says',
      { kind: 'snapshot', name: 'x' },
      { savingImage: true },
      { after: HOUR, op: { checks: 9 }, reading: { savedImage: 'absent' } },
      'waiting',
    ],
    ['not saved', { kind: 'snapshot', name: 'x' }, {}, { reading: { savedImage: 'failed' } }, 'failed'],
    [
      'no such image',
      { kind: 'snapshot', name: 'x' },
      {},
      { ...LATE, reading: { savedImage: 'absent' } },
      'escalate: not-seen',
    ],
    ['image not asked about', { kind: 'snapshot', name: 'x' }, {}, LATE, 'waiting'],
    ['lengthened', { kind: 'lengthen', to: 'monthly' }, { billing: 'monthly' }, {}, 'confirmed: seen'],
    ['not lengthened', { kind: 'lengthen', to: 'monthly' }, {}, LATE, 'escalate: not-seen'],
    ['billed otherwise', { kind: 'lengthen', to: 'monthly' }, { billing: 'hourly' }, {}, 'escalate: odd-change'],
    ['billing not readable', { kind: 'lengthen', to: 'monthly' }, { billing: 'unknown' }, {}, 'waiting'],
    ['destroyed, as listed', { kind: 'destroy' }, { status: 'destroyed' }, {}, 'confirmed: seen'],
    ['absent once', { kind: 'destroy' }, null, {}, 'waiting'],
    ['absent twice', { kind: 'destroy' }, null, { op: { checks: 1 } }, 'confirmed: seen'],
    [
      'absent once, after it was seen several times',
      { kind: 'destroy' },
      null,
      { op: { transitions: looksThatTold({ kind: 'still-listed' }, 3) } },
      'waiting',
    ],
    ['another machine has its id', { kind: 'destroy' }, { createdAt: NOON }, {}, 'confirmed: seen'],
    ['still there', { kind: 'destroy' }, { status: 'stopped' }, LATE, 'escalate: not-seen'],
    ['rebuilt', { kind: 'rebuild', imageId: 'new' }, { imageId: 'new' }, {}, 'confirmed: seen'],
    ['rebuilding', { kind: 'rebuild', imageId: 'new' }, { imageId: 'new', status: 'creating' }, {}, 'waiting'],
    ['another image', { kind: 'rebuild', imageId: 'new' }, { imageId: 'odd' }, {}, 'escalate: odd-change'],
    ['ordered', { kind: 'create', order: {} }, { createdAt: NOON }, {}, 'confirmed: seen'],
    ['not there yet', { kind: 'create', order: {} }, null, {}, 'waiting'],
    ['never there', { kind: 'create', order: {} }, null, LATE, 'escalate: not-seen'],
    [
      'timer set',
      { kind: 'shutdown-timer', at: NOON + HOUR },
      { shutdownTimerAt: NOON + HOUR - MINUTE },
      {},
      'confirmed: seen',
    ],
    ['timer off', { kind: 'shutdown-timer', at: null }, { shutdownTimerAt: null }, {}, 'confirmed: seen'],
    ['timer still set', { kind: 'shutdown-timer', at: null }, { shutdownTimerAt: NOON + HOUR }, {}, 'waiting'],
    [
      'a cloud without shown timers',
      { kind: 'shutdown-timer', at: NOON + HOUR },
      { provider: 'chenyu-v1' },
      { op: { state: 'accepted' } },
      'confirmed: seen',
    ],
  ];

describe('other actions', () => {
  it.each(CASES)('%s', (_, call, row, rest, verdict) => expect(told(look(call, row, rest))).toBe(verdict));

  it('a start that falls back to stopped has failed', () => {
    const call = { kind: 'start', stopMode: 'normal' } as const;
    const first = look(call, { status: 'starting' });
    expect(first.kind).toBe('waiting');
    const seenStarting = {
      transitions: [
        {
          seq: 1,
          at: NOON,
          from: 'accepted',
          to: 'verifying',
          reason: 'verifying',
          detail: first.detail,
          by: 'lamplighter',
        },
      ],
    } as const;
    expect(told(look(call, { status: 'stopped' }, { op: seenStarting }))).toBe('failed');
    // A look that was overtaken by the one that saw it starting says nothing of its failing.
    const overtaken = { op: seenStarting, reading: { readStartedAt: NOON } };
    expect(told(look(call, { status: 'stopped' }, overtaken))).toBe('waiting');
  });

  it('never confirm what was not asked for, whatever the read', () => {
    const statuses = ['creating', 'starting', 'running', 'stopping', 'restarting', 'unknown'] as const;
    fc.assert(
      fc.property(
        fc.constantFrom(...statuses),
        fc.integer({ min: 0, max: DAY }),
        fc.nat(9),
        (status, after, checks) => {
          const verdict = look({ kind: 'stop' }, { status }, { after, op: { checks } });
          return verdict.kind === 'waiting' || verdict.kind === 'escalate';
        },
      ),
    );
  });
});

describe('the next look', () => {
  it('is early, then patient', () => {
    const seconds = (call: ActionCall, checks: number) => (checkAfter(operation(call, { checks }), NOON) - NOON) / 1000;
    expect([0, 1, 2, 3, 4, 5].map((checks) => seconds(renewDay, checks))).toEqual([20, 60, 120, 300, 600, 900]);
    expect([0, 1, 2, 3, 4].map((checks) => seconds({ kind: 'stop' }, checks))).toEqual([5, 10, 20, 40, 60]);
    expect(seconds(renewDay, 6)).toBe(300);
    expect(seconds({ kind: 'start', stopMode: 'unknown' }, 9)).toBe(60);
  });

  it('after a look that failed is the next of the list that has not passed, so that nobody is asked in a loop', () => {
    const waits = (call: ActionCall, seconds: number) => {
      const now = NOON + seconds * 1000;
      return (checkAfterFailure(operation(call), now) - now) / 1000;
    };
    expect([0, 20, 59.5, 400, 899, 900, 90_000].map((seconds) => waits(renewDay, seconds))).toEqual([
      20, 40, 1, 200, 1, 300, 300,
    ]);
    expect([0, 7, 60, 5_000].map((seconds) => waits({ kind: 'stop' }, seconds))).toEqual([5, 3, 60, 60]);
    expect(checkAfterFailure(operation(renewDay, { sendingAt: null }), NOON)).toBe(NOON + 20_000);
  });

  it('is never in the past', () => {
    expect(checkAfter(operation(renewDay), NOON + DAY)).toBe(NOON + DAY + 1000);
    expect(checkAfter(operation(renewDay, { sendingAt: null }), NOON)).toBe(NOON + 20_000);
  });
});

describe('what is so already', () => {
  it.each([
    [{ kind: 'stop' }, { status: 'stopped' }, true],
    [{ kind: 'stop' }, { status: 'stopping' }, true],
    [{ kind: 'stop' }, { status: 'running' }, false],
    [{ kind: 'start', stopMode: 'normal' }, { status: 'running' }, true],
    [{ kind: 'restart' }, { status: 'running' }, false],
    [{ kind: 'lengthen', to: 'monthly' }, { billing: 'monthly' }, true],
    [{ kind: 'destroy' }, { status: 'destroyed' }, true],
    [{ kind: 'shutdown-timer', at: NOON }, { shutdownTimerAt: NOON }, true],
    [{ kind: 'shutdown-timer', at: null }, { shutdownTimerAt: null }, false],
    [renewDay, {}, false],
  ] as const)('%j of %j: %s', (call, row, wanted) => {
    expect(isWantedState({ call }, instance(row))).toBe(wanted);
  });
});
