import { test } from 'vitest';
import { ActivityObserver, type ActivityRule, type ReadingStore } from '../../src/activity/observer.ts';
import type { Probe } from '../../src/activity/probe.ts';
import { pushProbe, readingOf } from '../../src/activity/push-probe.ts';
import type { ProbeReading } from '../../src/fleet/activity.ts';
import type { Instance } from '../../src/fleet/instance.ts';
import { NO_LABELS } from '../../src/fleet/label.ts';
import { JumpClock } from '../providers/support/jump-clock.ts';
import { expect } from '../support/in-words.ts';
import { forever, HOUR, instance, MINUTE, NOON, reading, SECOND, snapshot, tracked } from './fleet.ts';

class MemoryReadings implements ReadingStore {
  readonly #kept = new Map<string, ProbeReading>();

  load(account: string): Promise<ReadonlyMap<string, readonly ProbeReading[]>> {
    const found = new Map<string, ProbeReading[]>();
    for (const [key, kept] of this.#kept) {
      const [of = '', id = ''] = key.split('/');
      if (of === account) found.set(id, [...(found.get(id) ?? []), kept]);
    }
    return Promise.resolve(found);
  }

  async loadOne(account: string, instanceId: string): Promise<readonly ProbeReading[]> {
    return (await this.load(account)).get(instanceId) ?? [];
  }

  save(account: string, instanceId: string, kept: ProbeReading): Promise<void> {
    this.#kept.set(`${account}/${instanceId}/${kept.probe}`, kept);
    return Promise.resolve();
  }
}

/** A probe that answers as it is told, and counts. */
class FakeProbe implements Probe {
  readonly kind = 'pull';
  readonly name: string;
  readonly asked: string[] = [];
  answer: (of: Instance) => Promise<ProbeReading>;

  constructor(name: string, answer: (of: Instance) => Promise<ProbeReading>) {
    this.name = name;
    this.answer = answer;
  }

  read(of: Instance): Promise<ProbeReading> {
    this.asked.push(of.id);
    return this.answer(of);
  }
}

function bed(rules: (clock: JumpClock) => readonly Partial<ActivityRule>[]) {
  const clock = new JumpClock(NOON);
  const store = new MemoryReadings();
  const seen: ProbeReading[] = [];
  const whole = rules(clock).map((rule) => ({ covers: () => true, everyMs: MINUTE, probes: [], ...rule }));
  const observer = new ActivityObserver({
    rules: whole,
    store,
    clock,
    onReading: ({ reading: each }) => seen.push(each),
  });
  return { clock, store, seen, observer };
}

const labels = () => NO_LABELS;
const pull = (probe: Probe) => ({ probes: [{ probe, staleAfterMs: null }] });
const fleet = (...ids: readonly string[]) => snapshot(ids.map((id) => tracked(instance({ id }))));
const names = (count: number) => Array.from({ length: count }, (_, index) => `i${index}`);

test('a round asks every running instance that a rule covers, once', async () => {
  const probe = new FakeProbe('jupyter', async () => reading());
  const { observer, seen } = bed(() => [{ ...pull(probe), covers: (of) => of.name !== 'left alone' }]);
  const mixed = snapshot([
    tracked(instance({ id: 'up' })),
    tracked(instance({ id: 'starting', status: 'starting' })),
    tracked(instance({ id: 'off', status: 'stopped' })),
    tracked(instance({ id: 'odd', status: 'unknown' })),
    tracked(instance({ id: 'other', name: 'left alone' })),
  ]);
  await observer.observe(mixed, labels, forever());
  expect(probe.asked).toEqual(['up', 'starting']);
  expect(seen).toHaveLength(2);
  const known = await observer.activities(mixed, labels, NOON);
  expect([...known].map(([key, activity]) => [key, activity.kind])).toEqual([
    ['cy/up', 'idle'],
    ['cy/starting', 'idle'],
    ['cy/off', 'not-applicable'],
    ['cy/odd', 'not-applicable'],
  ]);
});

test('a round comes when the last has had its time, a little early too', async () => {
  const { clock, observer, probe } = (() => {
    const each = new FakeProbe('jupyter', async () => reading());
    const made = bed((time) => {
      each.answer = async () => reading({ at: time.now() });
      return [pull(each)];
    });
    return { ...made, probe: each };
  })();
  const one = fleet('a');
  await observer.observe(one, labels, forever());
  clock.advance(40 * SECOND);
  await observer.observe(one, labels, forever());
  expect(probe.asked).toHaveLength(1);
  clock.advance(10 * SECOND);
  await observer.observe(one, labels, forever());
  expect(probe.asked).toHaveLength(2);
});

test('after a clock that was set back by hours, what was read ahead is believed no longer and everybody is asked again', async () => {
  const probe = new FakeProbe('jupyter', () => Promise.resolve(reading({ at: clock.now(), lastActiveAt: null })));
  const { clock, observer } = bed(() => [pull(probe)]);
  const one = fleet('a');
  await observer.observe(one, labels, forever());
  clock.advance(-10 * HOUR);
  const before = (await observer.activities(one, labels, clock.now())).get('cy/a');
  expect(before).toMatchObject({ kind: 'unknown', reason: 'stale', detail: expect.stringContaining('ahead') });
  await observer.observe(one, labels, forever());
  expect(probe.asked).toEqual(['a', 'a']);
  const watched = { from: clock.now(), to: clock.now(), holes: [] };
  expect((await observer.activities(one, labels, clock.now())).get('cy/a')).toMatchObject({ kind: 'idle', watched });
});

test('the shortest round of a rule with something to go to is told', () => {
  const probe = new FakeProbe('jupyter', async () => reading());
  const push = { probes: [{ probe: pushProbe, staleAfterMs: null }], everyMs: SECOND };
  expect(bed(() => []).observer.everyMs).toBeNull();
  expect(bed(() => [push]).observer.everyMs).toBeNull();
  expect(bed(() => [push, pull(probe), { ...pull(probe), everyMs: 20 * SECOND }]).observer.everyMs).toBe(20 * SECOND);
});

test('at most a hundred are asked at once, and every one is asked', async () => {
  let now = 0;
  let most = 0;
  const gate = Promise.withResolvers<void>();
  const full = Promise.withResolvers<void>();
  const probe = new FakeProbe('jupyter', async () => {
    now += 1;
    most = Math.max(most, now);
    if (now === 100) full.resolve();
    await gate.promise;
    now -= 1;
    return reading();
  });
  const { observer } = bed(() => [pull(probe)]);
  const round = observer.observe(fleet(...names(350)), labels, forever());
  await full.promise;
  expect(probe.asked).toHaveLength(100);
  gate.resolve();
  await round;
  expect(most).toBe(100);
  expect(new Set(probe.asked).size).toBe(350);
});

test('a dead host costs only its own time', async () => {
  const dead = Promise.withResolvers<ProbeReading>();
  const others = Promise.withResolvers<void>();
  let read = 0;
  const probe = new FakeProbe('jupyter', async (of) => {
    if (of.id === 'i0') return await dead.promise;
    read += 1;
    if (read === 299) others.resolve();
    return reading();
  });
  const { observer, store } = bed(() => [pull(probe)]);
  const round = observer.observe(fleet(...names(300)), labels, forever());
  await others.promise;
  dead.resolve(reading({ verdict: 'unknown', reason: 'unreachable', lastActiveAt: null }));
  await round;
  expect((await store.loadOne('cy', 'i0'))[0]).toMatchObject({ verdict: 'unknown', reason: 'unreachable' });
  expect((await store.loadOne('cy', 'i299'))[0]).toMatchObject({ verdict: 'idle' });
});

test('a round that is told to stop asks nobody else', async () => {
  const controller = new AbortController();
  const probe = new FakeProbe('jupyter', async () => {
    controller.abort(new Error('shutting down'));
    return reading();
  });
  const { observer } = bed(() => [pull(probe)]);
  await expect(observer.observe(fleet(...names(500)), labels, controller.signal)).rejects.toThrow('shutting down');
  expect(probe.asked.length).toBeLessThanOrEqual(100);
});

test('the last rule that covers an instance holds', async () => {
  const first = new FakeProbe('jupyter', async () => reading());
  const last = new FakeProbe('ssh', async () => reading({ probe: 'ssh', verdict: 'active' }));
  const { observer } = bed(() => [pull(first), { ...pull(last), covers: (_of, of) => of.env === 'dev' }]);
  const both = fleet('dev', 'prod');
  const byName = (of: Instance) => ({ env: of.id });
  await observer.observe(both, byName, forever());
  expect([first.asked, last.asked]).toEqual([['prod'], ['dev']]);
  const known = await observer.activities(both, byName, NOON);
  expect([known.get('cy/dev')?.kind, known.get('cy/prod')?.kind]).toEqual(['active', 'idle']);
});

test('what no rule covers is absent, and a covered instance without a reading is unknown', async () => {
  const probe = new FakeProbe('jupyter', async () => reading());
  const { observer } = bed(() => [{ ...pull(probe), covers: (of) => of.id === 'a' }]);
  const known = await observer.activities(fleet('a', 'b'), labels, NOON);
  expect([...known.keys()]).toEqual(['cy/a']);
  expect(known.get('cy/a')).toMatchObject({ kind: 'unknown', reason: 'no-reading' });
  expect(await observer.look(tracked(instance({ id: 'b' })), NO_LABELS, forever())).toBeNull();
});

test('in the order of the snapshot there is one for each, and of many others have their turn in between', async () => {
  const probe = new FakeProbe('jupyter', async () => reading());
  const { observer } = bed(() => [{ ...pull(probe), covers: (of) => of.id !== 'b' }]);
  const few = await observer.judged(fleet('b', 'a', 'c'), labels, NOON);
  expect(few.map((activity) => activity?.kind ?? null)).toEqual([null, 'unknown', 'unknown']);
  expect(await bed(() => []).observer.judged(fleet('a', 'b'), labels, NOON)).toEqual([null, null]);
  let hadTurn = false;
  setImmediate(() => {
    hadTurn = true;
  });
  expect(await observer.judged(fleet(...names(2_001)), labels, NOON)).toHaveLength(2_001);
  expect(hadTurn).toBe(true);
});

test('readings grow stale after three rounds, or after what the rule says', async () => {
  const probe = new FakeProbe('jupyter', async () => reading());
  const { observer } = bed(() => [
    pull(probe),
    { probes: [{ probe, staleAfterMs: 10 * MINUTE }], covers: (of) => of.id === 'patient' },
  ]);
  const both = fleet('a', 'patient');
  await observer.observe(both, labels, forever());
  const kinds = async (now: number) =>
    [...(await observer.activities(both, labels, now)).values()].map(({ kind }) => kind);
  expect(await kinds(NOON + 3 * MINUTE)).toEqual(['idle', 'idle']);
  expect(await kinds(NOON + 3 * MINUTE + 1)).toEqual(['unknown', 'idle']);
  expect(await kinds(NOON + 10 * MINUTE + 1)).toEqual(['unknown', 'unknown']);
});

test('every probe of a rule has to have spoken', async () => {
  const probe = new FakeProbe('jupyter', async () => reading());
  const { observer, clock } = bed(() => [
    {
      probes: [
        { probe, staleAfterMs: null },
        { probe: pushProbe, staleAfterMs: 5 * MINUTE },
      ],
    },
  ]);
  const one = fleet('inst_a');
  await observer.observe(one, labels, forever());
  expect((await observer.activities(one, labels, NOON)).get('cy/inst_a')).toMatchObject({ reason: 'no-reading' });
  const told = new Date(NOON - 20 * MINUTE).toISOString();
  await observer.report(instance({ id: 'inst_a' }), NO_LABELS, () =>
    readingOf({ verdict: 'idle', lastActiveAt: told }, clock.now()),
  );
  expect((await observer.activities(one, labels, NOON)).get('cy/inst_a')).toMatchObject({
    kind: 'idle',
    since: NOON - 20 * MINUTE,
  });
  await observer.report(instance({ id: 'inst_a' }), NO_LABELS, () => readingOf({ verdict: 'active' }, clock.now()));
  expect((await observer.activities(one, labels, NOON)).get('cy/inst_a')).toMatchObject({ kind: 'active' });
});

test('a push probe is never gone to', async () => {
  const { observer } = bed(() => [{ probes: [{ probe: pushProbe, staleAfterMs: null }] }]);
  await observer.observe(fleet('a'), labels, forever());
  expect(await observer.look(tracked(instance({ id: 'a' })), NO_LABELS, forever())).toMatchObject({
    kind: 'unknown',
    reason: 'no-reading',
  });
});

test('the last look goes there again, however fresh the reading, and keeps what it saw', async () => {
  const probe = new FakeProbe('jupyter', async () => reading());
  const { observer, store, clock } = bed(() => [pull(probe)]);
  await observer.observe(fleet('inst_a'), labels, forever());
  clock.advance(SECOND);
  probe.answer = async () => reading({ at: clock.now(), verdict: 'active', lastActiveAt: null });
  expect(await observer.look(tracked(), NO_LABELS, forever())).toMatchObject({ kind: 'active', at: NOON + SECOND });
  expect(probe.asked).toEqual(['inst_a', 'inst_a']);
  expect(await store.loadOne('cy', 'inst_a')).toMatchObject([{ verdict: 'active', lastActiveAt: NOON + SECOND }]);
});

test('what the last look saw at work is at work, although another replica has stored a later idle reading', async () => {
  const probe = new FakeProbe('jupyter', async () => reading({ probe: 'jupyter', verdict: 'active', at: NOON }));
  const { store, observer } = bed(() => [pull(probe)]);
  const save = store.save.bind(store);
  store.save = (account, id) => save(account, id, reading({ probe: 'jupyter', verdict: 'idle', at: NOON + 1 }));
  expect(await observer.look(tracked(), NO_LABELS, forever())).toMatchObject({ kind: 'active' });
});

test('the last look at one that is down asks nobody', async () => {
  const probe = new FakeProbe('jupyter', async () => reading());
  const { observer } = bed(() => [pull(probe)]);
  const down = tracked(instance({ status: 'stopped' }));
  expect(await observer.look(down, NO_LABELS, forever())).toMatchObject({ kind: 'not-applicable' });
  expect(probe.asked).toEqual([]);
});

test('a kernel that was busy and is gone does not make an old idleness', async () => {
  const probe = new FakeProbe('jupyter', async () => reading({ verdict: 'active', lastActiveAt: NOON }));
  const { observer, clock } = bed(() => [pull(probe)]);
  const one = fleet('a');
  await observer.observe(one, labels, forever());
  clock.advance(MINUTE);
  probe.answer = async () => reading({ at: clock.now(), lastActiveAt: NOON - 9 * HOUR });
  await observer.observe(one, labels, forever());
  expect((await observer.activities(one, labels, clock.now())).get('cy/a')).toMatchObject({
    kind: 'idle',
    since: NOON,
  });
});
