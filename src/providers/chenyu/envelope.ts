import {
  type Decoded,
  type JsonAnswer,
  type ReadDecoder,
  type Refusal,
  type SendDecoder,
  undocumented,
} from '../http/request.ts';
import type { CallOutcome } from '../port.ts';
import { wholeNumber } from './integer.ts';

/**
 * Both chenyu APIs wrap what they say, and say failures inside HTTP 200: v2 `{ code: integer, msg, data }`
 * (introduction), v1 `{ code: "text", msg, result }` (center-ai, 通用响应). Code 0 is success; the others known are below.
 * `msg` is for people only: its words vary from page to page and are never branched on.
 */
const SUCCESS = 0;
/** 未登录: the key was refused. */
const NOT_LOGGED_IN = 2;
/** 系统异常: nobody says whether the work was done. */
const SYSTEM_FAULT = -2;

export type PayloadKey = 'data' | 'result';

/** The two documented refusals, the same for every call. Any other code is for the call's own decoder to judge. */
export function documentedRefusal(answer: JsonAnswer): Refusal | null {
  const code = codeOf(answer.body);
  if (code === NOT_LOGGED_IN) return { kind: 'unauthorised', detail: describe(code, answer) };
  if (code === SYSTEM_FAULT) return { kind: 'uncertain', detail: describe(code, answer) };
  return null;
}

/** Decodes what a successful read carries. A code that no page documents is a refusal: nothing was to be done. */
export function readPayload<T>(
  key: PayloadKey,
  decode: (payload: unknown, answer: JsonAnswer) => Decoded<T>,
): ReadDecoder<T> {
  return (answer) => {
    const code = codeOf(answer.body);
    if (code === null || !isRecord(answer.body)) return undocumented('"code" is not a whole number');
    if (code !== SUCCESS) return { kind: 'failed', failure: 'rejected', detail: describe(code, answer) };
    return decode(answer.body[key], answer);
  };
}

/**
 * Judges the answer to a call that changes something. A code that no page documents refuses what may be repeated after
 * a look; for what buys or destroys it proves nothing.
 */
export function sendPayload(
  key: PayloadKey,
  undocumentedCode: 'rejected' | 'uncertain',
  decode: (payload: unknown) => CallOutcome,
): SendDecoder {
  return (answer) => {
    const code = codeOf(answer.body);
    if (code === null || !isRecord(answer.body)) {
      return { kind: 'uncertain', detail: 'the answer is not as documented: "code" is not a whole number' };
    }
    if (code !== SUCCESS) return { kind: undocumentedCode, detail: describe(code, answer) };
    return decode(answer.body[key]);
  };
}

function codeOf(body: unknown): number | null {
  return isRecord(body) ? wholeNumber(body.code) : null;
}

function describe(code: number, answer: JsonAnswer): string {
  const message = isRecord(answer.body) && typeof answer.body.msg === 'string' ? answer.quote(answer.body.msg) : '';
  return message === '' ? `code ${code}` : `code ${code}: ${message}`;
}

/** A JSON object (not an array, not null). */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
