import { type EventName, type Notification, SEVERITIES, type Severity } from '../fleet/event.ts';
import type { Labels } from '../fleet/label.ts';

/** All of it must fit. `null` each time: whatever it is. */
export interface Route {
  readonly events: readonly EventName[] | null;
  /** This or above. */
  readonly severity: Severity;
  readonly accounts: readonly string[] | null;
  /** Each named label must have one of the values. What is about no one instance has none, and does not fit. */
  readonly labels: Readonly<Record<string, readonly string[]>> | null;
}

/** @param labels of the instance that it is about; `null`: it is about none, or that is not known any more */
export function accepts(route: Route, notification: Notification, labels: Labels | null): boolean {
  const { event, severity, account } = notification;
  if (route.events !== null && !route.events.includes(event)) return false;
  if (SEVERITIES.indexOf(severity) < SEVERITIES.indexOf(route.severity)) return false;
  if (route.accounts !== null && (account === null || !route.accounts.includes(account))) return false;
  if (route.labels === null) return true;
  return Object.entries(route.labels).every(([key, values]) => {
    const value = labels !== null && Object.hasOwn(labels, key) ? labels[key] : undefined;
    return value !== undefined && values.includes(value);
  });
}
