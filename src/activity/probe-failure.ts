import type { UnknownActivityReason } from '../fleet/activity.ts';
import type { Detail } from '../fleet/detail/detail.ts';
import { AddressRefused } from './address-guard.ts';
import type { Got } from './http-get.ts';
import { Unreadable } from './unreadable.ts';

/** Why a probe could not read what it went for: by a word of the closed list, and for people. */
export interface ProbeFailure {
  readonly reason: UnknownActivityReason;
  readonly detail: Detail;
}

/** Classifies what a look threw. The detail holds nothing that the other side sent. */
export function failureOf(error: unknown): ProbeFailure {
  if (error instanceof Unreadable) return { reason: error.reason, detail: error.detail };
  if (error instanceof AddressRefused) return { reason: 'address-refused', detail: error.detail };
  return { reason: 'unreachable', detail: { kind: 'not-reachable', code: codeOf(error) } };
}

/** Nobody listens there: the service is down, which says nothing about the machine. */
export function isRefused(error: unknown): boolean {
  return codeOf(error) === 'ECONNREFUSED';
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** A 200, or else the reading cannot be made. A redirect is as wrong as an error: it leads to a login page. */
export function mustBeOk(answer: Got, path: string): void {
  if (answer.status === 401 || answer.status === 403) {
    throw new Unreadable('unauthorised', { kind: 'token-refused', path, status: answer.status });
  }
  if (answer.status !== 200) throw new Unreadable('bad-answer', { kind: 'answered', path, status: answer.status });
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
