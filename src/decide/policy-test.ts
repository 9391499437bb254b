import type { Zone } from '../calendar/zone.ts';
import type { Clause } from '../policy/clauses.ts';
import type { Policy } from '../policy/policy.ts';
import type { EventText, PolicyTestText } from '../policy/test-grammar.ts';
import type { CoverageBook } from './coverage.ts';
import { type ComingDecision, type ForecastEvent, type ForecastOptions, forecast } from './forecast.ts';
import {
  eachMachine,
  type GivenFleet,
  givenKey,
  givenWorld,
  momentOf,
  startedByPerson,
  withFacts,
  withMoney,
} from './given-fleet.ts';
import { NearMiss } from './near-miss.ts';
import { decidedText, differenceOf, differsIn, type Expected, expectedText } from './test-difference.ts';
import type { World } from './world.ts';

const MINUTE_MS = 60_000;

/** One thing that came out otherwise than a test says, with where it stands in the test. */
export interface Unmet {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** What came instead, and what was in the way; lines for people. */
  readonly notes: readonly string[];
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
  /** Of the policies, by name. */
  readonly clauses: ReadonlyMap<string, readonly Clause[]>;
  readonly zone: Zone;
  /** Is told of every look that the test takes; `null`: nobody asks. */
  readonly coverage: CoverageBook | null;
}

/** Runs one test on virtual time with the live evaluator. It must have been found sensible by {@link senselessIn}. */
export function runPolicyTest(test: PolicyTestText, ground: TestGround): PolicyTestResult {
  const { zone, coverage } = ground;
  const given: GivenFleet = { ...ground, machines: eachMachine(test.fleet), money: test.accounts ?? {} };
  const now = momentOf(test.now, 0, zone);
  const until = now + test.for;
  const policies = ground.policies.filter(({ name }) => test.policies?.includes(name) !== false);
  const when = ({ at, after }: Pick<EventText, 'at' | 'after'>) =>
    at === undefined ? now + (after ?? 0) : momentOf(at, now, zone);
  const events = (test.timeline ?? []).flatMap((event) => eventsOf(event, when(event), given));
  const look = (more: Pick<ForecastOptions, 'onLook'>, extra: readonly ForecastEvent[] = []) =>
    forecast(policies, givenWorld(given, now), { until, zone, events: [...events, ...extra], ...more });
  const { coming } = look({ onLook: (world, evaluation) => coverage?.saw(policies, world, evaluation) });
  const expected = (test.expect ?? []).map((wanted, index): Expected => {
    const isAnyTime = wanted.at === undefined && wanted.after === undefined;
    return { index, wanted, at: isAnyTime ? null : when(wanted) };
  });
  const { missing, forbidden, unexpected } = differenceOf(test, expected, coming, { ...given, policies });
  const decided = (decision: ComingDecision) => {
    const { place } = policies.find(({ name }) => name === decision.policy) ?? {};
    return place === undefined ? [] : [`decided by ${decision.policy}  ${place.file}:${place.line}:${place.column}`];
  };
  const hopes = missing.map((each) => ({ ...each, near: nearMissOf(each, given, ground) }));
  // Once more, now that it is known what to look for, with a look at the very instants that were named.
  const named = hopes.flatMap(({ at }) => (at === null ? [] : [{ at, instance: null, happen: () => {} }]));
  const onLook = (world: World) => {
    for (const hope of hopes) if (isAt(hope, world.now)) hope.near.look(policies, world);
  };
  if (hopes.length > 0) look({ onLook }, named);
  const unmet: Unmet[] = [
    ...hopes.map(({ near, instead, ...each }) => ({
      path: ['expect', each.index],
      message: `did not come: ${expectedText(each, zone)}`,
      notes: [
        ...(instead === null
          ? []
          : [`came instead: ${decidedText(instead, zone)}: ${differsIn(each, instead, { ...given, policies })}`]),
        ...(instead !== null && explainsItself(each, instead) ? [] : near.lines(policies)),
      ],
    })),
    ...forbidden.map(({ index, decision }) => ({
      path: ['never', index],
      message: `came all the same: ${decidedText(decision, zone)}`,
      notes: decided(decision),
    })),
    ...unexpected.map((decision) => ({
      path: ['expect'],
      message: `was not expected: ${decidedText(decision, zone)}`,
      notes: decided(decision),
    })),
  ];
  return { name: test.name, unmet, decided: coming, policies: policies.map(({ name }) => name) };
}

function nearMissOf({ wanted }: Expected, given: GivenFleet, { clauses, zone }: TestGround): NearMiss {
  const instance = wanted.instance === undefined ? null : givenKey(given, wanted.instance);
  return new NearMiss({ action: wanted.do, policy: wanted.policy ?? null, instance }, clauses, zone);
}

/** It came at that very minute, and only in another way. */
function explainsItself({ wanted, at }: Expected, instead: ComingDecision): boolean {
  const isAsked = instead.action === wanted.do && (wanted.policy === undefined || instead.policy === wanted.policy);
  return isAsked && at !== null && isAt({ at }, instead.at);
}

/** Is it the minute that is named, or is any? */
function isAt({ at }: Pick<Expected, 'at'>, now: number): boolean {
  return at === null || Math.floor(now / MINUTE_MS) === Math.floor(at / MINUTE_MS);
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
