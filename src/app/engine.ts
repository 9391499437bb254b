import { createHash } from 'node:crypto';
import type { Clock } from '../fleet/clock.ts';
import type { Queues, Schedule } from '../queue/queue.ts';
import type { Log } from '../telemetry/log.ts';
import { act } from '../work/act.ts';
import { pass } from '../work/pass.ts';
import { poll } from '../work/poll.ts';
import type { Standing, Work } from '../work/ports.ts';
import { tick } from '../work/tick.ts';
import { check, look } from '../work/verify.ts';
import { atMost, eachOf } from './at-most.ts';
import type { TellingRounds } from './telling.ts';

/** Between two passes over an account when nothing new was seen, and between two rounds of tidying. */
const TICK_MS = 30_000;
/** Polls of one account overlap with nothing; of many accounts so many are listed at once. */
const POLLS_AT_ONCE = 20;
/** An account is decided on by one pass at a time; several accounts are decided on at once. */
const PASSES_AT_ONCE = 4;
/** Reversible acts at once: the account's own rate budget holds them back where it must. */
const ACTS_AT_ONCE = 100;
/** Real ms. A large account at a slow cloud takes a minute; after this something hangs. */
const LONGEST_RUN_MS = 180_000;
/** Timers of the queue are real ones; on a clock that goes fast they must still be some ms apart. */
const SHORTEST_EVERY_MS = 50;

/** Gives every queue its worker. */
export function wireWorkers(queues: Queues, work: Work, telling: TellingRounds): void {
  const polls = oneAtATime((account, signal) => poll(work, account, signal));
  const rounds = oneAtATime((account, signal) => observe(work, account, signal));
  const passes = inTurn(async (account, signal: AbortSignal) => {
    await pass(work, account, signal);
  });
  queues.worker('poll', ({ account }, _job, signal) => polls(account, signal), { concurrency: POLLS_AT_ONCE });
  queues.worker('observe', ({ account }, _job, signal) => rounds(account, signal), { concurrency: POLLS_AT_ONCE });
  queues.worker('evaluate', ({ account }, _job, signal) => passes(account, signal), { concurrency: PASSES_AT_ONCE });
  queues.worker('tick', async () => {
    await tick(work);
    await telling.ringAll();
  });
  const acts = atMost(ACTS_AT_ONCE, (id: string, signal: AbortSignal) => act(work, id, signal));
  queues.worker(
    'act-reversible',
    async (payload, _job, signal) => {
      const ids = 'operationIds' in payload ? payload.operationIds : [payload.operationId];
      await eachOf(ids, (id) => acts(id, signal));
    },
    { concurrency: ACTS_AT_ONCE },
  );
  // One after the other, so that a few unclear answers, or one machine too many, keep the rest back; but only those of
  // the same account.
  for (const name of ['act-paid', 'act-destructive'] as const) {
    const turns = inTurn((_account, job: { readonly id: string; readonly signal: AbortSignal }) =>
      act(work, job.id, job.signal),
    );
    queues.worker(
      name,
      async ({ operationId }, _job, signal) => {
        const operation = await work.store.ledger.get(operationId);
        if (operation !== null) await turns(operation.account, { id: operationId, signal });
      },
      { concurrency: ACTS_AT_ONCE },
    );
  }
  queues.worker(
    'verify',
    (payload, _job, signal) =>
      'account' in payload ? look(work, payload.account, signal) : check(work, payload.operationId, signal),
    { concurrency: ACTS_AT_ONCE },
  );
  queues.worker('notify', async ({ notifier, notification }, _job, signal) => {
    if (notification !== undefined) await telling.takeOver(notifier, notification);
    await telling.round(notifier, signal);
  });
}

/**
 * Lets one run per account go at a time, and none for ever: an account that hangs must not fill the places of the
 * others with one waiting run after the other. A run that finds another under way is left out; the next one comes soon.
 */
function oneAtATime(
  run: (account: string, signal: AbortSignal) => Promise<void>,
): (account: string, signal: AbortSignal) => Promise<void> {
  const underWay = new Set<string>();
  return async (account, signal) => {
    if (underWay.has(account)) return;
    underWay.add(account);
    try {
      await run(account, AbortSignal.any([signal, AbortSignal.timeout(LONGEST_RUN_MS)]));
    } finally {
      underWay.delete(account);
    }
  };
}

/** Runs over one account follow each other: two passes at once would see the same thing due and both tell of it. */
function inTurn<T>(run: (account: string, what: T) => Promise<void>): (account: string, what: T) => Promise<void> {
  const last = new Map<string, Promise<void>>();
  return (account, what) => {
    const before = last.get(account) ?? Promise.resolve();
    const mine = before.catch(() => {}).then(() => run(account, what));
    last.set(account, mine);
    return mine.finally(() => {
      if (last.get(account) === mine) last.delete(account);
    });
  };
}

async function observe(work: Work, account: string, signal: AbortSignal): Promise<void> {
  const standing = work.standing();
  if (!standing.accounts.has(account)) return;
  const snapshot = await work.store.loadSnapshot(account);
  if (snapshot === null) return;
  await standing.observer.observe(snapshot, standing.labels, signal);
}

/** Which jobs come again and again for what is in force, spread by name so that not all accounts come at once. */
export function schedulesOf(standing: Standing, clock: Clock): readonly Schedule[] {
  const every = (ms: number) => Math.max(SHORTEST_EVERY_MS, Math.round(clock.toReal(ms)));
  const schedules: Schedule[] = [{ id: 'tick', queue: 'tick', everyMs: every(TICK_MS), offsetMs: 0, payload: {} }];
  const observeMs = standing.observer.everyMs;
  for (const { account } of standing.accounts.values()) {
    const { name } = account;
    const add = (queue: 'poll' | 'observe', ms: number) => {
      const everyMs = every(ms);
      schedules.push({
        id: `${queue}.${name}`,
        queue,
        everyMs,
        offsetMs: spread(name, everyMs),
        payload: { account: name },
      });
    };
    add('poll', account.pollEveryMs);
    if (observeMs !== null) add('observe', observeMs);
    const everyMs = every(TICK_MS);
    schedules.push({
      id: `evaluate.${name}`,
      queue: 'evaluate',
      everyMs,
      offsetMs: spread(name, everyMs),
      payload: { account: name, cause: 'tick' },
    });
  }
  return schedules;
}

/** The same place in the period after every restart, and another for each name. */
function spread(name: string, everyMs: number): number {
  return createHash('sha256').update(name).digest().readUInt32BE(0) % Math.max(1, everyMs);
}

/** Logs what failed in a queue, once per kind until it changes: a lost Redis would fill the log otherwise. */
export function queueErrors(log: Log): (queue: string, error: Error) => void {
  const last = new Map<string, string>();
  return (queue, error) => {
    if (last.get(queue) === error.message) return;
    last.set(queue, error.message);
    log.warn({ err: error, queue }, 'a queue failed; it goes on trying');
  };
}
