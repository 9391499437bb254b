import { assertNever } from '../fleet/assert-never.ts';
import type { Calendars } from './compile-calendars.ts';
import type { CompileOptions, Draft } from './draft.ts';
import { fingerprint } from './fingerprint.ts';
import { scopeOf } from './own-rules.ts';
import type { Condition, Policy } from './policy.ts';

/** Long enough to load data after a boot, so that "just started" is not taken for idle. */
const DEFAULT_MINIMUM_UPTIME_MS = 30 * 60_000;

/** A restart or a short outage must not lose a tick; much later the reason for its time of day may have passed. */
export const DEFAULT_CATCH_UP_MS = 15 * 60_000;

/** What is destroyed cannot be brought back: a day to object, unless the policy says otherwise. */
export const DESTROY_NOTICE_MS = 24 * 3_600_000;

/** Fills in the defaults of a checked draft. */
export function toPolicy(draft: Draft, options: CompileOptions, calendars: Calendars): Policy {
  const { text, subject } = draft;
  const minimumUptimeMs = text.when.idleFor === undefined ? 0 : (text.minimumUptime ?? DEFAULT_MINIMUM_UPTIME_MS);
  const destroys = draft.steps.some((step) => step.kind === 'destroy');
  const { perPass = null, perHour = null, percent = null } = text.limits ?? {};
  const policy = {
    name: text.name,
    enabled: text.enabled ?? true,
    mode: text.mode ?? options.mode,
    steps: draft.steps,
    afterwards: text.afterwards ?? null,
    noticeMs: text.notice ?? (destroys ? DESTROY_NOTICE_MS : 0),
    requireNotice: text.requireNotice ?? destroys,
    minimumUptimeMs,
    cooldownMs: text.cooldown ?? 0,
    catchUpMs: text.catchUp ?? DEFAULT_CATCH_UP_MS,
    limits: text.limits === undefined ? null : { perPass, perHour, percent },
    timezone: text.when.timezone ?? text.timezone ?? options.timezone,
  };
  const conditions = draft.conditions.map((condition) => meaning(condition, calendars));
  return {
    ...policy,
    description: text.description ?? '',
    match: draft.match,
    conditions: draft.conditions,
    scope: scopeOf(draft),
    place: { file: subject.document.file, ...subject.document.place([...subject.path, 'name']) },
    hash: fingerprint({ ...policy, match: sorted(text.match ?? 'all'), conditions }),
  };
}

/** What a condition says, as plain data: of a window its text and whatever the text refers to. */
function meaning(condition: Condition, calendars: Calendars): unknown {
  switch (condition.kind) {
    case 'during': {
      const { window, text } = condition;
      const used = window.calendars.map(({ name }) => [name, calendars.hash(name)]);
      return { kind: 'during', text: text.trim(), zones: window.specs.map(({ zone }) => zone.name), used };
    }
    case 'cron':
      return { kind: 'cron', pattern: condition.ticks.pattern, timezone: condition.timezone };
    case 'statusFor':
      return { ...condition, status: sorted(condition.status) };
    case 'idleFor':
    case 'expiresWithin':
    case 'runningFor':
    case 'stoppedFor':
    case 'balanceBelow':
    case 'runwayBelow':
      return condition;
    default:
      return assertNever(condition);
  }
}

/** Lists in a match are sets: their order means nothing. */
function sorted(data: unknown): unknown {
  if (Array.isArray(data)) {
    // Most lists have one value, of which the fingerprint need not be made.
    if (data.length < 2) return data.map(sorted);
    const items = new Map(data.map((item) => [fingerprint(item), sorted(item)]));
    return [...items].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
  }
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, sorted(value)]));
}
