import { createHash } from 'node:crypto';
import type { ActionClass } from '../../fleet/action.ts';
import { assertNever } from '../../fleet/assert-never.ts';
import type { ReadFailure } from '../port.ts';
import { errorCode } from './secrets.ts';
import { OVERSIZE_CODE, type WireAnswer } from './transport.ts';

/**
 * The one place that says what a failure means. Two questions, because a read may be asked again and a send may not:
 * a send counts as not done only where that is proven, everything that is not proven is `uncertain`.
 */

/** Failures before a connection stands: no byte of the request can have left. */
const NOT_CONNECTED: ReadonlySet<string> = new Set([
  'LAMPLIGHTER_CLOSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'HOSTNAME_MISMATCH',
  'EPROTO',
]);

const TLS_CODE = /^(?:CERT_|ERR_TLS_|ERR_SSL_)/;

/** A read that got no answer. One that is too large will be so again, and costs memory each time. */
export function failedRead(error: unknown): 'not-sent' | 'uncertain' | 'protocol' {
  const code = errorCode(error);
  if (code === OVERSIZE_CODE) return 'protocol';
  return code !== null && (NOT_CONNECTED.has(code) || TLS_CODE.test(code)) ? 'not-sent' : 'uncertain';
}

/** What an HTTP status says before the body is looked at. */
export type StatusClass = 'success' | 'unauthorised' | 'throttled' | 'redirect' | 'refused' | 'broken';

export function statusClass(status: number): StatusClass {
  if (status >= 200 && status < 300) return 'success';
  if (status >= 300 && status < 400) return 'redirect';
  if (status === 401 || status === 403) return 'unauthorised';
  if (status === 429) return 'throttled';
  // A gateway's time-out is told as 408, too: it says nothing about the server behind.
  if (status === 408 || status < 200 || status >= 500) return 'broken';
  return 'refused';
}

/** A read that was answered with another status than success and without the vendor's documented refusal. */
export function refusedRead(status: Exclude<StatusClass, 'success'>): ReadFailure {
  switch (status) {
    case 'unauthorised':
      return 'unauthorised';
    case 'throttled':
      return 'throttled';
    case 'redirect':
      return 'protocol';
    case 'refused':
      return 'rejected';
    case 'broken':
      return 'uncertain';
    default:
      return assertNever(status);
  }
}

/**
 * A send that was answered with another status than success and without the vendor's documented refusal. What costs money
 * or destroys believes no status alone, since a gateway may answer for a server that did the work; of what can be
 * repeated after a look, the plain words of 401, 403 and 429 are believed.
 */
export function refusedSend(
  status: Exclude<StatusClass, 'success'>,
  actionClass: ActionClass,
): 'unauthorised' | 'throttled' | 'uncertain' {
  if (actionClass !== 'reversible') return 'uncertain';
  return status === 'unauthorised' || status === 'throttled' ? status : 'uncertain';
}

/** Is it worth asking again at once? A refusal and a wrong shape do not get better by repeating. */
export function worthRetrying(failure: ReadFailure): boolean {
  switch (failure) {
    case 'not-sent':
    case 'uncertain':
    case 'throttled':
      return true;
    case 'rejected':
    case 'unauthorised':
    case 'protocol':
      return false;
    default:
      return assertNever(failure);
  }
}

const KNOWN_TYPES = ['application/json', 'text/html', 'text/plain'] as const;

/** What may be told about an answer: nothing that the other side could have put into it, but a digest to compare with. */
export function describeAnswer(answer: WireAnswer): string {
  const digest = createHash('sha256').update(answer.body).digest('hex').slice(0, 12);
  const type = KNOWN_TYPES.find((known) => answer.contentType.startsWith(known)) ?? 'another content type';
  return `HTTP ${answer.status}, ${type}, ${answer.body.length} bytes, sha256 ${digest}`;
}
