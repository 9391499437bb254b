import { Agent, request } from 'undici';
import { poll } from '../../src/work/poll.ts';
import { startRedis } from '../support/redis.ts';
import { startEngine } from './engine.ts';
import { type SimulatorProcess, startSimulator } from './processes.ts';
import { atMost, type Row } from './rows.ts';
import { compare, digits, median } from './statistics.ts';
import { watched } from './ticker.ts';

const INSTANCES = 10_000;
const ROUNDS = 11;

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
  const { signal } = new AbortController();

  const times: (readonly [number, number])[] = [];
  const pauses: (readonly [number, number])[] = [];
  let bytes = 0;
  // The first two rounds warm up both sides and are thrown away.
  for (let round = -2; round < ROUNDS; round += 1) {
    const ours = await timed(() => poll(engine.work, engine.account, signal));
    const theirs = await timed(async () => {
      bytes = await fetchAndParse(agent, simulator);
    });
    if (round < 0) continue;
    times.push([ours.ms, theirs.ms]);
    pauses.push([ours.pauseMs, theirs.pauseMs]);
  }
  const snapshot = await engine.store.loadSnapshot(engine.account);
  if (snapshot?.instances.length !== INSTANCES) throw new Error('the polls did not store what they should');
  const { first, second, ratio } = compare(times);
  const megabytes = digits(bytes / 1e6);
  return [
    {
      what: 'poll of 10 000 instances to its stored snapshot',
      measured: ratio,
      unit: 'times',
      target: atMost(2),
      detail: `${digits(first)} ms; fetch and JSON.parse of the same ${megabytes} MB ${digits(second)} ms`,
    },
    {
      what: 'longest pause of the event loop in such a poll',
      measured: median(pauses.map(([ours]) => ours)),
      unit: 'ms',
      target: null,
      detail: `of the fetch and JSON.parse alone ${digits(median(pauses.map(([, theirs]) => theirs)))} ms`,
    },
  ];
}

async function timed(run: () => Promise<void>): Promise<{ readonly ms: number; readonly pauseMs: number }> {
  const { value, pause } = await watched(async () => {
    const startedAt = performance.now();
    await run();
    return performance.now() - startedAt;
  });
  return { ms: value, pauseMs: pause.wallMs };
}

async function fetchAndParse(agent: Agent, simulator: SimulatorProcess): Promise<number> {
  const { body } = await request(`${simulator.origin}/gpu/instances/list`, {
    method: 'POST',
    dispatcher: agent,
    headers: { authorization: simulator.token, 'content-type': 'application/json' },
    body: '{}',
  });
  const text = await body.text();
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== 'object' || parsed === null || !('items' in parsed)) throw new Error('not a listing');
  return Buffer.byteLength(text);
}
