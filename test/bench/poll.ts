import { Agent, request } from 'undici';
import { poll } from '../../src/work/poll.ts';
import { startRedis } from '../support/redis.ts';
import { type Engine, startEngine } from './engine.ts';
import { type SimulatorProcess, startSimulator } from './processes.ts';
import { atMost, type Row, type Target } from './rows.ts';
import { compare, digits, median } from './statistics.ts';
import { type Pause, watched } from './ticker.ts';

const INSTANCES = 10_000;
const ROUNDS = 11;
/** So many polls a daemon has behind it after a few minutes; only then is its code compiled to the end. */
const WARM_UP_ROUNDS = 8;
/** Of a hundred machines one is started or stopped between two polls: far more than a real fleet does in a minute. */
const ONE_IN = 100;

/** A poll of 10 000 instances to its stored snapshot, against fetching and parsing the same bytes. */
export async function benchPoll(): Promise<readonly Row[]> {
  await using stack = new AsyncDisposableStack();
  const redis = await startRedis();
  stack.defer(() => redis.stop());
  const simulator = await startSimulator(INSTANCES);
  stack.defer(() => simulator.stop());
  const engine = await startEngine(redis.url, simulator);
  stack.defer(() => engine.close());
  const agent = new Agent({ allowH2: false });
  stack.defer(() => agent.destroy());

  const usual: Round[] = [];
  const worst: Round[] = [];
  const cold = await measure(engine, agent, simulator);
  // The first rounds warm up both sides and are thrown away.
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
    await stopSome(agent, simulator, round);
    // The simulator writes its listing anew after a change; that is no part of either side.
    await fetchAndParse(agent, simulator);
    const first = await measure(engine, agent, simulator);
    await changeEverything(engine);
    const second = await measure(engine, agent, simulator);
    if (round < 0) continue;
    usual.push(first);
    worst.push(second);
  }
  return [
    pollRow('poll of 10 000 instances to its stored snapshot, 1 % changed', usual, atMost(2)),
    pollRow('the same, every row to be stored anew', worst, null),
    pollRow('the same, the first of a process', [cold], null),
    pauseRow('longest pause of the event loop in a poll, 1 % changed', usual),
    pauseRow('the same, every row to be stored anew', worst),
    pauseRow('the same, the first of a process', [cold]),
  ];
}

interface Timed {
  readonly ms: number;
  /** What this process computed meanwhile, in all its threads. */
  readonly cpuMs: number;
  readonly pause: Pause;
}

interface Round {
  readonly ours: Timed;
  readonly theirs: Timed;
  readonly bytes: number;
}

async function measure(engine: Engine, agent: Agent, simulator: SimulatorProcess): Promise<Round> {
  const { signal } = new AbortController();
  const ours = await timed(() => poll(engine.work, engine.account, signal));
  let bytes = 0;
  const theirs = await timed(async () => {
    bytes = await fetchAndParse(agent, simulator);
  });
  return { ours, theirs, bytes };
}

function pollRow(what: string, rounds: readonly Round[], target: Target | null): Row {
  const { first, second, ratio } = compare(rounds.map(({ ours, theirs }) => [ours.ms, theirs.ms] as const));
  const megabytes = digits(median(rounds.map(({ bytes }) => bytes)) / 1e6);
  const cpu = compare(rounds.map(({ ours, theirs }) => [ours.cpuMs, theirs.cpuMs] as const));
  const detail = `${digits(first)} ms, ${digits(cpu.first)} ms of it computing; fetch and JSON.parse of the same ${megabytes} MB ${digits(second)} and ${digits(cpu.second)} ms`;
  return { what, measured: ratio, unit: 'times', target, detail };
}

function pauseRow(what: string, rounds: readonly Round[]): Row {
  const of = (get: (round: Round) => number) => median(rounds.map(get));
  return {
    what,
    measured: of(({ ours }) => ours.pause.ownMs),
    unit: 'ms',
    target: null,
    detail: `of the thread's own time; ${digits(of(({ ours }) => ours.pause.wallMs))} ms on the wall; of the fetch and JSON.parse alone ${digits(of(({ theirs }) => theirs.pause.ownMs))} ms`,
  };
}

/** Stops or starts one machine in a hundred, spread over the listing. */
async function stopSome(agent: Agent, simulator: SimulatorProcess, round: number): Promise<void> {
  const ids: string[] = [];
  for (let index = Math.abs(round * 7) % ONE_IN; index < INSTANCES; index += ONE_IN) ids.push(`huixingyun-${index}`);
  for (const path of ['stop', 'start']) {
    const body = { gid: ids.join(','), ...(path === 'stop' ? { card_less: false } : {}) };
    await (await post(agent, simulator, `/gpu/instances/${path}`, body)).dump();
  }
}

/** Puts another name on every row that is stored, so that the next snapshot differs in all of them. */
async function changeEverything(engine: Engine): Promise<void> {
  const snapshot = await engine.store.loadSnapshot(engine.account);
  if (snapshot?.instances.length !== INSTANCES) throw new Error('the polls did not store what they should');
  const instances = snapshot.instances.map((tracked) => ({
    ...tracked,
    instance: { ...tracked.instance, name: `${tracked.instance.name}'` },
  }));
  await engine.store.saveSnapshot({ ...snapshot, takenAt: snapshot.takenAt + 1, instances }, snapshot.takenAt);
}

async function timed(run: () => Promise<void>): Promise<Timed> {
  const { value, pause } = await watched(async () => {
    const startedAt = performance.now();
    const before = process.cpuUsage();
    await run();
    const { user, system } = process.cpuUsage(before);
    return { ms: performance.now() - startedAt, cpuMs: (user + system) / 1000 };
  });
  return { ...value, pause };
}

async function fetchAndParse(agent: Agent, simulator: SimulatorProcess): Promise<number> {
  const body = await post(agent, simulator, '/gpu/instances/list', {});
  const text = await body.text();
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== 'object' || parsed === null || !('items' in parsed)) throw new Error('not a listing');
  return Buffer.byteLength(text);
}

async function post(agent: Agent, simulator: SimulatorProcess, path: string, argument: object) {
  const { body } = await request(simulator.origin + path, {
    method: 'POST',
    dispatcher: agent,
    headers: { authorization: simulator.token, 'content-type': 'application/json' },
    body: JSON.stringify(argument),
  });
  return body;
}
