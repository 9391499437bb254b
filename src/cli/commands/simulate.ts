import { type Command, Option } from 'commander';
import { DEFAULT_SEED, type Simulation, simulate, simulateFile, simulationView } from '../../app/simulate.ts';
import { zoneNamed } from '../../calendar/zone.ts';
import type { Config } from '../../config/config.ts';
import { readConfig, withClient } from '../context.ts';
import { EXIT, UserError } from '../exit.ts';
import { type Io, printJson } from '../io.ts';
import { parseTime } from '../parse-time.ts';
import { simulateRecord } from './simulate-record.ts';
import { printSimulation, writeReport } from './simulation-text.ts';

const DAY_MS = 86_400_000;
/** Beyond that the fleet is another one. */
const MOST_DAYS = 90;
/** Of more machines nobody reads the days in a terminal. */
const SHOWN = 10;

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
      io.endBySignal?.();
      refuseWhatDoesNothing(command, options.record !== undefined);
      const shown = options.show === 'all' ? Number.POSITIVE_INFINITY : Number(options.show);
      if (!(shown >= 0)) throw new UserError(`--show is a number or all, not "${options.show}"`, EXIT.usage);
      if (options.record !== undefined) {
        const isAsked = ['show', 'all'].some((name) => command.getOptionValueSource(name) === 'cli');
        await simulateRecord(command, io, { ...options, record: options.record, shown, isAsked });
        return;
      }
      const days = Number(options.days);
      if (!(days > 0 && days <= MOST_DAYS))
        throw new UserError(`--days is a number above 0 and up to ${MOST_DAYS}, not "${options.days}"`, EXIT.usage);
      const seed = Number(options.seed);
      if (!Number.isSafeInteger(seed) || seed < 0)
        throw new UserError(`--seed is a whole number from 0 on, not "${options.seed}"`, EXIT.usage);
      if (options.mode !== undefined && options.fleet === undefined)
        throw new UserError('--mode goes with --fleet; the fleet of the daemon goes by what is in force', EXIT.usage);
      const done = async (simulation: Simulation) => {
        await writeReport(io, simulation, options);
        if (options.json === true) printJson(io, simulationView(simulation));
        else
          printSimulation(io, simulation, { until: simulation.from + days * DAY_MS, all: options.all === true, shown });
      };
      const fromOf = ({ timezone }: Config) =>
        options.from === undefined ? null : parseTime('--from', options.from, zoneNamed(timezone));
      const { fleet } = options;
      if (fleet !== undefined) {
        const config = await readConfig(command, io, {
          secrets: 'unneeded',
          ...(options.mode === undefined ? {} : { mode: options.mode }),
        });
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
const NOT_OF_RECORDINGS = ['fleet', 'days', 'from', 'seed', 'mode'];

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
