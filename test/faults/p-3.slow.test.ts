import { expect, test } from 'vitest';
import { anyGlobTest, globTest } from '../../src/policy/glob.ts';
import { cpuTime } from '../yaml/cpu-time.ts';
import { account, busy, type FaultBed, type FaultChild, MINUTE, useFaultBeds } from './harness.ts';

const beds = useFaultBeds();

const policy = (match: string, more = '') => `policies:
  - name: off
    ${match}
    when: { during: always }
    do: stop
    ${more}
`;
const NIGHT = policy('match: { name: "dev-*" }').replace('always', '"2030-01-01T00:00-2030-01-02T00:00"');

function machines(count: number) {
  return Array.from({ length: count }, (_, i) => busy(`m${i}`, { name: i < 2 ? `dev-${i}` : `prod-${i}` }));
}

const names = async (bed: FaultBed, child: FaultChild) =>
  (await bed.listOf(child, 'policies')).map(({ name, match }) => ({ name, match }));

test('P3: a selector that is missing, empty or misspelt is an error and never everything', async () => {
  const bed = await beds.prepare({ accounts: [account('huixingyun', machines(4))], policies: { 'p.yaml': NIGHT } });
  const child = await bed.spawnFaulty();
  const before = await names(bed, child);
  for (const match of [
    '',
    'match:',
    'match: {}',
    'match: []',
    'match: ""',
    'match: { name: [] }',
    'match: { name: "" }',
    'match: { labels: {} }',
    'match: { nam: x }',
    'match: "*"',
    'match: { not: {} }',
    'match: { name: /(a+)+$/x: y }',
  ]) {
    await bed.writePolicy('p.yaml', policy(match));
    const answer = await bed.controlOf(child, '/-/reload');
    expect([match, answer.status]).toEqual([match, 400]);
    await answer.body?.cancel();
    expect(await names(bed, child)).toEqual(before);
  }
  await bed.polling();
  expect(bed.sim.calls.filter(({ operation }) => operation === 'stop')).toEqual([]);
  await bed.expectSound();
});

test('P3: a policy that suddenly matches everything stops a tenth in a minute and not more', async () => {
  const bed = await beds.prepare({ accounts: [account('huixingyun', machines(20))], policies: { 'p.yaml': NIGHT } });
  const child = await bed.spawnFaulty();
  await bed.polling();
  await bed.writePolicy('p.yaml', policy('match: all'));
  expect((await bed.controlOf(child, '/-/reload')).status).toBe(200);
  const stops = () => bed.sim.calls.filter(({ operation }) => operation === 'stop').length;
  // The clock stands still, so however often it is decided, it is one minute.
  await bed.until('it has begun', () => stops() > 0);
  await bed.polling();
  await bed.until(
    'the others are told of',
    async () => ((await bed.metricOf(child, 'decisions_total', { reason: 'limit-percent' })) ?? 0) > 0,
  );
  expect(stops()).toBe(2);
  await bed.pass(2 * MINUTE);
  await bed.until('the next two follow', () => stops() === 4);
  await bed.attend('they have ended', 20_000, async () =>
    (await bed.everyOperation()).every(({ state }) => state === 'confirmed'),
  );
  await bed.expectSound();
});

test('P3: under careful a wider match, a protection that goes and a cap that goes wait for a yes', async () => {
  const night = (match: string, more = '') =>
    policy(match, more).replace('always', '"2030-01-01T00:00-2030-01-02T00:00"');
  const narrow = night('match: { name: "dev-*" }', 'limits: { perHour: 1, percent: "10%" }');
  const labels = [{ match: { name: 'dev-1' }, set: { protect: 'true' } }];
  const bed = await beds.prepare({
    accounts: [account('huixingyun', machines(4))],
    policies: { 'p.yaml': narrow },
    config: { reload: 'careful', labels },
  });
  const child = await bed.spawnFaulty();
  await bed.polling();
  const steps: readonly (readonly [string, () => Promise<void>])[] = [
    ['stop hxy/m2', () => bed.writePolicy('p.yaml', night('match: all', 'limits: { perHour: 1, percent: "10%" }'))],
    ['1 an hour become any number', () => bed.writePolicy('p.yaml', night('match: all', 'limits: { percent: "10%" }'))],
    ['stop hxy/m1', () => bed.writeConfig({ labels: [] })],
  ];
  for (const [what, change] of steps) {
    await change();
    const held = await bed.controlOf(child, '/-/reload');
    const text = await held.text();
    expect([held.status, text]).toEqual([409, expect.stringContaining(what)]);
    expect(await bed.metricOf(child, 'policy_last_reload_successful')).toBe(0);
    expect(await (await fetch(`${child.origin}/readyz`)).text()).toContain('the last reload is held');
    const acknowledge = /acknowledge\\*":\\*"([0-9a-f]{8})/.exec(text)?.[1];
    expect((await bed.controlOf(child, '/-/reload', { acknowledge })).status).toBe(200);
    expect(await bed.metricOf(child, 'policy_last_reload_successful')).toBe(1);
  }
  expect(bed.receiver.told('policy.invalid').length).toBeGreaterThan(0);
  await bed.expectSound();
});

test('P3: no pattern is slow, and what looks like a regular expression is a name', () => {
  const long = `${'a'.repeat(5_000)}!`;
  const evil = [
    '*a'.repeat(30),
    `${'*a'.repeat(30)}*X`,
    `${'a*'.repeat(120)}b`,
    '?*'.repeat(100),
    `${'*'.repeat(200)}X`,
    '(a+)+$',
    '^(([a-z])+.)+[A-Z]([a-z])+$',
  ];
  for (const pattern of evil) {
    const fits = globTest(pattern);
    // Of its own thread; once for each of ten names. Two for thirty stars over 5000 letters were measured, and what
    // backtracks takes hours.
    expect(cpuTime(() => Array.from({ length: 10 }, (_, i) => fits(`${long}${i}`)))).toBeLessThan(500);
  }
  expect(anyGlobTest(evil)('(a+)+$')).toBe(true);
  expect(globTest('(a+)+$')('aaaa')).toBe(false);
});
