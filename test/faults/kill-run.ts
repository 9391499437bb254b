import { isTerminal, type Operation } from '../../src/fleet/operation.ts';
import { type Random, seededRandom } from '../../src/simulator/random.ts';
import type { SimAccount } from '../../src/simulator/sim-account.ts';
import type { FaultBed } from './fault-bed.ts';
import type { FaultChild } from './fault-child.ts';
import type { Point } from './fault-points.ts';
import { account, daily, HOUR, MINUTE, SECOND } from './harness.ts';

/** How large a run of random kills is. */
export interface KillPlan {
  readonly seed: number;
  readonly kills: number;
  /** Machines to be renewed, each once: a month is bought. */
  readonly renewals: number;
  readonly accounts: number;
  /** In which the renewals fall due, one after the other. */
  readonly spanMs: number;
  /** Real ms that a daemon is let live where the point it should die at does not come. */
  readonly lifeMs: number;
}

/** What became of it. */
export interface Tally {
  readonly kills: number;
  readonly renewals: number;
  readonly requests: number;
  readonly commits: number;
  /** Machines that were paid for, or asked to be, more than once. */
  readonly doubles: number;
  /** Machines that were neither renewed nor put before a person. */
  readonly lost: number;
  readonly escalated: number;
}

/** So many daemons run side by side. */
const REPLICAS = 2;
/** From due to expiry: time enough for what is held back after unclear answers. */
const AHEAD_MS = 12 * HOUR;
const QUIET_STEP_MS = 20 * SECOND;
/** Real ms: the last deaths are settled within hours of their time, a fraction of a second each. */
const SETTLE_MS = 600_000;
/** How often one is told how far it is. */
const TELL_EVERY = 50;
/** How often one is killed at a named point rather than at any moment. */
const NAMED_SHARE = 0.75;
const NAMED: readonly Point[] = [
  'before-arm',
  'after-arm',
  'before-ring',
  'after-ring',
  'before-sending',
  'after-sending',
  'gate-open',
  'request-left',
  'answer-received',
  'before-accepted',
  'after-accepted',
  'before-verifying',
  'after-verifying',
  'before-confirmed',
  'after-confirmed',
  'before-uncertain',
  'after-uncertain',
];

export const MONTHS = {
  'keep-paid.yaml': `
policies:
  - name: keep-paid
    match: { name: "prod-*" }
    when: { expiresWithin: 12h }
    do: { renew: { periods: 1 } }
`,
} as const;

/** The machines of a run, spread over its accounts and over its time. */
export function machines(plan: KillPlan): readonly SimAccount[] {
  const hoursLeft = (index: number) => (AHEAD_MS + (index / plan.renewals) * plan.spanMs) / HOUR;
  const all = Array.from({ length: plan.renewals }, (_, index) =>
    daily(`m${index}`, hoursLeft(index), { billing: 'monthly' }),
  );
  return Array.from({ length: plan.accounts }, (_, number) =>
    account(
      'huixingyun',
      all.filter((_, index) => index % plan.accounts === number),
      // A month of each machine is paid for.
      { name: `hxy-${number}`, balanceFen: 1_000_000_000 },
    ),
  );
}

/** Kills daemons until it has killed enough, then lets two live until everything is settled. */
export async function killRun(bed: FaultBed, plan: KillPlan): Promise<Tally> {
  const random = seededRandom(plan.seed);
  const crew = new Crew(bed, plan, random);
  await crew.start();
  while (crew.kills < plan.kills) {
    await crew.killOne();
    if (crew.kills % TELL_EVERY === 0)
      process.stderr.write(`${crew.kills} kills, ${bed.requests()} requests, ${bed.commits().length} commits\n`);
    // As much time passes between two deaths as it takes for as many renewals to fall due.
    await quiet(bed);
    await bed.pass(Math.round(2 * random() * (plan.spanMs / plan.kills)));
  }
  await crew.letLive();
  await settle(bed, plan, crew.endAt);
  return await count(bed, crew.kills, plan);
}

/** Lets time pass, with each round of listings, until every renewal has fallen due and has ended. */
async function settle(bed: FaultBed, plan: KillPlan, endAt: number): Promise<void> {
  const { ledger } = await bed.store();
  let seen = bed.listings;
  await bed.until(
    'everything is settled',
    async () => {
      if (bed.listings < seen + plan.accounts) return false;
      const open = await ledger.openCounts();
      const isUnderWay = (open.get('armed') ?? 0) + (open.get('sending') ?? 0) > 0;
      const isLookedAt = (open.get('accepted') ?? 0) + (open.get('uncertain') ?? 0) + (open.get('verifying') ?? 0) > 0;
      if (!isUnderWay && !isLookedAt && bed.clock.now() >= endAt) {
        const all = await bed.everyOperation();
        if (all.every(isOver) && unsettled(bed, all).length === 0) return true;
      }
      // Small steps where a request may be under way, large ones where nothing is.
      await bed.pass(isUnderWay ? QUIET_STEP_MS : isLookedAt ? MINUTE : 5 * MINUTE);
      seen = bed.listings;
      return false;
    },
    SETTLE_MS,
  );
}

/** A line of names and a line of numbers. */
export function asTable(tally: Tally): string {
  const columns = Object.entries(tally).map(([name, value]) => [name, String(value)] as const);
  const line = (pick: 0 | 1) => columns.map((pair) => pair[pick].padStart(Math.max(pair[0].length, pair[1].length)));
  return `${line(0).join('  ')}\n${line(1).join('  ')}\n`;
}

/** Two daemons, and one that waits to take the place of the next to die. */
class Crew {
  kills = 0;
  readonly endAt: number;
  readonly #bed: FaultBed;
  readonly #plan: KillPlan;
  readonly #random: Random;
  readonly #alive: FaultChild[] = [];
  readonly #waiting: FaultChild[] = [];

  constructor(bed: FaultBed, plan: KillPlan, random: Random) {
    this.#bed = bed;
    this.#plan = plan;
    this.#random = random;
    this.endAt = bed.clock.now() + plan.spanMs;
  }

  async start(): Promise<void> {
    for (let each = 0; each < 2 * REPLICAS; each += 1) this.#waiting.push(this.#bed.standby());
    for (let each = 0; each < REPLICAS; each += 1) await this.#take();
  }

  /** One of them dies: at its point if it comes by there in time, else at any moment. Another takes its place. */
  async killOne(): Promise<void> {
    const lifeMs = this.#plan.lifeMs * (0.25 + this.#random() * 0.75);
    let end = Number.POSITIVE_INFINITY;
    const dead = await this.#bed.until('one dies, or has lived long enough', async () => {
      const struck = this.#alive.find(({ running }) => !running);
      if (struck !== undefined) return struck;
      // A life begins when it works: on a busy machine the start takes longer than all the rest.
      const working = this.#alive.filter(({ origin }) => origin !== null);
      if (working.length === 0) return null;
      end = Math.min(end, performance.now() + lifeMs);
      if (performance.now() < end) return null;
      const victim = working[Math.floor(this.#random() * working.length)];
      await victim?.kill();
      return victim;
    });
    const how = await dead.ended;
    if (how !== 'SIGKILL') throw new Error(`a daemon ended by itself, with ${how}:\n${dead.stderr.slice(-4_000)}`);
    this.kills += 1;
    this.#alive.splice(this.#alive.indexOf(dead), 1);
    this.#bed.forget(dead);
    this.#waiting.push(this.#bed.standby());
    await this.#take();
  }

  /** From here on nobody dies: those that would are replaced. */
  async letLive(): Promise<void> {
    for (const child of this.#alive.splice(0)) {
      await child.kill();
      this.kills += 1;
      this.#bed.forget(child);
    }
    for (let each = 0; each < REPLICAS; each += 1) await this.#take([]);
    for (const child of this.#waiting.splice(0)) await child.kill();
  }

  async #take(strikes: Parameters<FaultChild['begin']>[1] = this.#strikes()): Promise<void> {
    const next = this.#waiting.shift();
    if (next === undefined) throw new Error('nobody waits to take the place');
    await this.#bed.until('the next is loaded', () => next.loaded || !next.running);
    next.begin(this.#bed.clock.now(), strikes);
    this.#alive.push(next);
  }

  #strikes(): Parameters<FaultChild['begin']>[1] {
    if (this.#random() > NAMED_SHARE) return [];
    const point = NAMED[Math.floor(this.#random() * NAMED.length)];
    return point === undefined ? [] : [{ point, do: 'kill', nth: 1 + Math.floor(this.#random() * 2) }];
  }
}

/** Time that passes in the middle of a request makes its sender look as if it had been paused; so it waits a little. */
async function quiet(bed: FaultBed): Promise<void> {
  const end = performance.now() + 500;
  await bed.until('no request is under way', async () => {
    const counts = await (await bed.store()).ledger.openCounts();
    return (counts.get('sending') ?? 0) === 0 || performance.now() > end;
  });
  await bed.pass(QUIET_STEP_MS);
}

function isOver({ state }: Operation): boolean {
  return state === 'escalated' || isTerminal(state);
}

/** Machines that are neither renewed nor before a person. */
function unsettled(bed: FaultBed, all: readonly Operation[]): readonly string[] {
  const known = new Set<string>(all.filter(({ state }) => state === 'escalated').map(({ instance }) => instance));
  const paid = new Set(bed.commits().map(({ instance }) => instance));
  return bed.sim.accounts
    .flatMap(({ name, instances }) => instances.map(({ id }) => `${name}/${id}`))
    .filter((instance) => !known.has(instance) && !paid.has(instance));
}

async function count(bed: FaultBed, kills: number, plan: KillPlan): Promise<Tally> {
  const all = await bed.everyOperation();
  const paid = bed.commits().map(({ instance }) => instance);
  const asked = bed.sent.map(({ instance }) => instance);
  const twice = (names: readonly string[]) => names.filter((name, index) => names.indexOf(name) !== index);
  return {
    kills,
    renewals: plan.renewals,
    requests: asked.length,
    commits: paid.length,
    doubles: new Set([...twice(paid), ...twice(asked)]).size,
    lost: unsettled(bed, all).length,
    escalated: all.filter(({ state }) => state === 'escalated').length,
  };
}
