import type { Command } from 'commander';
import { readSavings, savings, savingsView } from '../../app/savings.ts';
import { formatDuration } from '../../calendar/duration.ts';
import { zoneNamed } from '../../calendar/zone.ts';
import type { SavingsReport, SavingsRow, SavingsSum } from '../../fleet/savings-report.ts';
import { withClient } from '../context.ts';
import { EXIT, UserError } from '../exit.ts';
import { type Io, printJson } from '../io.ts';
import { table } from '../table.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const OUTPUTS = ['text', 'json'] as const;

interface Options {
  readonly since?: string;
  readonly by?: readonly string[];
  readonly output: string;
  readonly json?: boolean;
}

/** `lamplighter savings`: what the policies saved, and what observing ones would have. */
export function savingsCommand(program: Command, io: Io): void {
  program
    .command('savings')
    .description('what stopping machines has saved, by the ledger: hours, yuan, wrong stops, and what would be saved')
    .option('--since <time>', 'so many days with today, such as 7d, or a day such as 2026-10-01; default 30d')
    .option('--by <what...>', 'policy, account, instance, day, or: label KEY; default policy')
    .option('--output <how>', 'text or json', 'text')
    .option('--json', 'print JSON: the same as --output json')
    .action(async (options: Options, command: Command) => {
      const output = OUTPUTS.find((each) => each === options.output);
      if (output === undefined)
        throw new UserError(`--output is one of ${OUTPUTS.join(', ')}, not "${options.output}"`, EXIT.usage);
      await withClient(command, io, { policies: 'unneeded' }, async ({ config, work, store }) => {
        const by = options.by?.join(':') ?? null;
        const asked = { since: options.since ?? null, by };
        const read = readSavings(asked, work.clock.now(), zoneNamed(config.timezone));
        if (!read.ok) throw new UserError(read.message, EXIT.usage);
        const report = await savings(work, store, read.question);
        if (output === 'json' || options.json === true) printJson(io, savingsView(report));
        else print(io, report);
      });
    });
}

function print(io: Io, report: SavingsReport): void {
  const { since, until, timezone, total, rows, unwatched } = report;
  const period = since === until ? `On ${until}` : `From ${since} to ${until}`;
  io.out(`${period} (${timezone})\n\n`);
  part(
    io,
    report,
    'saved',
    rows,
    total,
    'nothing was saved: no policy has stopped a machine that is paid by the hour\n',
  );
  if (total.would.instances > 0) {
    io.out('\nWhat observing policies would have saved; it is in none of the sums above\n\n');
    part(io, report, 'would', rows, total, '');
    const apart = rows.reduce((sum, { would }) => sum + would.ms, 0);
    if (apart > total.would.ms)
      io.out('a machine that two of them would have stopped on one day counts once in the total\n');
  }
  if (unwatched.length > 0) io.out('\n');
  for (const { account, ms } of unwatched)
    io.out(`${account} was not watched for ${span(ms)}: of that time nothing is counted\n`);
  rests(io, total);
}

function part(
  io: Io,
  { by, label }: SavingsReport,
  kind: 'saved' | 'would',
  rows: readonly SavingsRow[],
  total: SavingsRow,
  none: string,
): void {
  const all = rows.filter((row) => row[kind].instances > 0);
  if (all.length === 0) {
    io.out(none);
    return;
  }
  const head = [by === 'label' ? (label ?? '') : by, 'yuan', 'hours', 'gpu hours', 'machines', 'stops', 'wrong'];
  const cells = all.map((row) => [nameOf(row, by), ...numbers(row[kind])]);
  const sums = all.length === 1 ? [] : [['total', ...numbers(total[kind])]];
  io.out(
    table(
      head.map((each) => each.toUpperCase()),
      [...cells, ...sums],
    ),
  );
}

function nameOf({ key, name }: SavingsRow, by: SavingsReport['by']): string {
  if (key === null) return '(not set)';
  return by === 'instance' && name !== null && name !== '' ? `${name} (${key})` : key;
}

/** Of a sum without a single price no money is told: 0.00 would be a statement. */
function numbers(sum: SavingsSum): readonly string[] {
  const { ms, gpuMs, grossFen, keptFen, instances, unpriced, stops, wrong } = sum;
  const isPriced = unpriced < instances;
  const yuan = ((grossFen - keptFen) / 100).toFixed(2);
  const hours = (value: number) => (value / HOUR_MS).toFixed(1);
  return [isPriced ? yuan : '–', hours(ms), hours(gpuMs), String(instances), String(stops), String(wrong)];
}

/** What the money rests on. */
function rests(io: Io, { saved, would }: SavingsRow): void {
  const machines = (count: number) => `${count} ${count === 1 ? 'machine has' : 'machines have'}`;
  if (saved.instances + would.instances === 0) return;
  io.out(
    '\nyuan are an estimate: the price that the cloud lists or the configuration has, for the time a machine was seen stopped,\n' +
      'up to 7 days a stop; wrong: a person started it again, or was seen active, within 30 min\n',
  );
  const unpriced = Math.max(saved.unpriced, would.unpriced);
  const unkept = Math.max(saved.unkept, would.unkept);
  if (unpriced > 0) io.out(`${machines(unpriced)} no known price: their hours are counted, and no yuan\n`);
  if (unkept > 0)
    io.out(
      `of ${unkept === 1 ? '1 machine' : `${unkept} machines`} nobody says what they cost while stopped (prices: stopped): it is taken for nothing\n`,
    );
}

function span(ms: number): string {
  return formatDuration(Math.max(MINUTE_MS, Math.round(ms / MINUTE_MS) * MINUTE_MS));
}
