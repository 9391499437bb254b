import { createHash } from 'node:crypto';
import type { Config } from '../config/config.ts';
import { labelsOf } from '../config/labels-of.ts';
import { type Reach, type ReachAccount, reachOf, widened } from '../decide/reach.ts';
import type { Instance } from '../fleet/instance.ts';
import type { Policy } from '../policy/policy.ts';
import type { Store } from '../store/store.ts';
import { POLICIES_THREAD } from '../work/open-threads.ts';
import type { Work } from '../work/ports.ts';
import { type Telling, tell } from '../work/tell.ts';
import { type Located, summarise } from '../yaml/located.ts';

/** Short enough to type, long enough not to be met by accident. */
const ID_LENGTH = 8;

/** A configuration with its compiled policies. */
export interface Rules {
  readonly config: Config;
  readonly policies: readonly Policy[];
}

/** What rules would newly allow. `reload: careful` does not take that by itself. */
export interface Held {
  /** What would newly be allowed, in words. */
  readonly reach: readonly string[];
  /** How much the rules before allow. */
  readonly before: number;
  /** Whoever names this has seen just this widening. The same for every replica. */
  readonly id: string;
}

/** What the next rules may do on the fleet as last seen that those in force may not; `null`: nothing. */
export async function widening(store: Store, inForce: Rules, next: Rules): Promise<Held | null> {
  const fleet = new Map<string, readonly Instance[]>();
  for (const { name } of [...inForce.config.accounts, ...next.config.accounts]) {
    const snapshot = await store.loadSnapshot(name);
    if (snapshot !== null)
      fleet.set(
        name,
        snapshot.instances.map(({ instance }) => instance),
      );
  }
  return wideningOf(fleet, inForce, next);
}

/** The same for a fleet that is known; an account that is not in it may have anything. */
export function wideningOf(fleet: ReadonlyMap<string, readonly Instance[]>, inForce: Rules, next: Rules): Held | null {
  const old = reachUnder(inForce, fleet);
  const reach = widened(old, reachUnder(next, fleet));
  if (reach.length === 0) return null;
  const id = createHash('sha256').update(reach.join('\n')).digest('hex').slice(0, ID_LENGTH);
  return { reach, before: old.size, id };
}

function reachUnder({ config, policies }: Rules, fleet: ReadonlyMap<string, readonly Instance[]>): Reach {
  const accounts = config.accounts.map((account): ReachAccount => {
    const instances = fleet.get(account.name) ?? null;
    const labelled = instances?.map((instance) => ({ instance, labels: labelsOf(config.labels, instance) })) ?? null;
    return { account, instances: labelled };
  });
  return reachOf(policies, accounts);
}

/** What a person may do about it, in a sentence. */
export function howToTake({ id }: Held): string {
  return `POST /-/reload with {"acknowledge":"${id}"}, or SIGHUP, takes it`;
}

/** Under this it is kept that a held reload was told of. */
export function heldKey(id: string): string {
  return `policy.held ${id}`;
}

/** Tells once that a reload is held under `reload: careful`. */
export async function tellHeld(work: Work, held: Held): Promise<void> {
  const { length } = held.reach;
  const text = `a change of policies or configuration is held, since it would newly allow ${length} ${length === 1 ? 'thing' : 'things'}, such as ${held.reach[0]}; ${howToTake(held)}`;
  if (!(await work.store.sayOnce(heldKey(held.id), work.clock.now()))) return;
  await say(work, {
    event: 'policy.invalid',
    severity: 'warning',
    reason: 'frozen',
    text,
    said: { kind: 'reload-held', things: length, example: held.reach[0] ?? '', acknowledge: held.id },
    details: { actions: length, acknowledge: held.id },
  });
}

/** Of what was allowed before; more of it than that is rarely meant by an edit of a policy. */
const FAR_SHARE = 1 / 3;

/** Does a change reach so much further that somebody should hear of it, although nobody asked to be asked? */
export function isFar({ reach, before }: Held): boolean {
  return reach.length > before * FAR_SHARE;
}

/** In a sentence: `12 things are newly allowed besides the 20 before, such as stop hxy/gpu-1`. */
export function widenedText({ reach, before }: Held): string {
  const { length } = reach;
  return `${length} ${length === 1 ? 'thing is' : 'things are'} newly allowed besides the ${before} before, such as ${reach[0]}`;
}

/** Tells, once for all replicas, that the rules in force now reach much further than those before. */
export async function tellFar(work: Work, far: Held): Promise<void> {
  const text = `a reload reaches further than the rules before it: ${widenedText(far)}`;
  work.log.warn({ reach: far.reach.slice(0, 20), more: Math.max(0, far.reach.length - 20) }, text);
  if (!(await work.store.sayOnce(`policy.far ${far.id}`, work.clock.now()))) return;
  const { length } = far.reach;
  await say(work, {
    event: 'policy.notice',
    severity: 'warning',
    reason: null,
    text,
    said: { kind: 'reach-widened', things: length, before: far.before, example: far.reach[0] ?? '' },
    details: { actions: length, before: far.before },
  });
}

/** Tells once that policies or configuration cannot be used, until they can again. */
export async function tellInvalid(work: Work, errors: readonly Located[]): Promise<void> {
  const first = errors[0];
  const text = `policies or configuration cannot be used, so the last good ones stay in force: ${first === undefined ? 'no reason given' : summarise(first)}${errors.length > 1 ? ` and ${errors.length - 1} more` : ''}`;
  if (!(await work.store.sayOnce('policy.invalid', work.clock.now()))) return;
  await say(work, {
    event: 'policy.invalid',
    severity: 'critical',
    reason: null,
    text,
    said: { kind: 'invalid', errors: errors.length, first: first === undefined ? '' : summarise(first) },
    opens: POLICIES_THREAD,
    details: { errors: errors.length },
  });
}

/** Tells that they can be used again, where it had been told that they could not. */
export async function tellValid(work: Work, count: number): Promise<void> {
  await say(work, {
    event: 'policy.recovered',
    severity: 'info',
    reason: null,
    text: `policies can be read again: ${count} are in force`,
    said: { kind: 'valid', policies: count },
    closes: POLICIES_THREAD,
    details: { policies: count },
  });
}

async function say(
  work: Work,
  what: Pick<Telling, 'event' | 'severity' | 'reason' | 'text' | 'said' | 'details' | 'opens' | 'closes'>,
): Promise<void> {
  const none = { account: null, instance: null, policy: null, action: null, occurrence: null, to: null };
  await tell(work, { ...none, ...what, identity: String(work.clock.now()) });
}
