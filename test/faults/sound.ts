import type { Operation } from '../../src/fleet/operation.ts';
import { isTerminal } from '../../src/fleet/operation.ts';
import type { SimCall, SimCommit } from '../../src/simulator/history.ts';

/** One paid or destructive request as the cloud received it, with what was true there at that moment. */
export interface Sent {
  readonly call: SimCall;
  readonly instance: string;
  readonly expiresAt: number | null;
}

/** Faults by which the simulated clouds refuse in a documented way: the request provably did nothing. */
const REFUSALS: ReadonlySet<string> = new Set(['throttled', 'unauthorised', 'refused']);

/** What must never be seen in a log, and where it was planted. */
export interface Canary {
  readonly what: string;
  readonly text: string;
}

export interface Seen {
  readonly sent: readonly Sent[];
  readonly commits: readonly SimCommit[];
  /** The whole ledger; `null`: it is lost, and only the clouds know. */
  readonly operations: readonly Operation[] | null;
  readonly canaries: readonly Canary[];
  /** Place → everything that was written there. */
  readonly places: ReadonlyMap<string, string>;
}

/** What is wrong with what was seen, a sentence each; nothing after a case that went well. */
export function unsound(seen: Seen): readonly string[] {
  return [...paidTwice(seen), ...sentTwice(seen), ...notEnded(seen), ...leaked(seen)];
}

/** Commits per machine and expiry. */
function paidTwice({ commits, operations }: Seen): readonly string[] {
  const paid = commits.filter(({ kind }) => kind === 'renew' || kind === 'lengthen');
  return repeated(
    paid.map(({ account, instanceId, expiresAtBefore }) => `${account}/${instanceId} ${expiresAtBefore}`),
    (key) => 1 + authorised(operations, key),
  ).map((key) => `paid more than once: ${key}`);
}

/** Requests per machine and expiry whose outcome is not a proven refusal, by the cloud's own account of it. */
function sentTwice({ sent, operations }: Seen): readonly string[] {
  const unclear = sent.filter(({ call }) => !REFUSALS.has(call.fault ?? ''));
  return repeated(
    unclear.map(({ instance, expiresAt }) => `${instance} ${expiresAt}`),
    (key) => 1 + authorised(operations, key),
  ).map((key) => `sent more than once: ${key}`);
}

/** How many further requests persons have allowed for a machine and expiry. */
function authorised(operations: readonly Operation[] | null, key: string): number {
  return (operations ?? []).filter(
    ({ by, instance, observed }) => by.startsWith('person ') && `${instance} ${observed.expiresAt}` === key,
  ).length;
}

function repeated(keys: readonly string[], allowed: (key: string) => number): readonly string[] {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...counts].filter(([key, count]) => count > allowed(key)).map(([key, count]) => `${key} (${count} times)`);
}

function notEnded({ operations }: Seen): readonly string[] {
  return (operations ?? [])
    .filter(({ state }) => state !== 'escalated' && !isTerminal(state))
    .map(({ id, instance, action, state }) => `not ended: ${action} of ${instance} is ${state} (${id})`);
}

function leaked({ canaries, places }: Seen): readonly string[] {
  return [...places].flatMap(([place, text]) =>
    canaries
      .filter((canary) => text.includes(canary.text))
      .map(({ what, text: canary }) => {
        const at = text.indexOf(canary);
        return `${what} in ${place}: …${text.slice(Math.max(0, at - 120), at + 60)}…`;
      }),
  );
}
