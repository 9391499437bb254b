import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { Recorded } from '../../../src/app/recording/read-recording.ts';
import { recordedIn, saveRecording, sourcesOf } from '../../../src/app/recording/recording-files.ts';
import { replay } from '../../../src/app/recording/replay.ts';
import { rfc3339 } from '../../../src/fleet/rfc3339.ts';
import { lineOf } from '../../../src/recording/entries.ts';
import { isJsonList, isJsonMap } from '../../../src/recording/json.ts';
import { readEntries } from '../../../src/recording/read-entries.ts';
import { SegmentFile } from '../../../src/recording/segment-file.ts';
import { busyBetween } from '../../../src/simulator/workload.ts';
import { HOUR, MINUTE, NOON } from '../../support/clock.ts';
import { account, busy, daily, idle } from '../../support/cloud.ts';
import { runCommand } from '../../support/command.ts';
import { Bed } from '../../support/daemon.ts';
import { startRedis } from '../../support/redis.ts';
import { DaemonLife } from './daemon-life.ts';

const POLICIES = `
policies:
  - name: lights-out
    match: { provider: huixingyun, name: ["dev-b", "dev-f"] }
    when: { during: "Mon-Sun 23:00-08:00", idleFor: 15m }
    do: cardless-stop
    afterwards: start
    limits: { perPass: 1, perHour: 20 }
  - name: stop-idle
    match: { provider: huixingyun, name: ["dev-a", "dev-c"], status: running }
    when: { idleFor: 1h }
    do: stop
    notice: 20m
  - name: keep-paid
    match: { billing: [daily, monthly] }
    when: { expiresWithin: 12h }
    do: { renew: { periods: 1 } }
  - name: would-stop
    mode: observe
    match: { account: cy }
    when: { idleFor: 30m }
    do: stop
  - name: low
    match: { account: cy }
    when: { balanceBelow: 200 }
    do: notify
  - name: runway
    match: { account: cy }
    when: { runwayBelow: 1000h }
    do: notify
  - name: morning
    match: { name: "dev-d" }
    when: { cron: "20 9 * * *" }
    do: restart
`;

/** Between two looks at everything. */
const STEP = 15 * MINUTE;

/** From noon to noon: somebody works, holds, pauses and tops up; policies are edited, and the daemon is killed and stopped. */
async function liveADay(bed: Bed): Promise<void> {
  const cloud = bed.sim.account('cy');
  let life = await DaemonLife.begin(bed);
  await life.live(STEP, 6);
  await life.control.hold({ instance: 'hxy/c', for: '2h', reason: 'a long run', owner: 'li' });
  cloud.balanceFen = 15_000;
  // Just as it was decided to stop it.
  const hold = () => life.control.hold({ instance: 'hxy/a', for: '10m', reason: 'wait', owner: 'li' });
  await life.live(STEP, 6, hold);
  await bed.writePolicy('all.yaml', POLICIES.replace('idleFor: 1h', 'idleFor: 90m').replace('1000h', '2h'));
  await life.reload();
  cloud.recharge(50_000);
  await life.live(STEP, 30);
  await life.end('kill');
  bed.clock.pass(10 * MINUTE);
  life = await DaemonLife.begin(bed);
  await life.control.setPaused(true, 'li', 'a drill');
  await life.live(STEP, 3);
  await life.control.setPaused(false, 'li', '');
  await life.live(STEP, 8);
  await life.end('stop');
  await bed.writeConfig({ ...configOf(bed), labels: [{ match: { name: 'dev-f' }, set: { protect: 'true' } }] });
  life = await DaemonLife.begin(bed);
  await life.live(2 * STEP, 21);
  await life.end('stop');
}

/** The probes look as often as time passes. */
function configOf({ sim }: Bed): object {
  const jupyter = { url: `${sim.origin}/jupyter/{account}/{id}` };
  return {
    activity: [
      { match: { provider: 'huixingyun' }, every: '15m', probes: [{ jupyter }] },
      { match: { provider: 'chenyu' }, every: '15m', probes: [{ jupyter: null }] },
    ],
  };
}

const ENDS_AT = NOON + 24 * HOUR - 5 * MINUTE;

const EVENING = NOON + 9 * HOUR;

/** The whole day, and what was saved of it from the evening on. */
let all: readonly Recorded[];
let later: readonly Recorded[];
const torn: string[] = [];

async function read(paths: readonly string[], onTorn: (path: string) => void): Promise<readonly Recorded[]> {
  const found: Recorded[] = [];
  for await (const each of recordedIn(await sourcesOf(paths, null, onTorn))) found.push(each);
  return found;
}

beforeAll(async () => {
  await using stack = new AsyncDisposableStack();
  const redis = await startRedis();
  stack.defer(() => redis.stop());
  const bed = new Bed({
    redis: redis.url,
    accounts: [
      account('huixingyun', [
        idle('a'),
        idle('b', { workload: busyBetween([NOON + HOUR, NOON + 5 * HOUR]) }),
        idle('c'),
        busy('d'),
        idle('f'),
        daily('p', 15),
      ]),
      account('chenyu', [idle('inst_e', { name: 'e' })], { balanceFen: 60_000 }),
    ],
    policies: { 'all.yaml': POLICIES },
  });
  stack.defer(() => bed.close());
  await bed.open();
  await bed.writeConfig(configOf(bed));
  await liveADay(bed);
  expect(bed.clock.now()).toBe(ENDS_AT);
  const dir = DaemonLife.recording(bed);
  all = await read([dir], (path) => torn.push(path));
  await sayByCommands(bed, dir);
  const evening = join(bed.dir, 'evening.zst');
  await saveRecording(evening, await sourcesOf([dir], EVENING, () => {}), EVENING);
  later = await read([evening], () => {});
});

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}
const said: Record<string, Said> = {};
const pages: string[] = [];

/** What the commands make of it, before the bed's folder goes. */
async function sayByCommands(bed: Bed, dir: string): Promise<void> {
  const at = (name: string) => join(bed.dir, name);
  const run = async (name: string, ...args: string[]) => {
    said[name] = await runCommand(args, { cwd: bed.dir, env: {} });
  };
  await bed.writeConfig({ ...configOf(bed), stateDir: dirname(dir) });
  await run('info', 'record', '--config', bed.configFile, '--info', '--json');
  await run('table', 'record', '--from', dir);
  await run('out', 'record', '--out', 'day.zst', '--from', dir);
  await run('again', 'record', '--out', 'day.zst', '--from', dir);
  await run('info of a file', 'record', '--info', 'day.zst', '--json');
  await run('simulate', 'simulate', '--record', 'day.zst');
  await run('json', 'simulate', '--record', 'day.zst', '--json');
  await rewritten(at('day.zst'), at('edited.zst'));
  await run('edited', 'simulate', '--record', 'edited.zst');
  await mkdir(at('others'));
  await writeFile(at('others/a.yaml'), 'policies: [{ name: none, match: all, when: { idleFor: 90d }, do: stop }]');
  await run('what if', 'simulate', '--record', 'day.zst', '--policies', 'others', '--json');
  const page = ['--show', '2', '--html', 'day.html', '--lang', 'zh'];
  await run('what if told', 'simulate', '--record', 'day.zst', '--config', bed.configFile, '--what-if', ...page);
  pages.push(await readFile(at('day.html'), 'utf8'));
  await run('days', 'simulate', '--record', 'day.zst', '--show', 'all', '--html', 'days.html');
  pages.push(await readFile(at('days.html'), 'utf8'));
  await writeFile(at('text.zst'), 'policies:');
  await run('none', 'simulate', '--record', 'text.zst');
  await run('nowhere', 'record', '--from', at('others'));
  await writeFile(at('empty.zst'), '');
  await run('empty', 'record', '--from', 'empty.zst');
  await run('out of empty', 'record', '--from', 'empty.zst', '--out', 'never.zst');
  await run('never', 'record', '--from', 'never.zst');
}

/** The same recording with a policy that says otherwise than it did. */
async function rewritten(from: string, to: string): Promise<void> {
  const file = await SegmentFile.create(to);
  for await (const entry of readEntries(from, () => {})) {
    if (entry.kind !== 'rules') await file.put(lineOf(entry));
    else {
      const files = entry.rules.files.map(({ file: name, text }) => ({
        file: name,
        text: text.replace('low', 'lower'),
      }));
      await file.put(lineOf({ ...entry, rules: { ...entry.rules, files } }));
    }
  }
  await file.end();
}

async function* these(passes: readonly Recorded[]): AsyncGenerator<Recorded> {
  yield* passes;
}

/** Such as `act stop-idle` or `keep stop-idle hold`. */
function kindsOf(passes: readonly Recorded[]): ReadonlySet<string> {
  const kinds = new Set<string>();
  for (const pass of passes) {
    if (pass.kind !== 'pass' || !isJsonMap(pass.decided)) continue;
    for (const [subject, row] of Object.entries(pass.decided)) {
      const [kind = '', about = ''] = subject.split('|');
      const reason = isJsonList(row) ? row.at(-1) : '';
      kinds.add([kind, about, ...(typeof reason === 'string' && reason !== '' ? [reason] : [])].join(' '));
    }
  }
  return kinds;
}

test('every decision of a day is decided alike once more, whatever the policies, the people and the process did', async () => {
  const found = await replay(these(all));
  expect(found).toMatchObject({
    otherwise: [],
    otherwisePasses: 0,
    reworded: 0,
    holes: 0,
    from: NOON + STEP,
    until: ENDS_AT,
  });
  // 74 times on each of two accounts.
  expect(found.passes).toBe(148);
  // Only what the killed daemon wrote has no end.
  expect(torn).toHaveLength(1);
  expect(all.filter(({ kind }) => kind === 'start')).toHaveLength(7);
});

test('in that day everything happens that decides anything', () => {
  expect([...kindsOf(all)].sort()).toEqual(
    expect.arrayContaining([
      'act keep-paid',
      'act lights-out',
      'act low',
      'act morning',
      'act runway',
      'act stop-idle',
      'announce stop-idle',
      'keep lights-out limit-per-pass',
      'keep lights-out paused',
      'keep lights-out protected',
      'keep stop-idle hold',
      'keep stop-idle notice',
      'keep would-stop observe',
      'tidy drop-notice',
      'tidy recovered',
    ]),
  );
});

test('what was known otherwise is decided otherwise, and is listed', async () => {
  const held = all.find(
    (each) =>
      each.kind === 'pass' &&
      isJsonMap(each.decided) &&
      'keep|stop-idle|hxy/c|0' in each.decided &&
      each.facts.holds.length > 0,
  );
  if (held?.kind !== 'pass') throw new Error('nothing was held back');
  const found = await replay(these([{ ...held, facts: { ...held.facts, paused: true } }]));
  expect(found.otherwisePasses).toBe(1);
  expect(found.otherwise[0]?.differences).toContainEqual({
    subject: 'keep|stop-idle|hxy/c|0',
    recorded: ['stop', expect.any(String), 'hold'],
    replayed: ['stop', expect.any(String), 'paused'],
  });
});

test('a part of it that was saved holds the same passes, told from its own beginning', async () => {
  const passes = (of: readonly Recorded[]) =>
    of.flatMap((each) => (each.kind === 'pass' ? [[each.at, each.words]] : []));
  expect(passes(later)).toEqual(passes(all).filter(([at]) => Number(at) >= EVENING));
  expect(await replay(these(later))).toMatchObject({ passes: passes(later).length, otherwise: [], reworded: 0 });
});

test('record says what there is, and writes it into a file once', () => {
  const info: unknown = JSON.parse(said.info?.out ?? '');
  expect(info).toMatchObject({
    from: rfc3339(NOON + STEP),
    until: rfc3339(ENDS_AT),
    segments: 7,
    cutOff: 1,
    policySets: 2,
    accounts: [
      { account: 'cy', passes: 74, instances: 1 },
      { account: 'hxy', passes: 74, instances: 6 },
    ],
    holes: [],
  });
  expect(said.table).toMatchObject({
    code: 0,
    out: expect.stringMatching(/7 segments, 2 sets of policies[\s\S]*hxy.*74/),
  });
  expect(said.out).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d kB are in .*day\.zst/) });
  expect(said.again).toMatchObject({ code: 2, err: expect.stringContaining('never written over') });
  const file: unknown = JSON.parse(said['info of a file']?.out ?? '');
  expect(file).toMatchObject({ segments: 7, cutOff: 0, accounts: [{ passes: 74 }, { passes: 74 }] });
  expect(said.empty).toMatchObject({ code: 1, err: expect.stringContaining('can be read') });
  expect(said['out of empty']).toMatchObject({ code: 1, out: '', err: expect.stringContaining('can be read') });
  expect(said.never).toMatchObject({ code: 1, err: expect.stringContaining('no such file') });
  expect(said.nowhere).toMatchObject({ code: 1, err: expect.stringContaining('nothing is recorded in') });
});

test('simulate --record says that all is decided as it was, and fails where it is not', () => {
  expect(said.simulate).toMatchObject({ code: 0, err: '' });
  expect(said.simulate?.out).toContain('148 passes');
  expect(said.simulate?.out).toContain('every one decided as it was');
  expect(said.simulate?.out).toMatch(
    /\n1 of \d+ last looks before an act called it off:\n {2}12-01 13:45 {2}stop of hxy\/a \(stop-idle\): hold, /,
  );
  expect(said.edited).toMatchObject({
    code: 1,
    err: expect.stringContaining('passes are decided otherwise than they were'),
  });
  expect(said.edited?.out).toMatch(/act\|low\|cy\|0\n {4}then \{.*\n {4}now {2}nothing/);
  expect(said.none).toMatchObject({ code: 2, err: expect.stringContaining('is no recording of lamplighter') });
});

test('simulate --record --json has each machine as it was, with what was decided for it, and what was on the accounts', () => {
  const read = z.object({
    passes: z.literal(148),
    otherwisePasses: z.literal(0),
    looks: z.number(),
    calledOff: z.array(
      z.looseObject({ instance: z.string(), action: z.string(), reason: z.string(), detail: z.string() }),
    ),
    instances: z.array(
      z.object({
        instance: z.string(),
        upHours: z.number(),
        upHoursWithout: z.number(),
        acts: z.array(z.looseObject({ action: z.string(), policy: z.string(), refused: z.string().nullable() })),
        timeline: z.array(z.object({ at: z.string(), doing: z.string() })),
      }),
    ),
    accounts: z.array(
      z.object({ account: z.string(), hourly: z.object({ balanceYuan: z.array(z.number().nullable()).nullable() }) }),
    ),
  });
  const { instances, accounts, looks, calledOff } = read.parse(JSON.parse(said.json?.out ?? ''));
  const a = instances.find(({ instance }) => instance === 'hxy/a');
  expect(a?.timeline.map(({ doing }) => doing)).toEqual(['idle', 'off']);
  // Held when it was about to be sent, and decided anew when it was not held any more.
  expect(a?.acts).toMatchObject([
    { action: 'stop', policy: 'stop-idle', reason: 'due', refused: 'hold' },
    { action: 'stop', policy: 'stop-idle', reason: 'due', refused: null },
  ]);
  expect(a?.upHours).toBeLessThan(5);
  expect(a?.upHoursWithout).toBeGreaterThan(23);
  expect(calledOff).toMatchObject([
    { instance: 'hxy/a', policy: 'stop-idle', action: 'stop', reason: 'hold', detail: expect.stringContaining('li') },
  ]);
  expect(looks).toBeGreaterThan(5);
  const purse = accounts.find(({ account: name }) => name === 'cy')?.hourly.balanceYuan ?? [];
  // It was 600, then taken down to 150, then topped up by 500; and a machine runs.
  expect(
    [purse[0], Math.min(...purse.map((yuan) => yuan ?? 0)), purse.at(-1)].map((yuan) => Math.ceil((yuan ?? 0) / 50)),
  ).toEqual([12, 3, 13]);
  expect(accounts.find(({ account: name }) => name === 'hxy')?.hourly.balanceYuan).toBeNull();
});

test('simulate --record by other policies tells what they would have done in hours and yuan', () => {
  expect(said['what if']?.code).toBe(0);
  const found: unknown = JSON.parse(said['what if']?.out ?? '');
  expect(found).toMatchObject({ passes: 148, acts: [], stops: [], totals: { instances: 7 } });
  const { instances } = z
    .object({ instances: z.array(z.object({ timeline: z.array(z.looseObject({})).nonempty() })) })
    .parse(found);
  expect(instances).toHaveLength(7);
  expect(said['what if told']?.out).toMatch(/148 passes, \d+ acts instead of \d+; up \d+\.\d h instead of/);
});

test('simulate --record shows each machine hour by hour, in the terminal and on a page', () => {
  const told = said['what if told'];
  expect(told).toMatchObject({ code: 0, err: expect.stringMatching(/^the report is in .*day\.html\n$/) });
  expect(told?.out.match(/: up \d+\.\d of \d+\.\d h; /g)).toHaveLength(2);
  expect(told?.out).toContain('5 more machines');
  expect(told?.out).toContain('what is decided is done at once');
  expect(said.days).toMatchObject({ code: 0, err: expect.stringContaining('days.html') });
  expect(said.days?.out).toMatch(/every one decided as it was[\s\S]*# at work/);
  expect(said.days?.out.match(/: up \d+\.\d of \d+\.\d h; /g)).toHaveLength(7);
  expect(pages[0]).toContain('记录下来的日子');
  expect(pages[0]).not.toContain('· 种子');
  expect(pages[1]).toContain('Lamplighter: recorded days');
});
