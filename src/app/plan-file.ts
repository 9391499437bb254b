import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import type { CloudAct } from '../decide/decision.ts';
import { evaluate } from '../decide/evaluate.ts';
import type { ActionCall } from '../fleet/action-call.ts';
import { incarnation } from '../fleet/instance.ts';
import { formatYuan } from '../fleet/money.ts';
import { rfc3339 } from '../fleet/rfc3339.ts';
import type { Work } from '../work/ports.ts';
import { accountWorld } from '../work/world.ts';
import type { Control } from './control.ts';
import type { Outcome } from './outcome.ts';

/** More would not be reviewed by anybody. */
const MOST_ACTS = 1_000;
const MOST_BYTES = 4 * 1024 * 1024;

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
  version: z.literal(1),
  madeAt: z.iso.datetime({ offset: true }),
  /** Of the policies by name: what each meant. */
  policies: z.record(z.string(), z.string()),
  acts: z.array(actSchema).max(MOST_ACTS),
});

/** What was reviewed: the acts of one moment, and the policies that asked for them. */
export type PlanFile = z.output<typeof planSchema>;
export type PlannedAct = PlanFile['acts'][number];

/** A file that is no plan, or cannot be read, in a sentence for a person. */
export class PlanUnreadable extends Error {
  constructor(path: string, cause: unknown) {
    super(`${path} cannot be used as a plan: ${cause instanceof Error ? cause.message : 'no reason given'}`, { cause });
    this.name = 'PlanUnreadable';
  }
}

interface Due {
  readonly planned: PlannedAct;
  readonly call: ActionCall;
}

/** What every policy asks for now, whether it enforces or only observes: a plan is for a person to say yes to. */
async function dueNow(work: Work): Promise<readonly Due[]> {
  const standing = work.standing();
  const policies = standing.policies.map((policy) => ({ ...policy, mode: 'enforce' as const }));
  const now = work.clock.now();
  const due: Due[] = [];
  for (const runtime of standing.accounts.values()) {
    const world = await accountWorld(work, standing, runtime, now);
    if (world === null) continue;
    for (const act of evaluate(policies, world).acts) {
      if (act.kind === 'operation') due.push({ planned: plannedAct(act), call: act.call });
    }
  }
  return due;
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

/** Makes the plan of this moment. */
export async function makePlanFile(work: Work): Promise<PlanFile> {
  const acts = (await dueNow(work)).map(({ planned }) => planned);
  const used = new Set(acts.map(({ policy }) => policy));
  const policies = work.standing().policies.filter(({ name }) => used.has(name));
  return {
    version: 1,
    madeAt: rfc3339(work.clock.now()),
    policies: Object.fromEntries(policies.map(({ name, hash }) => [name, hash])),
    acts,
  };
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
    return planSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new PlanUnreadable(path, error);
  }
}

export type Applied =
  | {
      readonly kind: 'applied';
      readonly acts: readonly { readonly act: PlannedAct; readonly outcome: Outcome<unknown> }[];
    }
  /** Nothing was done: the world is another one than the one that was reviewed. */
  | { readonly kind: 'moved'; readonly differences: readonly string[] };

/** Does what was reviewed, through the same ledger and guards as an action by hand; or nothing, where anything differs. */
export async function applyPlan(work: Work, control: Control, plan: PlanFile, by: string): Promise<Applied> {
  const due = await dueNow(work);
  const differences: string[] = [];
  const meanings = new Map(work.standing().policies.map(({ name, hash }) => [name, hash]));
  for (const [name, hash] of Object.entries(plan.policies)) {
    const now = meanings.get(name);
    if (now !== hash)
      differences.push(`the policy ${name} ${now === undefined ? 'is gone' : 'means something else now'}`);
  }
  const calls: { act: PlannedAct; call: ActionCall }[] = [];
  for (const act of plan.acts) {
    const same = due.find(({ planned }) => isSame(planned, act));
    if (same === undefined)
      differences.push(`${act.action} of ${act.name || act.instance} (${act.policy}) is not due any more`);
    else calls.push({ act, call: same.call });
  }
  if (differences.length > 0) return { kind: 'moved', differences };
  const acts: { act: PlannedAct; outcome: Outcome<unknown> }[] = [];
  for (const { act, call } of calls) acts.push({ act, outcome: await control.act(act.instance, call, by) });
  return { kind: 'applied', acts };
}

function isSame(one: PlannedAct, other: PlannedAct): boolean {
  const keys = ['policy', 'instance', 'machine', 'action', 'step', 'occurrence', 'terms', 'costYuan'] as const;
  return keys.every((key) => one[key] === other[key]);
}
