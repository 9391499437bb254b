import { NO_DETAIL } from '../../src/fleet/detail/detail.ts';
import type { Operation } from '../../src/fleet/operation.ts';
import type { CallOutcome, Provider } from '../../src/providers/port.ts';
import type { TransitionRequest, TransitionResult } from '../../src/store/ledger.ts';
import type { LedgerFound } from '../../src/store/ledger-epoch.ts';
import { queueAct } from '../../src/work/arm.ts';
import type { AccountRuntime, LedgerPort, Standing, StorePort, Work } from '../../src/work/ports.ts';
import { withMethods } from '../support/with-methods.ts';
import type { Dice } from './dice.ts';
import type { Task } from './process.ts';
import { ReplicaEpoch } from './replica-ledger.ts';
import type { Scenario } from './scenario.ts';
import type { Variant } from './simulation.ts';
import type { Weather } from './weather.ts';

/** One mistake that the protocol was made to rule out, put around the real parts, and what it is found by. */
export interface Mistake {
  readonly name: string;
  readonly variant: Variant;
}

/** Everything of a work as it is, save what is given. */
function around(work: Work, change: Partial<Work>): Work {
  return { ...work, ...change };
}

function ledgerOf(work: Work, methods: Partial<LedgerPort>): Work {
  const ledger = withMethods(work.store.ledger, methods);
  const store: StorePort = withMethods(work.store, { ledger });
  return around(work, { store });
}

function providerOf(work: Work, methods: (inner: Provider) => Partial<Provider>): Work {
  const standing = work.standing();
  const accounts = new Map(
    [...standing.accounts].map(([name, runtime]): [string, AccountRuntime] => [
      name,
      { ...runtime, provider: withMethods(runtime.provider, methods(runtime.provider)) },
    ]),
  );
  const changed: Standing = { ...standing, accounts };
  return around(work, { standing: () => changed });
}

const QUIET: Partial<Weather> = {
  deeds: 0,
  clockSteps: 0,
  outages: 0,
  rollback: 0,
  twice: 0,
  unauthorised: 0,
  listEmpty: 0,
};

/** Makes the weather that the mistake needs to show, and machines that are renewed. */
function weather(change: Partial<Weather>, kinds?: readonly string[]): (scenario: Scenario, dice: Dice) => Scenario {
  return (scenario) => ({
    ...scenario,
    weather: { ...scenario.weather, ...QUIET, ...change },
    account: { ...scenario.account, provider: 'huixingyun' },
    machines: scenario.machines.map((machine, index) => {
      const kind = kinds?.[index % kinds.length];
      if (kind === undefined) return machine;
      const name = `${kind}-${index}`;
      const paid = kind === 'paid';
      return {
        ...machine,
        id: name,
        name,
        status: kind === 'old' ? 'stopped' : 'running',
        billing: paid ? 'daily' : 'hourly',
        expiresAt: paid ? scenario.startAt + 5.5 * 3_600_000 : null,
        startedAt: kind === 'old' ? null : scenario.startAt - 3_600_000,
      };
    }),
  });
}

const PAID = ['paid'] as const;

/** A result as if the step had been taken, for code that goes on whatever it is told. */
function pretend(operation: Operation, request: TransitionRequest): TransitionResult {
  return {
    kind: 'moved',
    replayed: false,
    operation: { ...operation, state: request.to, version: request.from.version + 1, ...request.patch },
  };
}

const notSent = (outcome: CallOutcome): CallOutcome =>
  outcome.kind === 'uncertain' ? { kind: 'not-sent', detail: `taken for not sent: ${outcome.detail}` } : outcome;

/** Whoever acts sees one thing of the machine as it was when that was decided, whatever it is now. */
function seesAsDecided(work: Work, task: Task, what: 'createdAt' | 'expiresAt'): Work {
  const { operationId } = task;
  if (operationId === null) return work;
  return providerOf(work, (inner) => ({
    read: async (id, signal) => {
      const row = await inner.read(id, signal);
      const operation = await work.store.ledger.get(operationId);
      return row === null || operation === null ? row : { ...row, [what]: operation.observed[what] };
    },
  }));
}

/** The watch that does not watch: whatever comes back is taken as it is. */
class Heedless extends ReplicaEpoch {
  override async look(...args: Parameters<ReplicaEpoch['look']>): Promise<LedgerFound> {
    const [link, now] = args;
    this.floor = 0;
    const fresh = await link.ask('look', (ledger) => {
      if (ledger.epoch === null) ledger.look({ epoch: '', floor: 0, sent: null }, 'the-epoch', now);
      return ledger.epoch ?? '';
    });
    this.epoch = fresh;
    return 'continued';
  }
  override saw(): void {}
}

export const MISTAKES: readonly Mistake[] = [
  {
    name: 'no ledger check before sending: whoever holds a job sends',
    variant: {
      scenario: weather({ jobTwice: 0.9, pause: 0.01 }, PAID),
      only: ['I1', 'double'],
      decorate: (work) =>
        ledgerOf(work, {
          transition: async (id, request) => {
            const result = await work.store.ledger.transition(id, request);
            return result.kind === 'stale' && request.to === 'sending' ? pretend(result.operation, request) : result;
          },
        }),
    },
  },
  {
    name: 'the result is written after the call, and nothing before it',
    variant: {
      scenario: weather({ kill: 0.02 }, PAID),
      only: ['I1', 'double'],
      decorate: (work) =>
        providerOf(work, (inner) => ({
          act: async (id, call, options) => {
            const outcome = await inner.act(id, call, { ...options, gate: () => true });
            await options.gate();
            return outcome;
          },
        })),
    },
  },
  {
    name: 'no SENDING is durable when the request leaves',
    variant: {
      scenario: weather({}, PAID),
      only: ['I2'],
      decorate: (work) =>
        providerOf(work, (inner) => ({
          act: (id, call, options) => inner.act(id, call, { ...options, gate: () => true }),
        })),
    },
  },
  {
    name: 'sent again without settling: an unclear answer goes back to armed, is read again and goes out',
    variant: {
      scenario: weather({ doneLate: 0.8, answerCut: 0, mostLateMs: 20 * 60_000 }, PAID),
      only: ['I1', 'double'],
      decorate: (work) =>
        providerOf(work, (inner) => ({
          act: async (id, call, options) => notSent(await inner.act(id, call, options)),
        })),
    },
  },
  {
    name: 'sent again when a re-read after the settle time is unmoved',
    variant: {
      scenario: weather({ doneLate: 0.8, neverDone: 0.5, mostLateMs: 20 * 60_000 }, PAID),
      only: ['I1', 'double'],
      decorate: (work) =>
        ledgerOf(work, {
          transition: async (id, request) => {
            const result = await work.store.ledger.transition(id, request);
            if (result.kind !== 'moved' || request.to !== 'escalated' || request.reason !== 'not-seen') return result;
            await approveByItself(work, result.operation);
            return result;
          },
        }),
    },
  },
  {
    name: 'a paid call that ended unclear is tried again at once, as a retrying client would',
    variant: {
      scenario: weather({ answerCut: 0.8 }, PAID),
      only: ['I1', 'double'],
      decorate: (work) =>
        providerOf(work, (inner) => ({
          act: async (id, call, options) => {
            const outcome = await inner.act(id, call, options);
            return outcome.kind === 'uncertain' ? await inner.act(id, call, { ...options, gate: () => true }) : outcome;
          },
        })),
    },
  },
  {
    name: 'no send window: a sender that was stopped wakes up and sends',
    variant: {
      scenario: weather({ pause: 0.02, storeSlow: 0.1 }, PAID),
      only: ['I2'],
      decorate: (work) => around(work, { clock: { ...work.clock, toReal: () => 0 } }),
    },
  },
  {
    name: 'a reading that began before the request confirms or denies',
    variant: {
      scenario: weather({ jobTwice: 0.5 }, ['paid', 'night', 'dev']),
      only: ['I6'],
      decorate: (work) => {
        const early = (operation: Operation): Operation =>
          operation.sendingAt === null
            ? operation
            : { ...operation, sendingAt: operation.createdAt, deadlineAt: operation.createdAt };
        return ledgerOf(work, {
          get: async (id) => {
            const operation = await work.store.ledger.get(id);
            return operation === null ? null : early(operation);
          },
          unfinished: async () => (await work.store.ledger.unfinished()).map(early),
        });
      },
    },
  },
  {
    name: "somebody else's SENDING is taken for not sent",
    variant: {
      scenario: weather({ kill: 0.02, doneLate: 0.5, answerCut: 0.5 }, PAID),
      only: ['I1', 'double'],
      decorate: (work) =>
        ledgerOf(work, {
          transition: (id, request) =>
            work.store.ledger.transition(
              id,
              request.reason === 'orphan'
                ? { ...request, to: 'armed', patch: { sendingAt: null, deadlineAt: null, nextCheckAt: null } }
                : request,
            ),
        }),
    },
  },
  {
    name: 'a ledger that came back older goes unnoticed',
    variant: {
      scenario: weather({ rollback: 0.002, jobTwice: 0.5, doneLate: 0.5, mostLateMs: 20 * 60_000 }, PAID),
      only: ['I1', 'double'],
      epoch: (disk, newId) => new Heedless(disk, newId),
    },
  },
  {
    name: 'the ledger is not looked at before sending: what another daemon of the machine knew of it is not asked for',
    variant: {
      scenario: weather({}, PAID),
      only: ['I5'],
      decorate: (work) => ledgerOf(work, { lookAgain: async () => 'continued' }),
    },
  },
  {
    name: 'the limit on spending counts what succeeded instead of what was sent',
    variant: {
      scenario: (scenario, dice) => {
        const changed = weather({ answerCut: 0.5, doneLate: 0.5, mostLateMs: 20 * 60_000 }, PAID)(scenario, dice);
        const spendLimit = { callsPerDay: 1, perDayFen: null };
        return { ...changed, account: { ...changed.account, spendLimit } };
      },
      only: ['I7'],
      decorate: (work) =>
        ledgerOf(work, {
          transition: (id, { spend: _counted, ...request }) => work.store.ledger.transition(id, request),
        }),
    },
  },
  {
    name: 'a destruction without the fence: whatever has the id now is destroyed',
    variant: {
      scenario: weather({ deeds: 40, jobLate: 0.6, unreachable: 0.6 }, ['old']),
      only: ['fence'],
      decorate: (work, task) => seesAsDecided(work, task, 'createdAt'),
    },
  },
  {
    name: 'the expiry is not compared before sending: what a late answer has paid for is paid for again',
    variant: {
      scenario: weather({ deeds: 60, jobLate: 0.6, unreachable: 0.6, doneLate: 0.8, mostLateMs: 20 * 60_000 }, PAID),
      only: ['fence'],
      decorate: (work, task) => seesAsDecided(work, task, 'expiresAt'),
    },
  },
  {
    name: 'a look from long ago is acted on',
    variant: {
      scenario: weather({ pause: 0.03 }, ['paid', 'dev', 'night']),
      only: ['fence'],
      // Whatever lies back far enough to be forgotten is taken for just now.
      decorate: (work) => around(work, { clock: { ...work.clock, toReal: (ms) => (ms > 10_000 ? 0 : ms) } }),
    },
  },
  {
    name: 'a transaction is not remembered: asked again it is somebody else’s',
    variant: {
      scenario: weather({ resent: 0.3 }, PAID),
      only: ['replay'],
      decorate: (work) =>
        ledgerOf(work, {
          transition: (id, request) => {
            // Another name each time the command is carried out.
            const forgetful = {
              ...request,
              get txid() {
                return work.newId();
              },
            };
            return work.store.ledger.transition(id, forgetful);
          },
        }),
    },
  },
];

/** What `approve` does, without a person. */
async function approveByItself(work: Work, operation: Operation): Promise<void> {
  const { ledger } = work.store;
  const now = work.clock.now();
  await ledger.transition(operation.id, {
    from: { state: 'escalated', version: operation.version },
    to: 'superseded',
    txid: work.newId(),
    reason: 'approved',
    detail: NO_DETAIL,
    by: 'lamplighter',
    now,
  });
  const id = operation.id.replace(/\d+$/, String(operation.attempt + 1));
  const armed = await ledger.arm(
    { ...operation, id, attempt: operation.attempt + 1, reason: 'approved', detail: NO_DETAIL, by: 'person nobody' },
    { now, caps: [] },
  );
  if (armed.kind === 'armed') await queueAct(work, armed.operation, 0);
}
