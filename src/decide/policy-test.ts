import type { Zone } from '../calendar/zone.ts';
import type { InstanceKey } from '../fleet/instance.ts';
import type { Policy } from '../policy/policy.ts';
import type { EventText, ExpectationText, NeverText, PolicyTestText } from '../policy/test-grammar.ts';
import { type ComingDecision, type ForecastEvent, forecast } from './forecast.ts';
import {
  type GivenFleet,
  givenKey,
  givenWorld,
  momentOf,
  startedByPerson,
  withFacts,
  withMoney,
} from './given-fleet.ts';

/** One thing that a test expects, with where it stands in the test. */
export interface Unmet {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** How one test came out. */
export interface PolicyTestResult {
  readonly name: string;
  readonly unmet: readonly Unmet[];
  /** Everything that was decided, in the order of time. */
  readonly decided: readonly ComingDecision[];
  /** Policies that the test is about. */
  readonly policies: readonly string[];
}

/** What a test is run with, besides its text. */
export interface TestGround extends Omit<GivenFleet, 'machines' | 'money'> {
  readonly policies: readonly Policy[];
  readonly zone: Zone;
}

/** Names in a test that stand for nothing. Nothing can be run before they are mended. */
export function strangeNames(test: PolicyTestText, ground: TestGround): readonly Unmet[] {
  const strange: Unmet[] = [];
  const machines = new Set(Object.keys(test.fleet));
  const accounts = new Set(ground.accounts.map(({ name }) => name));
  const policies = new Set(ground.policies.map(({ name }) => name));
  const check = (what: string, name: string | undefined, known: ReadonlySet<string>, path: readonly PropertyKey[]) => {
    if (name === undefined || known.has(name)) return;
    strange.push({ path, message: `there is no ${what} "${name}"; there are ${[...known].join(', ') || 'none'}` });
  };
  for (const [index, name] of (test.policies ?? []).entries()) check('policy', name, policies, ['policies', index]);
  for (const [id, machine] of Object.entries(test.fleet)) check('account', machine?.account, accounts, ['fleet', id]);
  for (const name of Object.keys(test.accounts ?? {})) check('account', name, accounts, ['accounts', name]);
  for (const [index, event] of (test.timeline ?? []).entries()) {
    const path = ['timeline', index];
    for (const id of Object.keys(event.set ?? {})) check('machine', id, machines, [...path, 'set', id]);
    for (const name of Object.keys(event.accounts ?? {})) check('account', name, accounts, [...path, 'accounts', name]);
    check('machine', event.hold?.instance, machines, [...path, 'hold', 'instance']);
    check('machine', event.personStarts, machines, [...path, 'personStarts']);
  }
  for (const key of ['expect', 'never'] as const) {
    for (const [index, { instance, policy }] of (test[key] ?? []).entries()) {
      check('machine', instance, machines, [key, index, 'instance']);
      check('policy', policy, policies, [key, index, 'policy']);
    }
  }
  return strange;
}

/** Runs one test on virtual time with the live evaluator. Its names must have been checked by {@link strangeNames}. */
export function runPolicyTest(test: PolicyTestText, ground: TestGround): PolicyTestResult {
  const { zone } = ground;
  const given: GivenFleet = { ...ground, machines: test.fleet, money: test.accounts ?? {} };
  const now = momentOf(test.now, 0, zone);
  const policies = ground.policies.filter(({ name }) => test.policies?.includes(name) !== false);
  const when = ({ at, after }: Pick<EventText, 'at' | 'after'>) =>
    at === undefined ? now + (after ?? 0) : momentOf(at, now, zone);
  const events = (test.timeline ?? []).flatMap((event) => eventsOf(event, when(event), given));
  const { coming } = forecast(policies, givenWorld(given, now), { until: now + test.for, zone, events });
  const taken = new Set<ComingDecision>();
  const unmet: Unmet[] = [];
  for (const [index, wanted] of (test.expect ?? []).entries()) {
    const at = wanted.at === undefined && wanted.after === undefined ? null : when(wanted);
    const found = coming.find((decision) => !taken.has(decision) && fits(decision, wanted, at, given));
    if (found === undefined) unmet.push({ path: ['expect', index], message: missing(wanted, coming, at, given, zone) });
    else taken.add(found);
  }
  for (const [index, unwanted] of (test.never ?? []).entries()) {
    const found = coming.find((decision) => fitsNever(decision, unwanted, given));
    if (found !== undefined) unmet.push({ path: ['never', index], message: `came all the same: ${told(found, zone)}` });
  }
  if (test.others !== 'allowed') {
    for (const other of coming) {
      if (other.kind === 'act' && !taken.has(other))
        unmet.push({ path: ['expect'], message: `was not expected: ${told(other, zone)}` });
    }
  }
  return { name: test.name, unmet, decided: coming, policies: policies.map(({ name }) => name) };
}

function eventsOf(event: EventText, at: number, given: GivenFleet): ForecastEvent[] {
  const events: ForecastEvent[] = [];
  for (const [id, facts] of Object.entries(event.set ?? {})) {
    const key = givenKey(given, id);
    if (key !== null)
      events.push({ at, instance: key, happen: (world) => world.becomes(key, (view) => withFacts(view, facts, at)) });
  }
  for (const [name, money] of Object.entries(event.accounts ?? {}))
    events.push({
      at,
      instance: null,
      happen: (world) => world.accountBecomes(name, (view) => withMoney(view, money, at)),
    });
  const started = event.personStarts === undefined ? null : givenKey(given, event.personStarts);
  if (started !== null)
    events.push({
      at,
      instance: started,
      happen: (world) => world.becomes(started, (view) => startedByPerson(view, at)),
    });
  if (event.hold !== undefined) events.push(...holdOf(event.hold, at, given));
  return events;
}

/** A hold is two events: its beginning, and its end, at which the idle clock begins anew. */
function holdOf(hold: NonNullable<EventText['hold']>, at: number, given: GivenFleet): ForecastEvent[] {
  const key = givenKey(given, hold.instance);
  if (key === null) return [];
  const until = at + hold.for;
  const held = { id: `test-${at}`, instance: key, owner: 'test', reason: 'test', createdAt: at, until };
  return [
    { at, instance: key, happen: (world) => world.putHold(held) },
    { at: until, instance: key, happen: (world) => world.endHold(key, until) },
  ];
}

const MINUTE_MS = 60_000;

function fits(decision: ComingDecision, wanted: ExpectationText, at: number | null, given: GivenFleet): boolean {
  return (
    fitsNever(decision, { ...wanted, kind: wanted.kind ?? 'act' }, given) &&
    (wanted.reason === undefined || decision.reason === wanted.reason) &&
    // Decisions are made each minute.
    (at === null || Math.floor(decision.at / MINUTE_MS) === Math.floor(at / MINUTE_MS))
  );
}

function fitsNever(decision: ComingDecision, wanted: NeverText, given: GivenFleet): boolean {
  return (
    decision.kind === (wanted.kind ?? 'act') &&
    (wanted.do === undefined || decision.action === wanted.do) &&
    (wanted.policy === undefined || decision.policy === wanted.policy) &&
    (wanted.instance === undefined || decision.instance === givenKey(given, wanted.instance))
  );
}

/** What is nearest to what was expected, so that the difference is seen. */
function missing(
  wanted: ExpectationText,
  coming: readonly ComingDecision[],
  at: number | null,
  given: GivenFleet,
  zone: Zone,
): string {
  const key: InstanceKey | null = wanted.instance === undefined ? null : givenKey(given, wanted.instance);
  const about = coming.filter(({ instance }) => key === null || instance === key);
  const alike = about.filter(({ action }) => action === wanted.do);
  const near = (alike.length > 0 ? alike : about).slice(0, 3);
  const expected = `${wanted.do}${wanted.instance === undefined ? '' : ` of ${wanted.instance}`}${at === null ? '' : ` at ${clock(at, zone)}`}`;
  const seen =
    near.length === 0
      ? 'nothing was decided about it'
      : `decided was ${near.map((each) => told(each, zone)).join('; ')}`;
  return `did not come: ${expected}; ${seen}`;
}

function told({ at, kind, action, instance, account, policy, reason }: ComingDecision, zone: Zone): string {
  const word = kind === 'act' ? action : `${kind} ${action}`;
  return `${clock(at, zone)} ${word} ${instance ?? account} (${policy}, ${reason})`;
}

function clock(at: number, zone: Zone): string {
  return new Date(at + zone.offsetMs(at)).toISOString().slice(0, 16).replace('T', ' ');
}
