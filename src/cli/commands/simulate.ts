import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { reportHtml } from '../../app/simulate/report/html.ts';
import type { MachineRun } from '../../app/simulate/run.ts';
import { DEFAULT_SEED, type Simulation, simulate, simulateFile, simulationView } from '../../app/simulate.ts';
import { zoneNamed } from '../../calendar/zone.ts';
import type { Config } from '../../config/config.ts';
import type { InstanceKey } from '../../fleet/instance.ts';
import { rfc3339 } from '../../fleet/rfc3339.ts';
import { readConfig, withClient } from '../context.ts';
import { EXIT, UserError } from '../exit.ts';
import { type Io, printJson } from '../io.ts';
import { parseTime } from '../parse-time.ts';
import { printable, table } from '../table.ts';
import { shortTime } from '../time-words.ts';
import { LEGEND, timelineOf } from '../timeline.ts';
import { simulateRecord } from './simulate-record.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Beyond that the fleet is another one. */
const MOST_DAYS = 90;
/** Of more machines nobody reads the days in a terminal, nor so many decisions. */
const SHOWN = 10;
const DECISIONS_SHOWN = 200;

interface Options {
  readonly days: string;
  readonly record?: string;
  readonly whatIf?: boolean;
  readonly from?: string;
  readonly fleet?: string;
  readonly seed: string;
  readonly mode?: string;
  readonly show: string;
  readonly html?: string;
  readonly lang: string;
  readonly all?: boolean;
  readonly json?: boolean;
}

/** `lamplighter simulate`: days to come as the policies would have them. */
export function simulateCommand(program: Command, io: Io): void {
  program
    .command('simulate')
    .description(
      'lead a fleet through virtual days: what the policies would do, and what it comes to in hours and yuan',
    )
    .option('--days <n>', 'how many days', '7')
    .option(
      '--from <time>',
      'from when on: RFC 3339, or "2026-10-01 08:00" in the zone; default now, or as the fleet file says',
    )
    .option('--fleet <file>', 'a fleet given in a file instead of the one that the daemon knows; nothing is contacted')
    .option('--seed <n>', 'the dice of a fleet file: the same seed gives the same days', String(DEFAULT_SEED))
    .addOption(new Option('--mode <mode>', 'for policies that do not say: observe or enforce; with --fleet'))
    .option('--show <n>', 'how many machines to show hour by hour, those with most acts first; or all', String(SHOWN))
    .option('--record <file>', 'decide everything in a recording once more, and hold it against what was decided')
    .option('--what-if', 'with --record: by the policies of the configuration; or of a folder, by --policies DIR alone')
    .option('--html <file>', 'write a report that needs nothing but a browser')
    .addOption(new Option('--lang <language>', 'of the report').choices(['en', 'zh']).default('en'))
    .option('--all', 'also what observing policies would do, and what is kept from being done')
    .option('--json', 'print JSON')
    .action(async (options: Options, command: Command) => {
      refuseWhatDoesNothing(command, options.record !== undefined);
      if (options.record !== undefined) {
        await simulateRecord(command, io, { ...options, record: options.record });
        return;
      }
      const days = Number(options.days);
      if (!(days > 0 && days <= MOST_DAYS))
        throw new UserError(`--days is a number above 0 and up to ${MOST_DAYS}, not "${options.days}"`, EXIT.usage);
      const seed = Number(options.seed);
      if (!Number.isSafeInteger(seed) || seed < 0)
        throw new UserError(`--seed is a whole number from 0 on, not "${options.seed}"`, EXIT.usage);
      const shown = options.show === 'all' ? Number.POSITIVE_INFINITY : Number(options.show);
      if (!(shown >= 0)) throw new UserError(`--show is a number or all, not "${options.show}"`, EXIT.usage);
      if (options.mode !== undefined && options.fleet === undefined)
        throw new UserError('--mode goes with --fleet; the fleet of the daemon goes by what is in force', EXIT.usage);
      const done = async (simulation: Simulation) => {
        if (options.html !== undefined) {
          const path = resolve(io.cwd, options.html);
          await writeFile(path, await reportHtml(simulation, options.lang === 'zh' ? 'zh' : 'en'));
          io.err(`the report is in ${path}\n`);
        }
        if (options.json === true) printJson(io, simulationView(simulation));
        else print(io, simulation, { until: simulation.from + days * DAY_MS, all: options.all === true, shown });
      };
      const fromOf = ({ timezone }: Config) =>
        options.from === undefined ? null : parseTime('--from', options.from, zoneNamed(timezone));
      const { fleet } = options;
      if (fleet !== undefined) {
        const config = await readConfig(command, io, options.mode === undefined ? {} : { mode: options.mode });
        const from = fromOf(config);
        const given = { file: fleet, cwd: io.cwd, now: Date.now(), from, untilMs: days * DAY_MS, seed };
        await done(await simulateFile(config, given));
        return;
      }
      await withClient(command, io, { policies: 'needed' }, async ({ config, work }) => {
        const from = fromOf(config) ?? work.clock.now();
        await done(await simulate(work, { from, untilMs: days * DAY_MS, seed }));
      });
    });
}

/** What only a fleet that is led through days to come has a use for. */
const NOT_OF_RECORDINGS = ['fleet', 'days', 'from', 'seed', 'mode', 'show', 'html', 'lang', 'all'];

/** A flag that would change nothing is a misunderstanding. */
function refuseWhatDoesNothing(command: Command, isRecorded: boolean): void {
  const given = (name: string) => command.getOptionValueSource(name) === 'cli';
  const idle = isRecorded ? NOT_OF_RECORDINGS.find(given) : undefined;
  if (idle === 'fleet')
    throw new UserError('--fleet and --record exclude each other: which fleet is meant?', EXIT.usage);
  if (idle !== undefined)
    throw new UserError(`--${idle} does nothing with --record, which has its own machines and times`, EXIT.usage);
  if (!isRecorded && given('whatIf')) throw new UserError('--what-if goes with --record', EXIT.usage);
}

interface Printing {
  readonly until: number;
  readonly all: boolean;
  /** Machines hour by hour. */
  readonly shown: number;
}

function print(io: Io, simulation: Simulation, printing: Printing): void {
  const { unlisted, reached, timezone } = simulation;
  for (const name of unlisted) io.err(`${name} has never been listed, so nothing is known of it\n`);
  const machines = simulation.accounts.flatMap((account) => account.machines);
  printMachines(io, simulation, machines, printing.shown);
  printDecisions(io, simulation, machines, printing.all);
  if (reached < printing.until)
    io.err(`there is too much to decide: only the time until ${shortTime(rfc3339(reached), timezone)} was looked at\n`);
  printTotals(io, simulation, machines);
  printAssumptions(io, simulation);
}

function printMachines(io: Io, simulation: Simulation, machines: readonly MachineRun[], most: number): void {
  const { from, reached, timezone } = simulation;
  if (most <= 0) return;
  // Those that most was done to; sorting keeps the order of the listing among equals.
  const first = machines.toSorted((a, b) => b.acts.length - a.acts.length).slice(0, most);
  const isColoured = io.outIsTty && (io.env.NO_COLOR ?? '') === '';
  const style = { zone: zoneNamed(timezone), from, until: reached, columns: io.columns, isColoured };
  if (first.length > 0) io.out(`${LEGEND}\n`);
  for (const machine of first) io.out(`\n${headOf(machine, reached - from)}\n${timelineOf(machine, style)}`);
  if (machines.length > first.length)
    io.out(`\n${machines.length - first.length} more machines: --show all, --json or --html FILE tells of them\n`);
}

function headOf({ name, key, upMs, fen, withoutFen, interruptions, whileBusy }: MachineRun, spanMs: number): string {
  const money =
    fen === null || withoutFen === null ? 'no known price' : `${yuan(fen)} yuan instead of ${yuan(withoutFen)}`;
  const busy = whileBusy > 0 ? `, ${whileBusy} of them while it worked` : '';
  const stops =
    interruptions === 0 ? '' : `; ${interruptions} ${interruptions === 1 ? 'interruption' : 'interruptions'}${busy}`;
  return `${printable(name)}  ${printable(key)}: up ${hours(upMs)} of ${hours(spanMs)} h; ${money}${stops}`;
}

function printDecisions(io: Io, simulation: Simulation, machines: readonly MachineRun[], all: boolean): void {
  const names = new Map<InstanceKey, string>(machines.map(({ key, name }) => [key, name]));
  const isGiven = simulation.assumptions.work === 'file';
  const rows = simulation.coming.filter(
    ({ kind }) => all || kind === 'act' || kind === 'announce' || kind === 'notify',
  );
  if (rows.length === 0) {
    io.out('\nnothing would be done\n');
    return;
  }
  const cells = rows.slice(0, DECISIONS_SHOWN).map((row) => [
    shortTime(rfc3339(row.at), simulation.timezone),
    row.refused === undefined ? SIGNS[row.kind] : 'x',
    row.action,
    printable(row.instance === null ? row.account : names.get(row.instance) || row.instance),
    row.policy,
    // Of a fleet in a file it is known who comes.
    `${row.reason}${row.assumesIdle && !isGiven ? ' (if it stays idle)' : ''}${row.refused === undefined ? '' : `; refused: ${row.refused}`}`,
  ]);
  io.out(`\n${table(['WHEN', '', 'ACTION', 'INSTANCE', 'POLICY', 'REASON'], cells)}`);
  if (rows.length > DECISIONS_SHOWN)
    io.out(`${rows.length - DECISIONS_SHOWN} more: --json or --html FILE tells of them\n`);
}

function printTotals(io: Io, { bill }: Simulation, machines: readonly MachineRun[]): void {
  const busy = machines.reduce((sum, { whileBusy }) => sum + whileBusy, 0);
  io.out(
    `\nup ${hours(bill.upMs)} h instead of ${hours(bill.upWithoutMs)} h; by the hour ${yuan(bill.fen)} yuan instead of ${yuan(bill.withoutFen)}` +
      `; renewals and changes of billing ${yuan(bill.paidFen)} yuan; ${bill.interruptions} interruptions` +
      `${busy > 0 ? `, ${busy} of them of machines at work` : ''}\n`,
  );
}

/** What it rests on. */
function printAssumptions(io: Io, { assumptions, bill, seed, accounts, timezone }: Simulation): void {
  const { work, unknown, unread, endless, observing } = assumptions;
  const lines: string[] = [
    work === 'as-now'
      ? 'machines go on with what they are at now: what idles idles, what works works, and nobody comes or goes'
      : `machines work as the fleet file says, with the dice of seed ${seed}`,
    'starting, stopping and saving images take the time and end as they do in the simulated clouds',
  ];
  const count = (n: number, what: string) => (n > 0 ? [`${n} of ${bill.instances} instances ${what}`] : []);
  lines.push(...count(bill.unpriced, 'have no known price and are left out of the yuan'));
  lines.push(...count(unknown, 'are at something that no probe can tell, and are never stopped for idling'));
  lines.push(...count(unread, 'cannot be read, and stay as they are'));
  // What stands still for want of money costs nothing, which is no saving.
  for (const { name, broke } of accounts) {
    const when = (at: number | null) => (at === null ? 'not at all' : `at ${shortTime(rfc3339(at), timezone)}`);
    if (broke.at !== null || broke.withoutAt !== null)
      lines.push(
        `the money of ${name} ends ${when(broke.at)}, without policies ${when(broke.withoutAt)}; what is paid by the hour stops then`,
      );
  }
  if (endless.length > 0) lines.push(`the money of ${endless.join(', ')} never ends, since nobody says what is on it`);
  if (observing.length > 0)
    lines.push(
      `${observing.length} ${observing.length === 1 ? 'policy only observes' : 'policies only observe'}: --all shows what would be done`,
    );
  io.out(`taken for granted:\n${lines.map((line) => `  ${line}\n`).join('')}`);
}

function hours(ms: number): string {
  return (ms / HOUR_MS).toFixed(1);
}

function yuan(fen: number): string {
  return (fen / 100).toFixed(2);
}

const SIGNS: Readonly<Record<Simulation['coming'][number]['kind'], string>> = {
  act: '+',
  notify: '!',
  announce: '~',
  observe: '?',
  kept: '-',
};
