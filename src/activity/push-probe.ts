import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { ProbeReading } from '../fleet/activity.ts';
import type { Instance } from '../fleet/instance.ts';
import { parseInstanceKey } from '../fleet/instance.ts';
import type { Probe } from './probe.ts';

/** A report is believed for this long where the rule does not say. */
export const PUSH_STALE_AFTER_MS = 5 * 60_000;

/** A sender's clock may be a little ahead of ours. */
const CLOCK_SKEW_MS = 2 * 60_000;

/** Instances report by themselves (`POST /api/v1/activity`); there is nothing to go and read. */
export const pushProbe: Probe = {
  name: 'push',
  kind: 'push',
  read: (instance: Instance) =>
    Promise.reject(new Error(`${instance.id}: the push probe is never read; a bug of ours`)),
};

/** What an instance says of itself. The web room checks the shape at the door. */
export interface ActivityReport {
  readonly verdict: 'active' | 'idle';
  /** RFC 3339: when work was last seen, where the sender knows. */
  readonly lastActiveAt?: string | undefined;
  /** What was seen, for people: "gpu 0 %, cpu 1 %". */
  readonly evidence?: string | undefined;
}

/** A report as a reading. A last activity ahead of our clock by more than a little is not believed. */
export function readingOf(report: ActivityReport, now: number): ProbeReading {
  const told = report.lastActiveAt === undefined ? null : Date.parse(report.lastActiveAt);
  const impossible = told !== null && told > now + CLOCK_SKEW_MS;
  return {
    probe: pushProbe.name,
    at: now,
    verdict: impossible ? 'unknown' : report.verdict,
    reason: impossible ? 'bad-answer' : null,
    lastActiveAt: told === null || impossible ? null : Math.min(told, now),
    judges: 'work',
    evidence: report.evidence ?? `reported ${report.verdict}`,
  };
}

/**
 * Tokens that let one instance report its own activity and nothing else. Derived from the control token, so that all
 * replicas agree and none is stored; whoever changes the control token hands out new ones.
 */
export class ActivityTokens {
  readonly #key: Buffer;

  constructor(controlToken: string) {
    this.#key = Buffer.from(hkdfSync('sha256', controlToken, '', 'lamplighter activity token', 32));
  }

  /** The token of "account/id". @throws Error when the text is no instance key. */
  tokenFor(instance: string): string {
    if (parseInstanceKey(instance) === null) throw new Error(`"${instance}" is not an instance: write account/id`);
    return createHmac('sha256', this.#key).update(instance).digest('base64url');
  }

  /** In constant time. */
  accepts(instance: string, token: string): boolean {
    const given = Buffer.from(token);
    const wanted = Buffer.from(createHmac('sha256', this.#key).update(instance).digest('base64url'));
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }
}
