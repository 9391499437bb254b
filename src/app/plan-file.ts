import { hash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { formatDuration } from '../calendar/duration.ts';
import type { Cap, CloudAct, Refusal } from '../decide/decision.ts';
import { evaluate } from '../decide/evaluate.ts';
import { inEnglish } from '../decide/in-english.ts';
import { localText } from '../decide/time-text.ts';
import type { InstanceView } from '../decide/world.ts';
import type { ActionCall } from '../fleet/action-call.ts';
import { type InstanceKey, incarnation } from '../fleet/instance.ts';
import { formatYuan } from '../fleet/money.ts';
import type { InactionReason } from '../fleet/reason.ts';
import type { Standing, Work } from '../work/ports.ts';
import { accountWorld } from '../work/world.ts';
import type { Control } from './control.ts';

/** More would not be reviewed by anybody. */
const MOST_ACTS = 1_000;
const MOST_BYTES = 4 * 1024 * 1024;
const VERSION = 2;
/** Nobody remembers for longer what was reviewed, and why. */
const LONGEST_MS = 24 * 3_600_000;

const actSchema = z.strictObject({
  policy: z.string(),
  instance: z.string(),
  name: z.string(),
  /** Tells this machine from a later one that got the same id. */
  machine: z.string(),
  action: z.string(),
  step: z.number().int(),
  occurrence: z.string(),
  /** Of a renewal and of a change of billing: by how much, or to what. */
  terms: z.string(),
  costYuan: z.string().nullable(),
});
const planSchema = z.strictObject({
  version: z.literal(VERSION, { error: ({ input }) => `is ${String(input)}, and ${VERSION} is read here` }),
  madeAt: z.iso.datetime({ offset: true }),
  /** When its acts are due, as `--at` asked; the same as `madeAt` where it was made for then. */
  dueAt: z.iso.datetime({ offset: true }),
  /** Of the policies by name: what each meant. */
  policies: z.record(z.string(), z.string()),
  acts: z.array(actSchema).max(MOST_ACTS),
  /** Of all the rest: what was changed by hand was reviewed by nobody. */
  digest: z.string(),
});

/** What was reviewed: the acts of one moment, and the policies that asked for them. */
export type PlanFile = z.output<typeof planSchema>;
export type PlannedAct = PlanFile['acts'][number];

/** A file that is no plan, or cannot be read, in a sentence for a person. */
export class PlanUnreadable extends Error {
  constructor(path: string, cause: unknown) {
    super(`${path} cannot be used as a plan: ${whyUnreadable(cause)}`, { cause });
    this.name = 'PlanUnreadable';
  }
}

function whyUnreadable(cause: unknown): string {
  const issue = cause instanceof z.ZodError ? cause.issues[0] : undefined;
  if (issue !== undefined) return `${issue.path.map(String).join('.') || 'it'} ${issue.message}`;
  return cause instanceof Error ? cause.message : 'no reason given';
}

interface DueAct {
  readonly planned: PlannedAct;
  readonly act: CloudAct;
}

interface Due {
  readonly acts: readonly DueAct[];
  readonly refusals: readonly Refusal[];
  /** Which are announced first, and so are not due yet. */
  readonly announced: number;
  readonly views: ReadonlyMap<InstanceKey, InstanceView>;
  /** Accounts that have never been listed. */
  readonly unlisted: readonly string[];
}

/** What every policy asks for, whether it enforces or only observes: a plan is for a person to say yes to. */
async function dueAt(work: Work, at: number | null): Promise<Due> {
  const standing = work.standing();
  const policies = standing.policies.map((policy) => ({ ...policy, mode: 'enforce' as const }));
  const now = work.clock.now();
  const acts: DueAct[] = [];
  const refusals: Refusal[] = [];
  const views = new Map<InstanceKey, InstanceView>();
  const unlisted: string[] = [];
  // The ledger counts over all accounts, and each is decided by itself.
  const armed = new Map<string, number>();
  let announced = 0;
  for (const runtime of standing.accounts.values()) {
    const world = await accountWorld(work, standing, runtime, now);
    if (world === null) {
      unlisted.push(runtime.account.name);
      continue;
    }
    for (const view of world.accounts.flatMap(({ instances }) => instances)) views.set(view.key, view);
    // For another time the fleet is taken as it is, so what is known of its activity counts whatever that time is.
    const then = at === null ? {} : { evidenceMaxAgeMs: Number.POSITIVE_INFINITY };
    const evaluation = evaluate(policies, { ...world, now: at ?? now }, { ...then, explain: true });
    for (const act of evaluation.acts) {
      if (act.kind !== 'operation') continue;
      const full = act.caps.find(({ key, max }) => (armed.get(key) ?? 0) >= max);
      if (full === undefined) acts.push({ planned: plannedAct(act), act });
      else refusals.push(keptBack(act, full));
      for (const { key } of full === undefined ? act.caps : []) armed.set(key, (armed.get(key) ?? 0) + 1);
    }
    refusals.push(...evaluation.refusals);
    announced += evaluation.announcements.length;
  }
  return { acts, refusals, announced, views, unlisted };
}

function keptBack({ policy, account, view, action, step, occurrence }: CloudAct, { reason, max }: Cap): Refusal {
  const detail = { kind: 'full-hour', used: max, most: max } as const;
  const { name } = view.tracked.instance;
  return { kind: 'refusal', policy, account, instance: view.key, name, action, step, occurrence, reason, detail };
}

function plannedAct({ policy, view, action, step, occurrence, call, costFen }: CloudAct): PlannedAct {
  const { instance } = view.tracked;
  const machine = incarnation(instance);
  const costYuan = costFen === null ? null : formatYuan(costFen);
  return {
    policy,
    instance: view.key,
    name: instance.name,
    machine,
    action,
    step,
    occurrence,
    terms: termsOf(call),
    costYuan,
  };
}

/** Not the name of an image, which may hold the time. */
function termsOf(call: ActionCall): string {
  if (call.kind === 'renew') return `${call.periods} ${call.unit}`;
  return call.kind === 'lengthen' ? call.to : '';
}

/** A plan, with what is due besides and not in it. */
export interface MadePlan {
  readonly plan: PlanFile;
  readonly announced: number;
  /** What is kept from being done: how much by which reason. */
  readonly kept: ReadonlyMap<InactionReason, number>;
  /** Accounts that have never been listed, so that nothing can be said of them. */
  readonly unlisted: readonly string[];
}

/** Makes the plan of this moment, or of another one with the fleet as it is. */
export async function makePlanFile(work: Work, at: number | null): Promise<MadePlan> {
  const due = await dueAt(work, at);
  const acts = due.acts.map(({ planned }) => planned);
  const used = new Set(acts.map(({ policy }) => policy));
  const policies = work.standing().policies.filter(({ name }) => used.has(name));
  const madeAt = work.clock.now();
  const told = (time: number) => localText(time, work.standing().zone.name);
  const content = {
    version: VERSION,
    madeAt: told(madeAt),
    dueAt: told(at ?? madeAt),
    policies: Object.fromEntries(policies.map((policy) => [policy.name, policy.hash])),
    acts,
  } as const;
  const kept = new Map<InactionReason, number>();
  for (const { reason } of due.refusals) if (reason !== 'not-due') kept.set(reason, (kept.get(reason) ?? 0) + 1);
  return { plan: { ...content, digest: digestOf(content) }, announced: due.announced, kept, unlisted: due.unlisted };
}

function digestOf({ version, madeAt, dueAt: at, policies, acts }: Omit<PlanFile, 'digest'>): string {
  return hash('sha256', JSON.stringify([version, madeAt, at, policies, acts]));
}

/** Only the owner may read it, and none that is there is written over. */
export async function writePlanFile(path: string, plan: PlanFile): Promise<void> {
  await writeFile(path, `${JSON.stringify(plan, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
}

/** @throws PlanUnreadable */
export async function readPlanFile(path: string): Promise<PlanFile> {
  try {
    const text = await readFile(path, 'utf8');
    if (text.length > MOST_BYTES) throw new Error(`it is larger than ${MOST_BYTES} bytes`);
    const plan = planSchema.parse(JSON.parse(text));
    if (plan.digest !== digestOf(plan)) throw new Error('it was changed after it was made; make a new one');
    return plan;
  } catch (error) {
    throw new PlanUnreadable(path, error);
  }
}

interface AppliedAct {
  readonly act: PlannedAct;
  readonly outcome: Awaited<ReturnType<Control['applied']>>;
}

export type Applied =
  | { readonly kind: 'applied'; readonly acts: readonly AppliedAct[] }
  /** Nothing was done: its time has not come. */
  | { readonly kind: 'early' }
  /** Nothing was done: the world is another one than the one that was reviewed. */
  | { readonly kind: 'moved'; readonly differences: readonly string[] };

/** Does what was reviewed, through the same ledger and guards as an action by hand; or nothing, where anything differs. */
export async function applyPlan(work: Work, control: Control, plan: PlanFile, by: string): Promise<Applied> {
  const now = work.clock.now();
  const dueFrom = Date.parse(plan.dueAt);
  if (now < dueFrom) return { kind: 'early' };
  if (now - dueFrom > LONGEST_MS)
    return { kind: 'moved', differences: [`it is for ${plan.dueAt}, longer ago than ${formatDuration(LONGEST_MS)}`] };
  const due = await dueAt(work, null);
  const differences: string[] = [];
  const meanings = new Map(work.standing().policies.map((policy) => [policy.name, policy.hash]));
  const alike: Record<string, string> = {};
  for (const [name, known] of Object.entries(plan.policies)) {
    const meaning = meanings.get(name);
    if (meaning === known) alike[name] = known;
    else differences.push(`the policy ${name} ${meaning === undefined ? 'is gone' : 'means something else now'}`);
  }
  differences.push(...(await notInForce(work, { policies: alike })));
  const asked: DueAct[] = [];
  for (const act of plan.acts) {
    const same = due.acts.find(({ planned }) => isSame(planned, act));
    if (same === undefined)
      differences.push(
        `${act.action} of ${act.name || act.instance} (${act.policy}) ${whyNot(act, due, work.standing())}`,
      );
    else asked.push(same);
  }
  if (differences.length > 0) return { kind: 'moved', differences };
  const acts: AppliedAct[] = [];
  for (const { planned, act } of asked) acts.push({ act: planned, outcome: await control.applied(act, by) });
  return { kind: 'applied', acts };
}

/**
 * Policies of a plan that the daemon knows not, or otherwise than whoever made the plan: it was not told of a change, or holds
 * it back. It would call off whatever rests on them.
 */
export async function notInForce(work: Work, plan: Pick<PlanFile, 'policies'>): Promise<readonly string[]> {
  const [account] = work.standing().accounts.keys();
  if (account === undefined) return [];
  const { rows } = await work.store.history(account, work.clock.now(), { hourly: false });
  return Object.entries(plan.policies).flatMap(([name, hash]) => {
    // "HASH-PROBES AT"; see meanings.ts.
    const inForce = rows?.policyEdits.get(name)?.split(/[- ]/)[0];
    if (inForce === hash) return [];
    return inForce === undefined
      ? [`the daemon has no policy ${name} in force`]
      : [`the daemon has another policy ${name} in force`];
  });
}

/** What an act is the same by, in the words of a person. */
const SAMENESS = [
  ['machine', 'machine'],
  ['action', 'action'],
  ['step', 'step'],
  ['occurrence', 'occasion'],
  ['terms', 'terms'],
  ['costYuan', 'price'],
] as const satisfies readonly (readonly [keyof PlannedAct, string])[];

/** What has become of it, as far as that can be told. */
function whyNot(act: PlannedAct, due: Due, standing: Standing): string {
  const isOf = (each: { readonly policy: string; readonly instance: string | null }) =>
    each.policy === act.policy && each.instance === act.instance;
  const other = due.acts.find(({ planned }) => isOf(planned))?.planned;
  if (other !== undefined) {
    const text = (value: string | number | null) => (value === null || value === '' ? 'none' : String(value));
    const changed = SAMENESS.filter(([key]) => other[key] !== act[key]);
    const changes = changed.map(([key, word]) => `${word} ${text(act[key])} became ${text(other[key])}`);
    return `is another now: ${changes.join(', ')}`;
  }
  const refusal = due.refusals.find(isOf);
  const why =
    refusal === undefined
      ? whyUnasked(act, due)
      : `${refusal.reason}, ${inEnglish(refusal.detail, standing.zone.name)}`;
  return `is not due any more: ${why}`;
}

/** Why the policy says nothing of it at all. */
function whyUnasked({ instance, policy }: PlannedAct, { views }: Due): string {
  const view = [...views.values()].find(({ key }) => key === instance);
  if (view === undefined) return 'it is not listed';
  const labels = Object.entries(view.labels).map(([key, value]) => `, ${key}=${value}`);
  return `${policy} is not about it as it is now (${view.tracked.instance.status}, ${view.tracked.instance.billing}${labels.join('')})`;
}

function isSame(one: PlannedAct, other: PlannedAct): boolean {
  const isOf = one.policy === other.policy && one.instance === other.instance;
  return isOf && SAMENESS.every(([key]) => one[key] === other[key]);
}
