import { localDay } from '../calendar/zone.ts';
import type { Refusal } from '../decide/decision.ts';
import { inEnglish } from '../decide/in-english.ts';
import type { World } from '../decide/world.ts';
import type { Standing, Work } from './ports.ts';
import { tell } from './tell.ts';

/** A machine that a policy should have kept paid has expired: somebody is about to lose it, and is told so once. */
export async function lapsed(work: Work, world: World, refusal: Refusal): Promise<void> {
  const told = inEnglish(refusal.detail, work.standing().zone.name);
  const key = `lapsed|${refusal.policy}|${refusal.instance ?? ''}|${told}`;
  if (await work.store.wasSaid(key)) return;
  const view = world.accounts
    .flatMap(({ instances }) => instances)
    .find((candidate) => candidate.key === refusal.instance);
  const text = `${refusal.name ?? ''} (${refusal.instance ?? refusal.account}) ${told}; policy ${refusal.policy} should have renewed it`;
  const isTold = await tell(work, {
    event: 'expiry.soon',
    severity: 'critical',
    account: refusal.account,
    instance: view?.tracked.instance ?? null,
    policy: refusal.policy,
    action: refusal.action,
    occurrence: refusal.occurrence,
    reason: refusal.reason,
    text,
    said: { kind: 'lapsed', detail: refusal.detail },
    details: {},
    to: null,
    identity: key,
  });
  if (!isTold) return;
  await work.store.audit({
    at: work.clock.now(),
    kind: 'notification',
    account: refusal.account,
    instance: refusal.instance,
    policy: refusal.policy,
    reason: refusal.reason,
    text,
    data: {},
  });
  await work.store.sayOnce(key, work.clock.now());
}

/** The limit of the day keeps a machine from being renewed: somebody decides whether it is raised, and is told once a day. */
export async function unpaid(work: Work, standing: Standing, world: World, refusal: Refusal): Promise<void> {
  const view = world.accounts
    .flatMap(({ instances }) => instances)
    .find((candidate) => candidate.key === refusal.instance);
  // Without a limit nothing is ever paid there; that is no news of today.
  if (view === undefined || world.accounts.every(({ name, spend }) => name !== refusal.account || spend === null))
    return;
  const key = `unpaid|${refusal.account}|${localDay(world.now, standing.zone)}`;
  if (await work.store.wasSaid(key)) return;
  const why = inEnglish(refusal.detail, standing.zone.name);
  const text = `${refusal.name ?? ''} (${refusal.instance ?? refusal.account}) is not renewed: ${why}; so it is with every other renewal there until tomorrow, or until its spendLimit is raised`;
  const isTold = await tell(work, {
    event: 'expiry.soon',
    severity: 'critical',
    account: refusal.account,
    instance: view.tracked.instance,
    policy: refusal.policy,
    action: refusal.action,
    occurrence: refusal.occurrence,
    reason: 'spend-limit',
    text,
    said: { kind: 'unpaid', detail: refusal.detail },
    details: {},
    to: null,
    identity: key,
  });
  if (isTold) await work.store.sayOnce(key, work.clock.now());
}
