import { NO_DETAIL, verbatim } from '../../src/fleet/detail/detail.ts';
import type { Said, SaidKind } from '../../src/fleet/said.ts';

/** 2026-11-22 23:00 in Shanghai. */
export const AT = Date.UTC(2026, 10, 22, 15);
export const HOUR = 3_600_000;
export const ANNOUNCED: Said = {
  kind: 'announced',
  action: 'cardless-stop',
  deadlineAt: AT,
  idleSinceAt: AT - HOUR,
  probes: verbatim('jupyter: 0 busy'),
  yuanPerHour: '1.98',
  aftermath: { kind: 'aftermath', provider: 'huixingyun', action: 'cardless-stop' },
};

/** One of everything that is said; the compiler sees that none is missing. */
export const SAMPLES: { readonly [K in SaidKind]: Extract<Said, { kind: K }> } = {
  announced: ANNOUNCED,
  'notice-off': { kind: 'notice-off', action: 'stop', why: 'hold', detail: NO_DETAIL },
  'balance-low': {
    kind: 'balance-low',
    own: null,
    yuan: '149.97',
    belowYuan: '200.00',
    runway: '3d',
    runwayBelow: '7d',
  },
  'balance-recovered': { kind: 'balance-recovered' },
  'expiry-soon': { kind: 'expiry-soon', own: null, expiresAt: AT },
  stuck: { kind: 'stuck', own: null, status: 'starting', sinceAt: AT },
  'policy-notice': { kind: 'policy-notice', own: '开学前检查 dev-01' },
  lapsed: { kind: 'lapsed', detail: verbatim('it expired') },
  unpaid: { kind: 'unpaid', detail: verbatim('the limit is reached') },
  'restarted-soon': {
    kind: 'restarted-soon',
    restarts: 2,
    stoppedAt: AT - HOUR,
    startedAt: AT,
    aloneFor: '1h',
  },
  'unclear-payment': { kind: 'unclear-payment', action: 'renew', expiresAt: AT },
  blind: {
    kind: 'blind',
    count: 2,
    named: [verbatim('dev-01 (hxy/a): stale'), verbatim('dev-02 (hxy/b): stale')],
    yuanPerHour: '3.96',
  },
  'busy-for-nothing': { kind: 'busy-for-nothing', detail: verbatim('busy for 9h'), yuanPerHour: '1.98' },
  frozen: { kind: 'frozen', classes: ['paid', 'destructive'], reason: 'excess', detail: verbatim('x') },
  unfrozen: { kind: 'unfrozen', classes: ['paid', 'destructive'] },
  breaker: { kind: 'breaker', limit: 2 },
  'breaker-closed': { kind: 'breaker-closed' },
  'foreign-listing': { kind: 'foreign-listing', known: 10, listed: 4 },
  'shrunken-listing': { kind: 'shrunken-listing', before: 100, now: 3 },
  'listing-recovered': { kind: 'listing-recovered', listed: 100 },
  unreachable: { kind: 'unreachable', detail: verbatim('401') },
  reachable: { kind: 'reachable' },
  outcome: {
    kind: 'outcome',
    outcome: 'escalated',
    action: 'renew',
    reason: 'not-seen',
    detail: NO_DETAIL,
    by: 'person wang',
    operation: 'op-1',
  },
  'operation-closed': {
    kind: 'operation-closed',
    action: 'renew',
    operation: 'op-1',
    detail: verbatim('done by hand'),
  },
  'reload-held': { kind: 'reload-held', things: 2, example: 'stop of dev-01', acknowledge: 'abcd1234' },
  'reach-widened': { kind: 'reach-widened', things: 12, before: 20, example: 'stop hxy/gpu-1' },
  invalid: { kind: 'invalid', errors: 2, first: 'policies/a.yaml:3:4 unknown key' },
  valid: { kind: 'valid', policies: 12 },
};
