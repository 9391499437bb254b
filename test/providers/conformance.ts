import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { actionClass } from '../../src/fleet/action.ts';
import type { CallOutcome, CallOutcomeKind, Provider, ReadFailure } from '../../src/providers/port.ts';
import type { FaultKind } from '../../src/simulator/faults.ts';
import type { SimCall, SimOperation } from '../../src/simulator/history.ts';
import { Simulator } from '../../src/simulator/simulator.ts';
import { failureOf, forever, open as yes } from './support/clients.ts';
import type { OfferedAct, OpenOptions, Subject } from './support/subjects.ts';

const TOKEN = 'f00dcafe-token-canary-4444-2cd2e6a0ae30';
const OTHER_TOKEN = 'f00dcafe-other-canary-4444-2cd2e6a0ae30';
const PASSWORD = 'root-password-canary';

/** One subject in front of its simulated cloud. */
class Bed implements AsyncDisposable {
  readonly cloud: Simulator;
  readonly subject: Subject;
  readonly #opened: Provider[] = [];

  constructor(subject: Subject, empty: boolean) {
    const now = systemClock.now();
    const instances = empty ? [] : subject.seeds(now).map((seed) => ({ ...seed, password: PASSWORD }));
    const account = { provider: subject.kind, balanceFen: 10_000_000 };
    this.subject = subject;
    this.cloud = new Simulator({
      clock: systemClock,
      accounts: [
        { ...account, name: 'one', token: TOKEN, instances },
        { ...account, name: 'two', token: OTHER_TOKEN, instances: [{ id: 'of-two' }] },
      ],
    });
  }

  open(options: Partial<OpenOptions> = {}): Provider {
    const defaults = { baseUrl: this.cloud.origin, token: TOKEN, account: 'one' };
    const provider = this.subject.open({ ...defaults, ...options });
    this.#opened.push(provider);
    return provider;
  }

  calls(operation: SimOperation): readonly SimCall[] {
    return this.cloud.calls.filter((call) => call.operation === operation);
  }

  always(fault: FaultKind): void {
    this.cloud.faults.add({ ...fault, times: Number.POSITIVE_INFINITY });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cloud.stop();
    await Promise.all(this.#opened.map((provider) => provider.close()));
  }
}

async function bedOf(subject: Subject, empty = false): Promise<Bed> {
  const bed = new Bed(subject, empty);
  await bed.cloud.start();
  return bed;
}

function perform(provider: Provider, act: OfferedAct, gate: () => boolean = yes): Promise<CallOutcome> {
  return provider.act(act.id, act.call, { signal: forever(), gate });
}

function nameOf({ call }: OfferedAct): string {
  return call.kind === 'start' ? `${call.kind} after a ${call.stopMode} stop` : call.kind;
}

/** The contract of the Provider port, over real HTTP. The same for every provider. */
export function conformance(subject: Subject): void {
  describe(`${subject.kind}: listing`, () => {
    test('holds the whole account, normalised', async () => {
      await using bed = await bedOf(subject);
      const listing = await bed.open().list(forever());
      expect(listing.incomplete).toBeNull();
      const seeds = subject.seeds(0);
      expect(listing.instances.map((instance) => instance.id).sort()).toEqual(
        seeds.map((seed) => String(seed.id)).sort(),
      );
      for (const instance of listing.instances) {
        expect(instance).toMatchObject({ account: 'one', provider: subject.kind, problems: [] });
        const seed = seeds.find((candidate) => candidate.id === instance.id);
        expect(instance.status).toBe(seed?.status ?? 'running');
      }
      expect(listing.startedAt).toBeLessThanOrEqual(listing.finishedAt);
      expect(Math.abs((listing.serverTimeAt ?? 0) - systemClock.now())).toBeLessThan(60_000);
    });

    test('of an empty account is complete', async () => {
      await using bed = await bedOf(subject, true);
      expect(await bed.open().list(forever())).toMatchObject({ instances: [], incomplete: null });
    });

    test('keeps passwords and the token out of sight', async () => {
      await using bed = await bedOf(subject);
      const provider = bed.open();
      const listing = await provider.list(forever());
      const instance = await provider.read('running', forever());
      expect(inspect([provider, listing, instance], { depth: 20, showHidden: true })).not.toContain('canary');
    });

    test('takes a bad row as one row', async () => {
      await using bed = await bedOf(subject);
      bed.cloud.faults.add({ kind: 'bad-row', operation: 'list' });
      const listing = await bed.open().list(forever());
      expect(listing.incomplete).toBeNull();
      const unread = listing.instances.filter((instance) => instance.problems.length > 0);
      expect(unread).toHaveLength(1);
      expect(unread[0]?.status).toBe('unknown');
      expect(listing.instances).toHaveLength(subject.seeds(0).length);
    });

    test('takes a word that nobody knows for unknown, and shows it', async () => {
      await using bed = await bedOf(subject);
      bed.cloud.faults.add({ kind: 'status-word', word: subject.oddStatus, operation: 'list' });
      const { instances } = await bed.open().list(forever());
      const odd = instances.filter((instance) => instance.status === 'unknown');
      expect(odd.map((instance) => instance.rawStatus)).toEqual([String(subject.oddStatus)]);
    });

    test.each<FaultKind>([{ kind: 'partial-page' }, { kind: 'wrong-total' }, { kind: 'bad-row', keepId: false }])(
      'is incomplete with $kind',
      async (fault) => {
        await using bed = await bedOf(subject);
        bed.always(fault);
        expect((await bed.open().list(forever())).incomplete).not.toBeNull();
      },
    );

    const broken: [FaultKind, ReadFailure][] = [
      [{ kind: 'html' }, 'protocol'],
      [{ kind: 'empty-object' }, 'protocol'],
      [{ kind: 'truncated' }, 'protocol'],
      [{ kind: 'redirect' }, 'protocol'],
      [{ kind: 'http-status', status: 500 }, 'uncertain'],
      [{ kind: 'reset' }, 'uncertain'],
      [{ kind: 'unauthorised' }, 'unauthorised'],
      [{ kind: 'throttled', retryAfter: '1800' }, 'throttled'],
    ];
    test.each(broken)('throws after %j', async (fault, kind) => {
      await using bed = await bedOf(subject);
      bed.always(fault);
      const provider = bed.open();
      const errors = [await failureOf(provider.list(forever())), await failureOf(provider.read('running', forever()))];
      expect(errors.map((error) => error.kind)).toEqual([kind, kind]);
      expect(errors[0]?.account).toBe('one');
      expect(inspect(errors, { depth: 20, showHidden: true })).not.toContain('canary');
      if (fault.kind === 'throttled') expect(errors[0]?.retryAfterMs).toBe(1_800_000);
      if (fault.kind === 'redirect') expect(bed.calls('unknown')).toEqual([]);
      // Two calls with at most two retries each, and none where it is no use.
      const patient = fault.kind === 'reset' || fault.kind === 'http-status';
      expect(bed.cloud.calls.length).toBeLessThanOrEqual(patient ? 6 : 2);
    });

    test('gets over a lost answer', async () => {
      await using bed = await bedOf(subject);
      bed.cloud.faults.add({ kind: 'lost-answer' });
      expect((await bed.open().list(forever())).incomplete).toBeNull();
    });

    test('ends when the cloud hangs or its caller leaves', async () => {
      await using bed = await bedOf(subject);
      bed.always({ kind: 'hang' });
      expect((await failureOf(bed.open({ deadlineMs: 100 }).list(forever()))).kind).toBe('uncertain');
      const controller = new AbortController();
      const left = failureOf(bed.open().list(controller.signal));
      controller.abort();
      await left;
    });

    test('of a failing account holds no other one up', async () => {
      await using bed = await bedOf(subject);
      bed.cloud.account('one').down = 'hang';
      const controller = new AbortController();
      const hanging = failureOf(bed.open().list(controller.signal));
      const other = await bed.open({ token: OTHER_TOKEN, account: 'two' }).list(forever());
      expect(other.instances.map((instance) => [instance.account, instance.id])).toEqual([['two', 'of-two']]);
      controller.abort();
      await hanging;
    });
  });

  describe(`${subject.kind}: reading`, () => {
    test('one instance says what its row says', async () => {
      await using bed = await bedOf(subject);
      const provider = bed.open();
      const listing = await provider.list(forever());
      const row = listing.instances.find((instance) => instance.id === 'stopped');
      expect(await provider.read('stopped', forever())).toEqual(row);
    });

    test('an instance that a complete answer does not hold is null', async () => {
      await using bed = await bedOf(subject);
      expect(await bed.open().read('nowhere', forever())).toBeNull();
    });

    test('a hundred at once stay within the budget of a few', async () => {
      await using bed = await bedOf(subject);
      const provider = bed.open();
      await provider.list(forever());
      const before = bed.cloud.calls.length;
      await Promise.all(Array.from({ length: 100 }, () => provider.read('running', forever())));
      const cost = bed.cloud.calls.length - before;
      expect(cost).toBeLessThanOrEqual(subject.kind === 'huixingyun' ? 2 : 100);
    });

    test('every read for people takes its arguments strictly and tells no secret', async () => {
      await using bed = await bedOf(subject);
      const provider = bed.open();
      expect(provider.reads.length).toBeGreaterThan(2);
      for (const read of provider.reads) {
        await expect(read.run({ nonsense: 1 }, forever()), read.name).rejects.toThrow();
        const answer = await read.run({}, forever()).catch((error: unknown) => error);
        expect(inspect(answer, { depth: 20 }), read.name).not.toContain('canary');
      }
    });

    test('after closing nothing is sent any more', async () => {
      await using bed = await bedOf(subject);
      const provider = bed.open();
      await Promise.all([provider.close(), provider.close()]);
      expect((await failureOf(provider.list(forever()))).kind).toBe('not-sent');
      const outcome = await provider.act('running', { kind: 'stop' }, { signal: forever(), gate: yes });
      expect(outcome.kind).toBe('not-sent');
      expect(bed.cloud.calls).toEqual([]);
    });
  });

  describe.each(subject.acts.map((act) => [nameOf(act), act] as const))(`${subject.kind}: %s`, (_, act) => {
    test('is done once and accepted', async () => {
      await using bed = await bedOf(subject);
      let asked = 0;
      const outcome = await perform(bed.open(), act, () => {
        asked += 1;
        return true;
      });
      expect(outcome.kind).toBe('accepted');
      expect(asked).toBe(1);
      expect(bed.cloud.calls.map((call) => call.operation)).toEqual([act.operation]);
      expect(bed.calls(act.operation)[0]?.ids).toEqual(act.call.kind === 'create' ? [] : [act.id]);
      expect(bed.cloud.account('one').effects.filter((effect) => effect.callSeq !== null)).toHaveLength(1);
    });

    test('is not sent when the gate says no, or when it was cancelled', async () => {
      await using bed = await bedOf(subject);
      const provider = bed.open();
      expect((await perform(provider, act, () => false)).kind).toBe('not-sent');
      const cancelled = await provider.act(act.id, act.call, { signal: AbortSignal.abort(), gate: yes });
      expect(cancelled.kind).toBe('not-sent');
      expect(bed.cloud.calls).toEqual([]);
    });

    const believed: CallOutcomeKind = actionClass(act.call.kind) === 'reversible' ? 'throttled' : 'uncertain';
    const faults: [FaultKind, CallOutcomeKind][] = [
      [{ kind: 'lost-answer' }, 'uncertain'],
      [{ kind: 'reset' }, 'uncertain'],
      [{ kind: 'http-status', status: 500, effect: 'now' }, 'uncertain'],
      [{ kind: 'http-status', status: 408 }, 'uncertain'],
      [{ kind: 'http-status', status: 503, retryAfter: '1' }, 'uncertain'],
      [{ kind: 'html', effect: 'now' }, 'uncertain'],
      [{ kind: 'empty-object' }, 'uncertain'],
      [{ kind: 'truncated' }, 'uncertain'],
      [{ kind: 'redirect' }, 'uncertain'],
      [{ kind: 'throttled' }, believed],
      [{ kind: 'unauthorised' }, subject.unauthorised(act)],
    ];
    test.each(faults)('after %j is sent once', async (fault, kind) => {
      await using bed = await bedOf(subject);
      bed.cloud.faults.add({ ...fault, operation: act.operation });
      const outcome = await perform(bed.open(), act);
      expect(outcome.kind).toBe(kind);
      expect(inspect(outcome)).not.toContain('canary');
      expect(bed.cloud.calls.map((call) => call.operation)).toEqual([act.operation]);
    });
  });

  describe(`${subject.kind}: acting`, () => {
    test('on a cloud that hangs is uncertain within the deadline, and sent once', async () => {
      const all = subject.acts.map(async (act) => {
        await using bed = await bedOf(subject);
        bed.always({ kind: 'hang', effect: 'now' });
        // Connecting on a busy machine must fit into it as well.
        const outcome = await perform(bed.open({ deadlineMs: 500 }), act);
        return [nameOf(act), outcome.kind, bed.cloud.calls.length];
      });
      expect(await Promise.all(all)).toEqual(subject.acts.map((act) => [nameOf(act), 'uncertain', 1]));
    });

    test('on an instance that does not exist is refused by name', async () => {
      await using bed = await bedOf(subject);
      const outcome = await bed.open().act('nowhere', { kind: 'restart' }, { signal: forever(), gate: yes });
      expect(outcome.kind).toBe('rejected');
      expect(bed.calls('restart')).toHaveLength(1);
    });

    test.each(subject.notOffered)('does not know $kind, and sends nothing', async (call) => {
      await using bed = await bedOf(subject);
      let asked = false;
      const outcome = await bed.open().act('running', call, {
        signal: forever(),
        gate: () => {
          asked = true;
          return true;
        },
      });
      expect(outcome.kind).toBe('rejected');
      expect(asked).toBe(false);
      expect(bed.cloud.calls).toEqual([]);
    });

    test('without a cloud is not sent', async () => {
      await using bed = await bedOf(subject);
      const provider = bed.open();
      await bed.cloud.stop();
      expect((await provider.act('running', { kind: 'restart' }, { signal: forever(), gate: yes })).kind).toBe(
        'not-sent',
      );
      expect((await failureOf(provider.list(forever()))).kind).toBe('not-sent');
    });

    test('keeps to the rate budget', async () => {
      await using bed = await bedOf(subject);
      const provider = bed.open({ requestsPerSecond: 20 });
      const asked = Array.from({ length: 6 }, () =>
        provider.act('nowhere', { kind: 'restart' }, { signal: forever(), gate: yes }),
      );
      await Promise.all(asked);
      const at = bed.calls('restart').map((call) => call.at);
      expect(at).toHaveLength(6);
      // Five intervals of 50 ms; a connection may take a little longer than the next one.
      expect((at[5] ?? 0) - (at[0] ?? 0)).toBeGreaterThan(200);
    });

    test('reads orders strictly', () => {
      const provider = subject.open({ baseUrl: 'http://127.0.0.1:1', token: TOKEN, account: 'one' });
      expect(provider.parseOrder(subject.order)).toEqual(subject.order);
      for (const wrong of [null, 'x', {}, { ...subject.order, nonsense: 1 }]) {
        expect(() => provider.parseOrder(wrong)).toThrow(/order/);
      }
    });
  });
}
