import { formatDuration } from '../calendar/duration.ts';
import type { Instance } from '../fleet/instance.ts';
import type { Labels } from '../fleet/label.ts';
import type { Operation } from '../fleet/operation.ts';
import { type MachineInput, type PolicyTestInput, policyTestGrammar } from '../policy/test-grammar.ts';
import { clockText } from './clause-stands.ts';
import { argumentsOf } from './decided-arguments.ts';
import type { ComingDecision } from './forecast.ts';
import { type PolicyTestResult, runPolicyTest, type TestGround } from './policy-test.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 86_400_000;
/** A test begins so long before whatever made it due, so that it is seen to come due. */
const BEFORE_MS = 10 * MINUTE_MS;
/** The daemon looks once or twice a minute, and a test at whole minutes. */
const TOLERANCE_MS = 2 * MINUTE_MS;
/**
 * Limits that others use up hold back what is due, and one machine alone shows nothing of that. What was announced and is
 * later than this is announced anew.
 */
const HELD_BACK_MS = 15 * MINUTE_MS;
/** What is owed is tried until it is done: a cloud without cards, a pause or limits that others use up make it late, and none is in a test. */
const OWED_LATE_MS = 6 * HOUR_MS;
/** An id that is good to read and to type, and no range. */
const HANDY = /^[\p{L}\p{N}][\p{L}\p{N}_-]*$/u;

/** What is known of something that a policy did. */
export interface Incident {
  readonly operation: Operation;
  /** From which it followed: the stop that it owes a start to, or an earlier step of the same list; `null`: it stands alone. */
  readonly cause: Operation | null;
  /** The same machine as it is listed now; `null`: it is gone, or another has its id. */
  readonly machine: { readonly instance: Instance; readonly labels: Labels } | null;
}

export type IncidentTest =
  /** `lateMs`: so long before it was done was it due; 0: it was done at once. */
  | { readonly kind: 'written'; readonly test: PolicyTestInput; readonly lateMs: number }
  /** `notes`: what was in the way where it came closest. */
  | { readonly kind: 'insufficient'; readonly why: string; readonly notes: readonly string[] };

/**
 * A test that has the policies come to the same decisions as they did: the machine as it was known, the time, and what was
 * decided when. Whatever makes no difference is left out. Only what has been run and passes is given.
 */
export function incidentTest(incident: Incident, ground: TestGround): IncidentTest {
  const { operation, cause } = incident;
  const policies = [...new Set([cause?.policy, operation.policy])].flatMap((name) => name ?? []);
  for (const begins of beginnings(cause ?? operation)) {
    for (const shown of shownAs(incident, begins)) {
      const outline = outlineOf(incident, policies, begins, shown, ground);
      const decided = run(outline, ground).decided;
      // What came in time is nearer than what was held back; and either shows more than a beginning where all is due already.
      const found =
        decided.find((each) => isDecisionOf(operation, each, TOLERANCE_MS)) ??
        decided.find((each) => isDecisionOf(operation, each, HELD_BACK_MS));
      if (found === undefined) continue;
      const whole = withExpectations(outline, decided, found, begins, ground);
      const test = shortened(whole, ground);
      const lateMs = operation.createdAt - found.at;
      if (test !== null) return { kind: 'written', test, lateMs: lateMs > TOLERANCE_MS ? lateMs : 0 };
    }
  }
  const at = clockText(operation.createdAt, ground.zone);
  return {
    kind: 'insufficient',
    why: `by what is known of it the policies would not ask for a ${operation.action} at ${at}, as ${operation.policy} did then`,
    notes: missOf(incident, policies, ground),
  };
}

/** A machine under the id by which the test knows it. */
interface Shown {
  readonly id: string;
  readonly machine: MachineInput;
}

/** When the test may begin, best first: shortly before whatever came last made it due, or just when it was announced or decided. */
function beginnings(operation: Operation): readonly number[] {
  const { createdAt } = operation;
  const time = (key: string) => timeOf(operation, key);
  const dueBy = ['windowOpenedAt', 'tickAt', 'announcedAt'].flatMap((key) => time(key) ?? []);
  const first = Math.min(createdAt, ...dueBy.filter((at) => createdAt - at < DAY_MS)) - BEFORE_MS;
  const lasting = [time('statusSince'), time('upSince'), idleFrom(operation)].flatMap((at) => at ?? []);
  const begins = Math.ceil(Math.max(first, ...lasting.filter((at) => at <= createdAt)) / MINUTE_MS) * MINUTE_MS;
  const exactly = [time('announcedAt') ?? createdAt, createdAt].map((at) => Math.floor(at / MINUTE_MS) * MINUTE_MS);
  return [...new Set([...(begins < createdAt ? [begins] : []), ...exactly])];
}

/** By its name where that is good to read, and else, or where something goes by its id, by that. */
function shownAs(incident: Incident, begins: number): readonly Shown[] {
  const { instanceId, instanceName } = incident.operation;
  const machine = machineOf(incident, begins);
  const byId = { id: instanceId, machine: { ...machine, name: instanceName } };
  return HANDY.test(instanceName) ? [{ id: instanceName, machine }, byId] : [byId];
}

/** Everything that is known of the machine as it was when the test begins. */
function machineOf({ operation, cause, machine }: Incident, begins: number): MachineInput {
  const { account, observed } = cause ?? operation;
  const since = (key: string): number | null => timeOf(cause ?? operation, key);
  const ago = (at: number | null) => (at === null ? undefined : formatDuration(Math.max(0, begins - at)));
  const isUp = observed.status === 'running';
  const expiresIn = observed.expiresAt === null ? 0 : observed.expiresAt - begins;
  const known: MachineInput = {
    account,
    status: observed.status,
    billing: observed.billing,
    gpuType: observed.gpuType,
    gpu: machine?.instance.gpu,
    room: machine?.instance.room,
    labels: machine?.labels,
    upFor: ago((isUp ? since('upSince') : null) ?? since('statusSince')),
    idleFor: ago(idleFrom(cause ?? operation)),
    expiresIn: expiresIn > 0 ? formatDuration(expiresIn) : undefined,
  };
  return without(known, (_, value) => value === undefined || value === '');
}

function outlineOf(
  { operation, cause }: Incident,
  policies: readonly string[],
  begins: number,
  { id, machine }: Shown,
  { zone }: TestGround,
): PolicyTestInput {
  const { account, action, createdAt } = operation;
  const { balance = null, runway = null } = (cause ?? operation).evidence;
  const money = {
    ...(balance === null ? {} : { balance: Number(balance) }),
    ...(runway === null ? {} : { runway: String(runway) }),
  };
  const day = clockText(createdAt, zone).slice(0, 10);
  return {
    name: `${action} of ${operation.instanceName || operation.instanceId} on ${day}`,
    now: clockText(begins, zone),
    for: formatDuration(Math.max(createdAt - begins, 0) + BEFORE_MS - ((createdAt - begins) % MINUTE_MS)),
    policies: [...policies],
    ...(Object.keys(money).length === 0 ? {} : { accounts: { [account]: money } }),
    fleet: { [id]: machine },
  };
}

function isDecisionOf(operation: Operation, each: ComingDecision, mostLate: number): boolean {
  const late = operation.createdAt - each.at;
  const isOwed = operation.transitions[0]?.reason === 'afterwards';
  return (
    each.kind === 'act' &&
    each.policy === operation.policy &&
    each.action === operation.action &&
    each.step === operation.step &&
    (each.reason === 'afterwards') === isOwed &&
    late >= -TOLERANCE_MS &&
    late <= (isOwed ? OWED_LATE_MS : mostLate)
  );
}

/** With everything that was announced and done until then, and an end soon after. */
function withExpectations(
  outline: PolicyTestInput,
  decided: readonly ComingDecision[],
  last: ComingDecision,
  begins: number,
  { zone, policies, accounts }: TestGround,
): PolicyTestInput {
  const [instance = ''] = Object.keys(outline.fleet);
  const machines = policyTestGrammar.shape.fleet.parse(outline.fleet);
  const seen = decided.filter(({ kind, at }) => (kind === 'act' || kind === 'announce') && at <= last.at);
  const later = decided.find(({ kind, at }) => kind === 'act' && at > last.at);
  const end = Math.min(last.at + BEFORE_MS / 2, later?.at ?? Number.POSITIVE_INFINITY);
  const isOneDay = last.at - begins < DAY_MS;
  return {
    ...outline,
    for: formatDuration(Math.max(end - begins, MINUTE_MS)),
    expect: seen.map((decision): NonNullable<PolicyTestInput['expect']>[number] => {
      const { at, kind, action, reason } = decision;
      // What costs money says how much of it.
      const given = action === 'renew' ? { with: argumentsOf(decision, policies, { accounts, machines }) } : {};
      const when = clockText(at, zone);
      const common = { at: isOneDay ? when.slice(-'00:00'.length) : when };
      if (kind === 'announce') return { ...common, kind, do: actionOf(action), instance };
      return { ...common, do: actionOf(action), instance, ...(isActing(reason) ? { reason } : {}), ...given };
    }),
  };
}

type Doing = NonNullable<PolicyTestInput['expect']>[number]['do'];

/** Decisions of policies are about actions that a policy can ask for. */
function actionOf(action: string): Doing {
  return policyTestGrammar.shape.expect.unwrap().element.shape.do.parse(action);
}

function isActing(reason: ComingDecision['reason']): reason is 'due' | 'made-up' | 'afterwards' | 'by-hand' {
  return ['due', 'made-up', 'afterwards'].some((each) => each === reason);
}

/** Without each fact that makes no difference; `null`: it does not even pass with all of them. */
function shortened(whole: PolicyTestInput, ground: TestGround): PolicyTestInput | null {
  if (!passes(whole, ground)) return null;
  let test = whole;
  const attempt = (next: PolicyTestInput) => {
    if (passes(next, ground)) test = next;
  };
  if (test.accounts !== undefined) attempt(without(test, (key) => key === 'accounts'));
  const [id = ''] = Object.keys(test.fleet);
  const machine = () => test.fleet[id] ?? {};
  const change = (next: MachineInput) => attempt({ ...test, fleet: { [id]: next } });
  for (const key of Object.keys(machine())) change(without(machine(), (each) => each === key));
  for (const label of Object.keys(machine().labels ?? {}))
    change({ ...machine(), labels: without(machine().labels ?? {}, (each) => each === label) });
  return test;
}

function passes(test: PolicyTestInput, ground: TestGround): boolean {
  return run(test, ground).unmet.length === 0;
}

function run(test: PolicyTestInput, ground: TestGround): PolicyTestResult {
  return runPolicyTest(policyTestGrammar.parse(test), ground);
}

/** What kept the policies from it, as a test that fails tells it. */
function missOf(incident: Incident, policies: readonly string[], ground: TestGround): readonly string[] {
  const { operation } = incident;
  const [begins = operation.createdAt] = beginnings(incident.cause ?? operation);
  const [shown] = shownAs(incident, begins);
  if (shown === undefined) return [];
  const outline = outlineOf(incident, policies, begins, shown, ground);
  const at = clockText(Math.ceil(operation.createdAt / MINUTE_MS) * MINUTE_MS, ground.zone);
  const expected = { at, do: actionOf(operation.action), instance: shown.id };
  return run({ ...outline, others: 'allowed', expect: [expected] }, ground).unmet.flatMap(({ notes }) => notes);
}

/** From when on its idleness counted: not before it was watched. */
function idleFrom(operation: Operation): number | null {
  const idleSince = timeOf(operation, 'idleSince');
  return idleSince === null ? null : Math.max(idleSince, timeOf(operation, 'watchedSince') ?? idleSince);
}

/** A time among the facts that a decision rested on; `null`: none was noted. Epoch ms. */
function timeOf({ evidence }: Operation, key: string): number | null {
  const text = evidence[key];
  const at = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isFinite(at) ? at : null;
}

function without<T extends object>(map: T, isOut: (key: string, value: unknown) => boolean): T {
  const kept = { ...map };
  for (const [key, value] of Object.entries(map)) if (isOut(key, value)) Reflect.deleteProperty(kept, key);
  return kept;
}
