import type { ProviderKind } from './provider-kind.ts';
import type { Status } from './status.ts';

/** Everything that a notifier may be told. */
export const EVENTS = [
  'decision.announced',
  'operation.confirmed',
  'operation.rejected',
  'operation.escalated',
  'operation.superseded',
  'operation.unfrozen',
  'balance.low',
  'balance.recovered',
  'expiry.soon',
  'instance.stuck',
  'policy.notice',
  'account.unreachable',
  'account.recovered',
  'policy.invalid',
  'policy.recovered',
  'snapshot.quarantined',
  'snapshot.recovered',
] as const;
export type EventName = (typeof EVENTS)[number];

export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** One notification, the same for every channel. `id` stays the same over retries, so receivers can drop repeats. */
export interface Notification {
  readonly id: string;
  readonly version: 1;
  readonly event: EventName;
  readonly severity: Severity;
  /** RFC 3339. */
  readonly at: string;
  readonly account: string | null;
  readonly provider: ProviderKind | null;
  readonly instance: { readonly id: string; readonly name: string; readonly status: Status } | null;
  readonly policy: string | null;
  readonly action: string | null;
  readonly occurrence: string | null;
  readonly reason: string | null;
  readonly text: string;
  readonly details: Readonly<Record<string, string | number | boolean | null>>;
}
