import { formatTime, type Zone } from '../calendar/zone.ts';
import { aftermathText } from '../decide/aftermath.ts';
import type { Announcement, CloudAct, Evaluation, NotifyAct, Refusal, Tidy } from '../decide/decision.ts';
import { evaluate } from '../decide/evaluate.ts';
import { inEnglish } from '../decide/in-english.ts';
import type { InstanceView, World } from '../decide/world.ts';
import type { Action } from '../fleet/action.ts';
import { ACTIONS } from '../fleet/action.ts';
import { assertNever } from '../fleet/assert-never.ts';
import { type Detail, NO_DETAIL } from '../fleet/detail/detail.ts';
import type { InstanceKey } from '../fleet/instance.ts';
import type { Operation } from '../fleet/operation.ts';
import { ACT_REASONS, type DecisionReason, INACTION_REASONS } from '../fleet/reason.ts';
import { rfc3339 } from '../fleet/rfc3339.ts';
import { armDecided } from './arm-decided.ts';
import { tellBlind } from './blind.ts';
import { worldOf } from './facts.ts';
import { forPeople } from './for-people.ts';
import { breach, brokenDecision } from './invariants.ts';
import { balanceThread, noticeThread } from './open-threads.ts';
import type { AccountRuntime, Standing, Work } from './ports.ts';
import { idlenessOf, saidOf, textOf } from './said-of.ts';
import { shadow } from './shadow.ts';
import { tellStuck } from './stuck.ts';
import { LOOK_AGAIN_MS, tell } from './tell.ts';
import { lapsed, unpaid } from './unrenewed.ts';
import { recordUnseen } from './unseen.ts';
import { gatherFacts } from './world.ts';

/** One pass over one account: read, decide, cap, enqueue. Answers what was decided, or `null` where nothing is known yet. */
export async function pass(work: Work, accountName: string, signal: AbortSignal): Promise<Evaluation | null> {
  const standing = work.standing();
  const runtime = standing.accounts.get(accountName);
  if (runtime === undefined) return null;
  const now = work.clock.now();
  const facts = await gatherFacts(work, standing, runtime, now);
  if (facts === null) return null;
  const world = worldOf(facts, standing.policies);
  signal.throwIfAborted();
  await recordUnseen(work, standing, runtime, world);
  const began = performance.now();
  const evaluation = evaluate(standing.policies, world);
  work.metrics.evaluationDuration.observe((performance.now() - began) / 1000);
  work.metrics.evaluations.inc(evaluation.evaluated);
  countAll(work, evaluation);
  work.recorder?.note({ source: standing.source, facts, evaluation });

  // In this order: what is not due any more is tidied before anything new begins, and people hear of a stop before it.
  for (const tidy of evaluation.tidy) await tidyUp(work, standing, runtime, world, tidy);
  for (const announcement of evaluation.announcements) await announce(work, standing, announcement);
  for (const act of evaluation.acts) {
    signal.throwIfAborted();
    if (act.kind === 'operation') await begin(work, act, { world, standing, runtime });
    else await notifyStep(work, standing, act);
  }
  for (const refusal of evaluation.refusals) {
    if (refusal.reason === 'missed') await missed(work, standing, refusal);
    // Of what is not due only this is told without being asked: it is too late to renew.
    if (refusal.reason === 'not-due' && refusal.action === 'renew') await lapsed(work, world, refusal);
    if (refusal.reason === 'spend-limit' && refusal.action === 'renew') await unpaid(work, standing, world, refusal);
  }
  await shadow(work, standing.policies, world, evaluation);
  await tellBlind(work, standing, world);
  await tellStuck(work, standing, world);
  const [seen] = world.accounts;
  if (seen !== undefined) work.onRefusals(accountName, evaluation.refusals, seen.takenAt);
  return evaluation;
}

function isReason(text: string): text is DecisionReason {
  return [...ACT_REASONS, ...INACTION_REASONS].some((reason) => reason === text);
}

function isAction(text: string): text is Action {
  return ACTIONS.some((action) => action === text);
}

function countAll(work: Work, evaluation: Evaluation): void {
  for (const [key, n] of evaluation.counts) {
    const [policy = '', action = '', reason = ''] = key.split('\u0000');
    if (!isReason(reason) || !isAction(action)) throw new Error(`the decision count "${key}" has no known reason`);
    work.metrics.decisions.inc({ policy, action, reason }, n);
    if (reason === 'conflict') work.metrics.conflicts.inc({ policy }, n);
  }
}

async function begin(
  work: Work,
  act: CloudAct,
  on: { readonly world: World; readonly standing: Standing; readonly runtime: AccountRuntime },
): Promise<void> {
  const { instance } = act.view.tracked;
  const broken = brokenDecision(act, on.world, on.standing.policies, on.runtime);
  if (broken !== null) {
    await breach(work, broken, act);
    return;
  }
  const result = await armDecided(work, act, `policy ${act.policy}`);
  const log = work.log.child({ policy: act.policy, instance: act.view.key, action: act.action });
  switch (result.kind) {
    case 'armed':
      await work.store.audit({
        at: work.clock.now(),
        kind: 'decision',
        account: act.account,
        instance: act.view.key,
        policy: act.policy,
        reason: act.reason,
        ...worded(work, { kind: 'now-due', action: act.action, name: instance.name, instance: act.view.key }),
        data: { action: act.action, operation: result.operation.id, occurrence: act.occurrence, ...act.evidence },
      });
      log.info(
        { operation: result.operation.id, reason: act.reason, occurrence: act.occurrence },
        'an operation was armed',
      );
      return;
    case 'duplicate': {
      const { operation } = result;
      if (operation.instance !== act.view.key) await noteElsewhere(work, act, operation);
      log.debug({ result: result.kind }, 'an operation was not armed');
      return;
    }
    case 'open':
      log.debug({ result: result.kind }, 'an operation was not armed');
      return;
    case 'capped':
    case 'frozen':
      work.metrics.decisions.inc({
        policy: act.policy,
        action: act.action,
        reason: result.kind === 'capped' ? result.reason : 'frozen',
      });
      log.info({ result: result.kind }, 'an operation was not armed');
      return;
    default:
      assertNever(result);
  }
}

async function notifyStep(work: Work, standing: Standing, act: NotifyAct): Promise<void> {
  const target = act.view === null ? act.account : act.view.key;
  // Told first and claimed after: a crash in between tells it twice under one id, which receivers drop; the other way
  // round it would be lost.
  const told = await tell(work, {
    event: act.event,
    severity: act.severity,
    account: act.account,
    instance: act.view?.tracked.instance ?? null,
    policy: act.policy,
    action: 'notify',
    occurrence: act.occurrence,
    reason: act.reason,
    text: act.text,
    said: saidOf(act, standing),
    details: act.evidence,
    to: act.to,
    identity: `${act.policy}|${target}|${act.occurrence}|${act.step}`,
    ...(act.event === 'balance.low' && { opens: balanceThread(act.policy, act.account) }),
  });
  // Not claimed, it is due again at the next pass.
  if (!told) return;
  if (act.event === 'balance.low') await work.store.setLowBalance(act.policy, act.account, act.occurrence);
  const now = work.clock.now();
  const isFirst = await work.store.claim(act.policy, target, act.occurrence, act.step, now);
  if (isFirst) await forPeople(work, work.tallies?.told(act.policy, now));
  await work.store.audit({
    at: work.clock.now(),
    kind: 'notification',
    account: act.account,
    instance: act.view?.key ?? null,
    policy: act.policy,
    reason: act.reason,
    text: act.text,
    told: act.told,
    data: { event: act.event, occurrence: act.occurrence, ...act.evidence },
  });
}

/** The cloud's id was dealt with under another account of ours: nothing is done here, and that must be seen. */
async function noteElsewhere(work: Work, act: CloudAct, operation: Operation): Promise<void> {
  const { account, view, policy, action } = act;
  const now = work.clock.now();
  if (!(await work.store.sayOnce(`elsewhere|${operation.id}|${view.key}`, now))) return;
  const told = worded(work, {
    kind: 'asked-elsewhere',
    action,
    instance: view.key,
    other: operation.instance,
    operation: operation.id,
  });
  await work.store.audit({
    at: now,
    kind: 'decision',
    account,
    instance: view.key,
    policy,
    reason: 'open-operation',
    ...told,
    data: { operation: operation.id },
  });
  work.log.warn({ policy, instance: view.key, action, operation: operation.id }, told.text);
}

/** An announcement made again within this, by another replica or after a crash, is the same announcement. */
const SAME_ANNOUNCEMENT_MS = 600_000;

async function announce(work: Work, standing: Standing, announcement: Announcement): Promise<void> {
  const { notice, view } = announcement;
  const { name } = view.tracked.instance;
  const text =
    `policy ${announcement.policy} will ${announcement.action} ${name} (${view.key}) at ${wallTime(notice.deadlineAt, standing.zone)}; ` +
    `any activity cancels it, and so does: lamplighter hold ${view.key} --for 4h --reason "..."; ` +
    `${idleText(announcement)}${priceText(announcement)}; ${aftermathText(view.tracked.instance.provider, announcement.action)}`;
  // Told first and put down after: nobody is stopped on a notice that nobody got.
  const told = await tell(work, {
    event: 'decision.announced',
    severity: 'warning',
    account: announcement.account,
    instance: view.tracked.instance,
    policy: announcement.policy,
    action: announcement.action,
    occurrence: notice.occurrence,
    reason: 'notice',
    text,
    said: {
      kind: 'announced',
      action: announcement.action,
      deadlineAt: notice.deadlineAt,
      ...idlenessOf(announcement),
      yuanPerHour: textOf(announcement.evidence.costPerHour),
      aftermath: { kind: 'aftermath', provider: view.tracked.instance.provider, action: announcement.action },
    },
    opens: noticeThread(notice),
    // A good while after it was due there is nothing left to call off.
    lookAfterMs: Math.max(0, notice.deadlineAt - work.clock.now()) + LOOK_AGAIN_MS,
    details: {
      deadline: rfc3339(notice.deadlineAt),
      announcedAt: rfc3339(notice.announcedAt),
      ...announcement.evidence,
    },
    to: null,
    identity: `${notice.policy}|${notice.instance}|${notice.occurrence}|${Math.floor(notice.announcedAt / SAME_ANNOUNCEMENT_MS)}`,
  });
  if (!told || !(await work.store.putNotice(notice))) return;
  await work.store.audit({
    at: work.clock.now(),
    kind: 'announcement',
    account: announcement.account,
    instance: view.key,
    policy: announcement.policy,
    reason: 'notice',
    text,
    told: {
      kind: 'will-be-done',
      policy: announcement.policy,
      action: announcement.action,
      name,
      instance: view.key,
      at: notice.deadlineAt,
    },
    data: { action: announcement.action, occurrence: notice.occurrence },
  });
}

/** What it rests on, where that is idleness. */
function idleText({ evidence }: Announcement): string {
  const { idleSince = null, probes = null } = evidence;
  return idleSince === null ? '' : `it has been idle since ${idleSince} (${probes ?? 'no probe'}); `;
}

function priceText({ evidence }: Announcement): string {
  const { costPerHour = null } = evidence;
  return costPerHour === null ? 'what an hour of it costs is not known' : `it costs ${costPerHour} yuan an hour`;
}

/** A time for people, in their zone and to the second. */
function wallTime(at: number, zone: Zone): string {
  return formatTime(Math.floor(at / 1000) * 1000, zone);
}

async function tidyUp(
  work: Work,
  standing: Standing,
  runtime: AccountRuntime,
  world: World,
  tidy: Tidy,
): Promise<void> {
  const now = work.clock.now();
  switch (tidy.kind) {
    case 'drop-notice': {
      const { notice, why } = tidy;
      await work.store.dropNotice(notice);
      // Its time came and the stop is on its way: nothing to tell.
      if (why === 'done') return;
      const view = viewOf(world, notice.instance);
      const off: Detail = { kind: 'announcement-off', policy: notice.policy, instance: notice.instance, why };
      const { text } = worded(work, off);
      // Under one name for every try: who is told twice drops the second.
      await tell(work, {
        event: 'policy.notice',
        severity: 'warning',
        account: runtime.account.name,
        instance: view?.tracked.instance ?? null,
        policy: notice.policy,
        action: 'notify',
        occurrence: notice.occurrence,
        reason: why,
        text,
        said: { kind: 'notice-off', action: null, why, detail: NO_DETAIL },
        closes: noticeThread(notice),
        details: { announcedAt: rfc3339(notice.announcedAt), deadline: rfc3339(notice.deadlineAt) },
        to: null,
        alsoWhoHears: 'decision.announced',
        identity: `off|${notice.policy}|${notice.instance}|${notice.occurrence}|${notice.announcedAt}`,
      });
      await work.store.audit({
        at: now,
        kind: 'tidy',
        account: runtime.account.name,
        instance: notice.instance,
        policy: notice.policy,
        reason: why,
        ...worded(work, off),
        data: {},
      });
      return;
    }
    case 'drop-obligation': {
      const { obligation, why } = tidy;
      await work.store.dropObligation(obligation);
      const { policy, instance } = obligation;
      await work.store.audit({
        at: now,
        kind: 'tidy',
        account: runtime.account.name,
        instance: obligation.instance,
        policy: obligation.policy,
        reason: why,
        ...worded(work, { kind: 'start-not-owed', policy, instance, why }),
        data: { attempts: obligation.attempts },
      });
      return;
    }
    case 'recovered': {
      const told = await tell(work, {
        event: 'balance.recovered',
        severity: 'info',
        account: tidy.account,
        instance: null,
        policy: tidy.policy,
        action: 'notify',
        occurrence: tidy.occurrence,
        reason: 'due',
        text: `the balance of ${tidy.account} is above the limit of policy ${tidy.policy} again`,
        said: { kind: 'balance-recovered' },
        closes: balanceThread(tidy.policy, tidy.account),
        details: {},
        to: recipientsOf(standing, tidy.policy),
        identity: `${tidy.policy}|${tidy.account}|${tidy.occurrence}`,
      });
      if (told) await work.store.setLowBalance(tidy.policy, tidy.account, null);
      return;
    }
    default:
      assertNever(tidy);
  }
}

/** A tick that came and went unseen is put on record once. */
async function missed(work: Work, standing: Standing, refusal: Refusal): Promise<void> {
  const target = refusal.instance ?? refusal.account;
  // With the detail, which names the tick: where the facts are not known there is no occurrence.
  const key = `missed|${refusal.policy}|${target}|${refusal.occurrence ?? inEnglish(refusal.detail, standing.zone.name)}`;
  if (!(await work.store.sayOnce(key, work.clock.now()))) return;
  await work.store.audit({
    at: work.clock.now(),
    kind: 'missed',
    account: refusal.account,
    instance: refusal.instance,
    policy: refusal.policy,
    reason: 'missed',
    ...worded(work, { kind: 'time-missed', policy: refusal.policy, target, why: refusal.detail }),
    data: { occurrence: refusal.occurrence, timezone: standing.zone.name },
  });
}

function viewOf(world: World, key: InstanceKey | null): InstanceView | undefined {
  return world.accounts.flatMap(({ instances }) => instances).find((candidate) => candidate.key === key);
}

/** Who was told that the balance is low is told that it has recovered. */
function recipientsOf(standing: Standing, policyName: string): readonly string[] | null {
  const policy = standing.policies.find(({ name }) => name === policyName);
  const step = policy?.steps.find((candidate) => candidate.kind === 'notify');
  return step?.kind === 'notify' ? step.to : null;
}

/** A detail as an entry of the audit holds it. */
function worded(work: Work, told: Detail): { readonly text: string; readonly told: Detail } {
  return { text: inEnglish(told, work.standing().zone.name), told };
}
