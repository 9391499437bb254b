import { expect, test } from 'vitest';
import { compile } from '../../src/policy/compile.ts';
import { OPTIONS } from '../policy/support.ts';
import { inherited } from '../support/mutate.ts';
import { cpuTime } from '../yaml/cpu-time.ts';
import { account, busy, useFaultBeds } from './harness.ts';

const beds = useFaultBeds();

const GOOD = `policies:
  - name: good
    match: { name: "dev-*" }
    when: { during: "Mon-Sun 23:00-08:00" }
    do: stop
`;
const withMatch = (match: string) => GOOD.replace('{ name: "dev-*" }', match);
const withWhen = (when: string) => GOOD.replace('{ during: "Mon-Sun 23:00-08:00" }', when);
const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]']
  .concat(
    Array.from(
      { length: 9 },
      (_, i) => `${'bcdefghij'[i]}: &${'bcdefghij'[i]} [${Array(9).fill(`*${'abcdefghi'[i]}`).join()}]`,
    ),
  )
  .join('\n');

/** What is wrong with each, as the place and sentence say it. */
const HOSTILE: readonly (readonly [string, string, RegExp])[] = [
  ['an alias bomb', `${bomb}\n${GOOD}`, /alias|anchor/i],
  ['20 000 brackets', `policies: ${'['.repeat(20_000)}`, /nested more than|never closed/],
  ['20 000 closed brackets', `policies: ${'['.repeat(20_000)}${']'.repeat(20_000)}`, /nested more than/],
  [
    '20 000 levels by indents',
    Array.from({ length: 600 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
    /nested more than|256 kB|unknown/,
  ],
  ['a key twice', GOOD.replace('do: stop', 'do: stop\n    do: destroy'), /twice|already|unique/i],
  ['a tag that runs code', withMatch('!!js/function "() => process.exit()"'), /tag|begins with !/],
  ['a tag of YAML', withMatch('!!binary aGVsbG8='), /tag|begins with !/],
  ['__proto__', GOOD.replace('match:', '__proto__: { polluted: true }\n    match:'), /__proto__/],
  ['__proto__ in a match', withMatch('{ __proto__: { all: true }, name: "dev-*" }'), /__proto__/],
  ['constructor', withMatch('{ labels: { constructor: { prototype: x } } }'), /p\.yaml:\d+:\d+/],
  ['merge keys', `base: &b { do: stop }\n${GOOD.replace('do: stop', '<<: *b')}`, /<<|anchor|alias/],
  ['a merge key without an anchor', GOOD.replace('do: stop', '<<: { do: stop }'), /<</],
  ['two documents', `${GOOD}---\n${GOOD}`, /document/],
  [
    'an octal number',
    GOOD.replace('do: stop', 'do: stop\n    limits: { perHour: 0o10 }').replace('0o10', '"010"'),
    /perHour|number/,
  ],
  ['a sexagesimal time', withWhen('{ during: 23:00 }'), /during|window|23/],
  ['a number for a duration', withWhen('{ idleFor: 30 }'), /30/],
  ['on for a mode', GOOD.replace('match:', 'enabled: on\n    match:'), /on|true/],
  ['no for a mode', GOOD.replace('match:', 'enabled: no\n    match:'), /no|true/],
  ['a number for a name', GOOD.replace('name: good', 'name: 010'), /name|text/],
  ['the rules of YAML 1.1', `%YAML 1.1\n---\n${GOOD}`, /begin with %/],
  ['tabs', GOOD.replaceAll('    ', '\t'), /tab|indent/i],
  ['256 kB of names', GOOD.replace('dev-*', 'x'.repeat(250_000)), /long|characters/],
  [
    'ten thousand policies',
    `policies:\n${Array.from({ length: 10_000 }, (_, i) => `- {name: a${i}}`).join('\n')}`,
    /p\.yaml|policies/,
  ],
  ['control characters', GOOD.replace('name: good', 'name: "a\\u001b[2J\\u202e"'), /name/],
];

test.each(HOSTILE)(
  'P2: %s is refused with its place, in little time, and leaves nothing behind',
  (_name, text, reason) => {
    const before = inherited();
    let told = '';
    const took = cpuTime(() => {
      const result = compile([{ file: 'p.yaml', text }], { ...OPTIONS, accounts: null, notifiers: null });
      told = result.ok
        ? 'taken'
        : result.errors.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`).join('\n');
    });
    expect(told).toMatch(/^p\.yaml:\d+:\d+: /);
    expect(told).toMatch(reason);
    // Of its own thread. An ordinary file takes about 5.
    expect(took).toBeLessThan(1_000);
    expect(inherited()).toBe(before);
    expect('polluted' in {}).toBe(false);
  },
);

test('P2: a daemon that is given them one after the other lives, works on by the last good ones, and thinks little', async () => {
  const bed = await beds.prepare({ accounts: [account('huixingyun', [busy('a')])], policies: { 'p.yaml': GOOD } });
  const child = await bed.spawnFaulty();
  const cpu = async () => {
    const text = await (await fetch(`${child.origin}/metrics`)).text();
    return Number(/^(?:lamplighter_)?process_cpu_seconds_total (\S+)$/m.exec(text)?.[1]);
  };
  const before = await cpu();
  for (const [name, text] of HOSTILE) {
    await bed.writePolicy('p.yaml', text);
    const answer = await bed.controlOf(child, '/-/reload');
    expect([name, answer.status]).toEqual([name, 400]);
    await answer.body?.cancel();
  }
  // Two seconds for two dozen files; a bomb that went off would take minutes.
  expect((await cpu()) - before).toBeLessThan(10);
  expect(child.running).toBe(true);
  expect(await bed.listOf(child, 'policies')).toMatchObject([{ name: 'good' }]);
  expect(await bed.metricOf(child, 'policy_last_reload_successful')).toBe(0);
  await bed.polling();
  await bed.writePolicy('p.yaml', GOOD.replace('good', 'better'));
  expect((await bed.controlOf(child, '/-/reload')).status).toBe(200);
  expect(await bed.listOf(child, 'policies')).toMatchObject([{ name: 'better' }]);
  await bed.expectSound();
});
