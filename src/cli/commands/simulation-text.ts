import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { reportHtml } from '../../app/simulate/report/html.ts';
import type { MachineRun } from '../../app/simulate/run.ts';
import type { Simulation } from '../../app/simulate.ts';
import { zoneNamed } from '../../calendar/zone.ts';
import { assertNever } from '../../fleet/assert-never.ts';
import type { InstanceKey } from '../../fleet/instance.ts';
import { rfc3339 } from '../../fleet/rfc3339.ts';
import type { Io } from '../io.ts';
import { printable, table } from '../table.ts';
import { shortTime } from '../time-words.ts';
import { LEGEND, timelineOf } from '../timeline.ts';

const HOUR_MS = 3_600_000;
/** More decisions nobody reads in a terminal. */
const DECISIONS_SHOWN = 200;

/** Writes the page where one is asked for, and says where. */
export async function writeReport(
  io: Io,
  simulation: Simulation,
  { html, lang }: { readonly html?: string; readonly lang: string },
): Promise<void> {
  if (html === undefined) return;
  const path = resolve(io.cwd, html);
  await writeFile(path, await reportHtml(simulation, lang === 'zh' ? 'zh' : 'en'));
  io.err(`the report is in ${path}\n`);
}

export interface Printing {
  readonly until: number;
  readonly all: boolean;
  /** Machines hour by hour. */
  readonly shown: number;
}

/** Machines hour by hour, what is decided, the sums, and what they rest on. */
export function printSimulation(io: Io, simulation: Simulation, printing: Printing): void {
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

/** The first machines hour by hour. */
export function printMachines(io: Io, simulation: Simulation, machines: readonly MachineRun[], most: number): void {
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

/** What is decided, in the order of time. */
export function printDecisions(io: Io, simulation: Simulation, machines: readonly MachineRun[], all: boolean): void {
  const names = new Map<InstanceKey, string>(machines.map(({ key, name }) => [key, name]));
  const { work } = simulation.assumptions;
  const isGiven = work !== 'as-now';
  const refusedBy = work === 'as-recorded' ? 'called off by the last look' : 'refused';
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
    // Of a fleet in a file and of a recording it is known who comes.
    `${row.reason}${row.assumesIdle && !isGiven ? ' (if it stays idle)' : ''}${row.refused === undefined ? '' : `; ${refusedBy}: ${row.refused}`}`,
  ]);
  io.out(`\n${table(['WHEN', '', 'ACTION', 'INSTANCE', 'POLICY', 'REASON'], cells)}`);
  if (rows.length > DECISIONS_SHOWN)
    io.out(`${rows.length - DECISIONS_SHOWN} more: --json or --html FILE tells of them\n`);
}

function printTotals(io: Io, { bill }: Simulation, machines: readonly MachineRun[]): void {
  const busy = machines.reduce((sum, { whileBusy }) => sum + whileBusy, 0);
  io.out(
    `\nup ${hours(bill.upMs)} h instead of ${hours(bill.upWithoutMs)} h; by the hour ${yuan(bill.fen)} yuan instead of ${yuan(bill.withoutFen)}` +
      `; renewals and changes of billing ${yuan(bill.paidFen)} yuan; ${bill.interruptions} ${bill.interruptions === 1 ? 'interruption' : 'interruptions'}` +
      `${busy > 0 ? `, ${busy} of them of machines at work` : ''}\n`,
  );
}

/** What it rests on. */
export function printAssumptions(io: Io, { assumptions, bill, seed, accounts, timezone }: Simulation): void {
  const { work, unknown, unread, endless, observing, unrecordedMs = 0 } = assumptions;
  const lines: string[] = [...groundOf(work, seed)];
  const count = (n: number, what: string) => (n > 0 ? [`${n} of ${bill.instances} instances ${what}`] : []);
  lines.push(...count(bill.unpriced, 'have no known price and are left out of the yuan'));
  if (work === 'recorded' || work === 'as-recorded')
    lines.push(...count(unknown, 'were for a time at something that nobody can tell'));
  else lines.push(...count(unknown, 'are at something that no probe can tell, and are never stopped for idling'));
  if (unrecordedMs > 0) lines.push(`${hours(unrecordedMs)} h of the accounts' time were not recorded and are left out`);
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
      `${observing.length} ${observing.length === 1 ? 'policy only observes' : 'policies only observe'}: --all shows what would be done${work === 'file' ? ', --mode enforce lets those act that do not say so themselves' : ''}`,
    );
  io.out(`taken for granted:\n${lines.map((line) => `  ${line}\n`).join('')}`);
}

/** How machines work, and what becomes of what is decided. */
function groundOf(work: Simulation['assumptions']['work'], seed: Simulation['seed']): readonly string[] {
  const clouds = 'starting, stopping and saving images take the time and end as they do in the simulated clouds';
  switch (work) {
    case 'as-now':
      return [
        'machines go on with what they are at now: what idles idles, what works works, and nobody comes or goes',
        clouds,
      ];
    case 'file':
      return [`machines work as the fleet file says, with the dice of seed ${seed ?? ''}`, clouds];
    case 'recorded':
      return [
        'machines work as they did on the days of the recording, where that is known; one that was down at the time goes on as before',
        'what is decided is done at once; what the policies of the time did was not',
        'balances are as recorded, less what is spent beyond what was then and more what is not, as far as prices are known',
      ];
    case 'as-recorded':
      return [
        'machines, balances and decisions are as recorded; what was sent may still have failed, which the machines show',
        'without policies what they stopped goes on as before; what they had done before the recording is as it was',
      ];
    default:
      return assertNever(work);
  }
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
