import { type Answer, ok } from './answer.ts';
import { type Outcome, REFUSALS, type Refusal } from './outcome.ts';

/**
 * chenyu's codes. Only 0, 2 (not logged in) and -2 (system fault) are documented; the numbers of refusals are invented, and
 * a client must treat any other number as a refusal all the same.
 */
const CODES = {
  'bad-argument': 1,
  'not-found': 4,
  'wrong-status': 5,
  'wrong-stop-mode': 5,
  'wrong-billing': 5,
  saving: 5,
  expired: 5,
  'no-balance': 6,
  'no-stock': 7,
  'duplicate-name': 8,
} as const satisfies Record<Refusal, number>;

/** How one of chenyu's two APIs writes its envelope: v2 `code` integer and `data`, v1 `code` text and `result`. */
export interface Envelope {
  readonly code: (code: number) => number | string;
  readonly key: 'data' | 'result';
}

export const V2_ENVELOPE: Envelope = { code: (code) => code, key: 'data' };
export const V1_ENVELOPE: Envelope = { code: (code) => String(code), key: 'result' };

export function data(envelope: Envelope, value: unknown): Answer {
  return ok({ code: envelope.code(0), msg: 'success', [envelope.key]: value });
}

/** v1's table calls `result` required even where nothing is documented in it; v2's actions answer `code` and `msg` only. */
export function done(envelope: Envelope, msg: string): Answer {
  return ok({ code: envelope.code(0), msg, ...(envelope.key === 'result' ? { result: {} } : {}) });
}

export function refused(envelope: Envelope, why: Refusal, detail?: string): Answer {
  const msg = detail === undefined ? REFUSALS[why] : `${REFUSALS[why]}: ${detail}`;
  return ok({ code: envelope.code(CODES[why]), msg, ...(envelope.key === 'result' ? { result: {} } : {}) });
}

/** An action's outcome as an answer. */
export function told(envelope: Envelope, outcome: Outcome, msg: string): Answer {
  return outcome === null ? done(envelope, msg) : refused(envelope, outcome);
}

/** -2 系统异常: documented, and silent about whether the request took effect. */
export function systemFault(envelope: Envelope): Answer {
  return ok({ code: envelope.code(-2), msg: '系统异常', ...(envelope.key === 'result' ? { result: {} } : {}) });
}

/** 2 未登录, inside an HTTP 200. */
export function notLoggedIn(envelope: Envelope): Answer {
  return ok({ code: envelope.code(2), msg: '未登录', ...(envelope.key === 'result' ? { result: {} } : {}) });
}
