import type { Command } from 'commander';
import { type Simulation, simulate, simulationView } from '../../app/simulate.ts';
import { zoneNamed } from '../../calendar/zone.ts';
import { rfc3339 } from '../../fleet/rfc3339.ts';
import { withClient } from '../context.ts';
import { EXIT, UserError } from '../exit.ts';
import { type Io, printJson } from '../io.ts';
import { parseTime } from '../parse-time.ts';
import { printable, table } from '../table.ts';
import { shortTime } from '../time-words.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Beyond that the fleet is another one. */
const MOST_DAYS = 90;

interface Options {
  readonly days: string;
  readonly from?: string;
  readonly all?: boolean;
  readonly json?: boolean;
}

/** `lamplighter simulate`: the coming days as the policies would have them. */
export function simulateCommand(program: Command, io: Io): void {
  program
    .command('simulate')
    .description('lead the fleet as last seen through the coming days: what the policies would do, hours and yuan')
    .option('--days <n>', 'how many days', '7')
    .option('--from <time>', 'from when on: RFC 3339, or "2026-10-01 08:00" in the zone; default now')
    .option('--all', 'also what observing policies would do, and what is kept from being done')
    .option('--json', 'print JSON')
    .action(async (options: Options, command: Command) => {
      const days = Number(options.days);
      if (!(days > 0 && days <= MOST_DAYS))
        throw new UserError(`--days is a number above 0 and up to ${MOST_DAYS}, not "${options.days}"`, EXIT.usage);
      await withClient(command, io, { policies: 'needed' }, async ({ config, work }) => {
        const zone = zoneNamed(config.timezone);
        const from = options.from === undefined ? work.clock.now() : parseTime('--from', options.from, zone);
        const simulation = await simulate(work, { from, untilMs: days * DAY_MS });
        if (options.json === true) printJson(io, simulationView(simulation));
        else
          print(io, simulation, { timezone: config.timezone, until: from + days * DAY_MS, all: options.all === true });
      });
    });
}

function print(
  io: Io,
  simulation: Simulation,
  { timezone, until, all }: { readonly timezone: string; readonly until: number; readonly all: boolean },
): void {
  const { bill, unlisted, reached } = simulation;
  for (const name of unlisted) io.err(`${name} has never been listed, so nothing is known of it\n`);
  const names = new Map(simulation.accounts.flatMap(({ uses }) => uses.map((use) => [use.key, use.name] as const)));
  const rows = simulation.coming.filter(
    ({ kind }) => all || kind === 'act' || kind === 'announce' || kind === 'notify',
  );
  if (rows.length === 0) io.out('nothing would be done\n');
  else {
    const cells = rows.map((row) => [
      shortTime(rfc3339(row.at), timezone),
      SIGNS[row.kind],
      row.action,
      printable(row.instance === null ? row.account : names.get(row.instance) || row.instance),
      row.policy,
      row.reason + (row.assumesIdle ? ' (if it stays idle)' : ''),
    ]);
    io.out(table(['WHEN', '', 'ACTION', 'INSTANCE', 'POLICY', 'REASON'], cells));
  }
  if (reached < until)
    io.err(`there is too much to decide: only the time until ${shortTime(rfc3339(reached), timezone)} was looked at\n`);
  const hours = (ms: number) => (ms / HOUR_MS).toFixed(1);
  const yuan = (fen: number) => (fen / 100).toFixed(2);
  io.out(
    `\nup ${hours(bill.upMs)} h instead of ${hours(bill.upWithoutMs)} h; by the hour ${yuan(bill.fen)} yuan instead of ${yuan(bill.withoutFen)}` +
      `; renewals and changes of billing ${yuan(bill.paidFen)} yuan; ${bill.interruptions} interruptions\n`,
  );
  if (bill.unpriced > 0)
    io.out(`${bill.unpriced} of ${bill.instances} instances have no known price and are left out of the yuan\n`);
  io.out(
    'taken for granted: what is decided is done at once, what idles goes on idling, and nobody else does anything\n',
  );
}

const SIGNS: Readonly<Record<Simulation['coming'][number]['kind'], string>> = {
  act: '+',
  notify: '!',
  announce: '~',
  observe: '?',
  kept: '-',
};
