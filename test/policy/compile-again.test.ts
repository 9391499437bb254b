import { expect, test } from 'vitest';
import { compile } from '../../src/policy/compile.ts';
import { DocumentMemo } from '../../src/yaml/document-memo.ts';
import { account, OPTIONS } from './support.ts';

const ONE = `
calendars:
  cn: { holidays: [2026-10-01..2026-10-07] }
policies:
  - { name: night, match: { account: "hxy-*" }, when: { during: "cn.workdays 22:00-24:00" }, do: stop, limits: { percent: "10%" } }
  - { name: idle, match: { account: hxy-main, status: running, not: { name: ["a", "b"] } }, when: { idleFor: 30m }, do: [stop, { notify: { to: [ops] } }] }
`;
const OTHER = `
policies:
  - { name: expiry, match: { account: hxy-main, billing: [ monthly, daily ] }, when: { expiresWithin: 1d }, do: { renew: { periods: { daily: 3 } } } }
  - { name: odd, match: { acount: hxy-main }, when: { idleFor: 30q }, do: stop }
`;

const BERLIN = {
  ...OPTIONS,
  timezone: 'Europe/Berlin',
  mode: 'enforce',
  accounts: [account('hxy-main', 'huixingyun', { spendLimit: { perDayFen: null, callsPerDay: 5 } })],
} as const;

/** What can be compared: everything but functions. */
function seen(result: ReturnType<typeof compile>): unknown {
  return JSON.parse(JSON.stringify(result));
}

test.each([
  ['what is right', [{ file: 'one.yaml', text: ONE }]],
  [
    'what is wrong',
    [
      { file: 'one.yaml', text: ONE },
      { file: 'other.yaml', text: OTHER },
    ],
  ],
  ['the same text in two files', ['a.yaml', 'b.yaml'].map((file) => ({ file, text: ONE }))],
])('%s is found again with what was read before, whatever the configuration says by then', (_what, files) => {
  const documents = new DocumentMemo();
  for (const options of [OPTIONS, BERLIN, OPTIONS])
    expect(seen(compile(files, { ...options, documents }))).toEqual(seen(compile(files, options)));
});

test('the policies of one file are not taken for those of another', () => {
  const documents = new DocumentMemo();
  const other = OTHER.split('\n').slice(0, 3).join('\n');
  const files = [
    { file: 'one.yaml', text: ONE },
    { file: 'other.yaml', text: other },
  ];
  for (const options of [OPTIONS, BERLIN]) {
    const result = compile(files, { ...options, documents });
    expect(result.ok && result.set.policies.map(({ name, place }) => `${place.file}:${place.line} ${name}`)).toEqual([
      'one.yaml:5 night',
      'one.yaml:6 idle',
      'other.yaml:3 expiry',
    ]);
  }
});
