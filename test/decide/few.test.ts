import fc from 'fast-check';
import { expect, test } from 'vitest';
import { evaluate } from '../../src/decide/evaluate.ts';
import type { World } from '../../src/decide/world.ts';
import type { InstanceKey } from '../../src/fleet/instance.ts';
import { noticeId } from '../../src/fleet/notice.ts';
import { account, at, during, HOUR, idle, idleFor, MINUTE, NOON, policy, TestHistory, view, world } from './kit.ts';

const NO_LIMITS = { perPass: null, perHour: null, percent: 100 };
const POLICIES = [
  policy({ name: 'lazy', conditions: [idleFor(30 * MINUTE)], noticeMs: 10 * MINUTE, limits: NO_LIMITS }),
  policy({
    name: 'dark',
    conditions: [during('Mon-Sun 11:00-14:00')],
    steps: [{ kind: 'cardless-stop' }],
    limits: NO_LIMITS,
  }),
  // What the one before it has put down this one wants up.
  policy({ name: 'light', conditions: [during('Mon-Sun 11:30-13:00')], steps: [{ kind: 'start' }], limits: NO_LIMITS }),
  policy({ name: 'slow', conditions: [idleFor(60 * MINUTE)], noticeMs: 20 * MINUTE, limits: NO_LIMITS }),
];

/** A machine that is idle for so long, or works; with an announcement that stands for it, and a start that is owed. */
const anyMachine = fc.record({
  idleMinutes: fc.option(fc.integer({ min: 0, max: 90 })),
  isUp: fc.boolean(),
  announcedBy: fc.subarray(['lazy', 'slow']),
  isOwed: fc.boolean(),
});

function worldOf(drawn: readonly (typeof anyMachine extends fc.Arbitrary<infer T> ? T : never)[]): World {
  const history = new TestHistory();
  const views = drawn.map(({ idleMinutes, isUp, announcedBy, isOwed }, place) => {
    const key: InstanceKey = `hxy/gpu-${place}`;
    for (const policy of announcedBy) {
      const notice = {
        policy,
        instance: key,
        occurrence: `idleFor=${place}`,
        announcedAt: NOON - 5 * MINUTE,
        deadlineAt: NOON + 5 * MINUTE,
        delivered: true,
      };
      history.noticesById.set(noticeId(notice), notice);
    }
    if (isOwed)
      history.obligationList.push({
        policy: 'dark',
        instance: key,
        incarnation: `gpu-${place}@${NOON - 30 * 24 * HOUR}`,
        dueAt: NOON - HOUR,
        lapsesAt: null,
        stopMode: 'normal',
        stoppedAt: NOON - 5 * HOUR,
        attempts: 0,
        nextTryAt: 0,
      });
    const since = NOON - (idleMinutes ?? 0) * MINUTE;
    const activity = idleMinutes === null ? ({ kind: 'active', at: NOON, readings: [] } as const) : idle(since, NOON);
    const up = { upSince: NOON - 5 * HOUR, statusSince: NOON - 5 * HOUR };
    return isUp
      ? view({ id: `gpu-${place}` }, { activity, tracked: up })
      : view({ id: `gpu-${place}`, status: 'stopped' }, { activity: { kind: 'not-applicable', at: NOON } });
  });
  return world([account(views)], { history, now: at('12:00') });
}

test('a look at a few decides for these, and sees to what waits for them, as a whole pass does', () => {
  fc.assert(
    fc.property(fc.array(anyMachine, { minLength: 1, maxLength: 6 }), fc.nat(63), (drawn, chosen) => {
      const given = worldOf(drawn);
      const places = drawn.flatMap((_, place) => ((chosen >> place) % 2 === 1 ? [place] : []));
      const isChosen = (key: string | undefined) => places.some((place) => key === `hxy/gpu-${place}`);
      const whole = evaluate(POLICIES, given);
      const few = evaluate(POLICIES, given, { only: { places: new Map([['hxy', places]]) } });
      expect(few.acts).toEqual(whole.acts.filter((each) => isChosen(each.view?.key)));
      expect(few.announcements).toEqual(whole.announcements.filter((each) => isChosen(each.view.key)));
      expect(few.refusals).toEqual(whole.refusals.filter((each) => isChosen(each.instance ?? '')));
      const about = (each: (typeof whole.tidy)[number]) =>
        each.kind === 'drop-notice'
          ? each.notice.instance
          : each.kind === 'drop-obligation'
            ? each.obligation.instance
            : '';
      expect(few.tidy).toEqual(whole.tidy.filter((each) => isChosen(about(each))));
    }),
    { numRuns: 200 },
  );
});

test.each([
  ['to the one something comes of the present idleness, to the other nothing', 45, ['activity', 'no-longer-due']],
  ['to both something comes of it', 90, ['activity', 'activity']],
])('of two announcements about another idleness: %s', (_what, idleMinutes, whys) => {
  const given = worldOf([{ idleMinutes, isUp: true, announcedBy: ['lazy', 'slow'], isOwed: false }]);
  const policies = POLICIES.filter(({ name }) => name === 'lazy' || name === 'slow');
  const { tidy } = evaluate(policies, given);
  expect(tidy.map((each) => (each.kind === 'drop-notice' ? [each.notice.policy, each.why] : []))).toEqual([
    ['lazy', whys[0]],
    ['slow', whys[1]],
  ]);
});
