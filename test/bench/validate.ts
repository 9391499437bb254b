/**
 * How long checking a folder of policies takes: what `validate`, a start and every reload do. Run by itself it prints the
 * times; `--profile` goes on checking, for a profiler.
 */
import { compile, type PolicyFile } from '../../src/policy/compile.ts';
import type { CompileOptions } from '../../src/policy/draft.ts';
import { DocumentMemo } from '../../src/yaml/document-memo.ts';
import { account } from '../policy/support.ts';
import { atMost, type Row } from './rows.ts';
import { digits, median } from './statistics.ts';

const COUNT = 500;
/** Of a folder that teams share. */
const FILES = 10;
const RUNS = 11;
const TEAMS = 25;
const NOW = Date.UTC(2026, 10, 21, 12);

const OPTIONS: CompileOptions = {
  accounts: [
    ...Array.from({ length: 8 }, (_, index) =>
      account(`hxy-${index}`, 'huixingyun', { spendLimit: { perDayFen: null, callsPerDay: 10 } }),
    ),
    account('chenyu', 'chenyu'),
  ],
  notifiers: ['ops'],
  labels: new Map([
    ['env', ['dev', 'test', 'prod']],
    ['team', Array.from({ length: TEAMS }, (_, index) => `team-${index}`)],
    ['keep', ['true']],
  ]),
  judged: [{ all: true, account: () => true, instance: () => true, instanceWhateverStatus: () => true, text: 'all' }],
  timezone: 'Asia/Shanghai',
  mode: 'enforce',
  now: NOW,
};

const ZONES = ['Asia/Shanghai', 'Europe/Berlin', 'America/New_York', 'UTC'];

/** As people write them: of each team some that idle, some for the night, some that renew, some that tell. */
function policyText(index: number): string {
  const team = `team-${index % TEAMS}`;
  const zone = ZONES[index % 4];
  const own = `labels: { team: ${team}, env: ${index % 2 === 0 ? 'dev' : 'test'} }`;
  const head = `  - name: policy-${index}\n    description: What team ${index % TEAMS} agreed on.\n`;
  const hour = 19 + (index % 5);
  switch (index % 8) {
    case 0:
      return `${head}    match:\n      ${own}\n      billing: hourly\n      status: running\n    when:\n      idleFor: ${20 + (index % 40)}m\n    do: stop\n    notice: 10m # a hold cancels\n`;
    case 1:
      return `${head}    match: { account: "hxy-*", ${own}, not: [{ labels: { keep: "true" } }] }\n    when: { during: "Mon-Fri ${hour}:00-07:30 ${zone}" }\n    do: stop\n    notice: 15m\n`;
    case 2:
      return `${head}    match: { account: "hxy-*", ${own}, status: stopped }\n    when: { during: "Mon-Fri 08:30-18:30 ${zone}" }\n    do: start\n`;
    case 3:
      return `${head}    match: { account: hxy-${index % 8}, ${own} }\n    when: { during: "cn.workdays ${hour}:00-24:00, cn.restdays", idleFor: 15m }\n    do: cardless-stop\n    afterwards: start\n    limits: { perPass: 5, perHour: 40 }\n`;
    case 4:
      return `${head}    match: { account: "hxy-*", labels: { team: ${team}, env: prod }, billing: [daily, monthly] }\n    when: { expiresWithin: 12h }\n    do: { renew: { periods: { daily: 3, monthly: 1 } } }\n`;
    case 5:
      return `${head}    match: { account: "hxy-*", ${own}, name: ["lab-${index}-*", "job-?"] }\n    when: { cron: "30 3 * * *", timezone: ${zone} }\n    do: [{ snapshot: { name: "{name}-{date}" } }, { notify: { to: [ops], severity: info } }]\n    catchUp: 2h\n`;
    case 6:
      return `${head}    match: { account: chenyu }\n    when: { balanceBelow: ${100 + index} }\n    do: { notify: { to: [ops], severity: critical } }\n`;
    default:
      return `${head}    match: { ${own} }\n    when: { statusFor: { status: [starting, stopping], for: 20m } }\n    do: { notify: { severity: warning, text: "It does not come up." } }\n`;
  }
}

export function manyPolicies(count = COUNT): readonly PolicyFile[] {
  const calendars = 'calendars:\n  cn: { holidays: [2026-10-01..2026-10-07, 2027-01-01], workdays: [2026-10-10] }\n';
  return Array.from({ length: FILES }, (_, file) => {
    const texts = Array.from({ length: count }, (__, index) => index).filter((index) => index % FILES === file);
    return {
      file: `team-${file}.yaml`,
      text: `${file === 0 ? calendars : ''}policies:\n${texts.map(policyText).join('')}`,
    };
  });
}

/** On the thread's own time: one core of its own is what the target speaks of. */
function ownTime(run: () => void): number {
  const before = process.threadCpuUsage();
  run();
  const used = process.threadCpuUsage(before);
  return (used.user + used.system) / 1000;
}

function check(files: readonly PolicyFile[], documents?: DocumentMemo): number {
  const result = compile(files, documents === undefined ? OPTIONS : { ...OPTIONS, documents });
  if (!result.ok) throw new Error(JSON.stringify(result.errors.slice(0, 3), null, 2));
  return result.set.warnings.length;
}

interface Times {
  /** Of a command that has just started: no code has run before. */
  readonly first: number;
  /** All files read anew. */
  readonly anew: number;
  /** Of a daemon at a reload: one file has been edited since the last. */
  readonly edited: number;
}

function measure(files: readonly PolicyFile[]): Times {
  const first = ownTime(() => check(files));
  const anew = Array.from({ length: RUNS }, () => ownTime(() => check(files)));
  const documents = new DocumentMemo();
  check(files, documents);
  const edited = Array.from({ length: RUNS }, (_, run) => {
    const next = files.map(({ file, text }, index) => ({
      file,
      text: index === run % FILES ? `${text}# ${run}\n` : text,
    }));
    return ownTime(() => check(next, documents));
  });
  return { first, anew: median(anew), edited: median(edited) };
}

export function benchValidate(): Promise<readonly Row[]> {
  const files = manyPolicies();
  const { first, anew, edited } = measure(files);
  const size = files.reduce((sum, { text }) => sum + text.length, 0);
  const odd = check(files);
  return Promise.resolve([
    {
      what: `validate ${COUNT} policies, one of ${FILES} files edited`,
      measured: edited,
      unit: 'ms',
      target: atMost(100),
      detail: `as a daemon does at a reload; ${digits(anew)} ms with every file read anew`,
    },
    {
      what: `validate ${COUNT} policies, by a command that has just started`,
      measured: first,
      unit: 'ms',
      target: null,
      detail: `${Math.round(size / 1024)} kB, ${odd} warnings; without the start itself`,
    },
  ]);
}

if (import.meta.main) {
  const files = manyPolicies();
  process.stdout.write(`${JSON.stringify(measure(files))}\n`);
  while (process.argv.includes('--profile') && performance.now() < 8_000) check(files);
}
