import type { Command } from 'commander';
import { type Diff, diffFolders, diffView } from '../../app/diff.ts';
import { rfc3339 } from '../../fleet/rfc3339.ts';
import { withClient } from '../context.ts';
import { EXIT, UserError } from '../exit.ts';
import { type Io, printJson } from '../io.ts';
import { printable, table } from '../table.ts';
import { shortTime } from '../time-words.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MOST_DAYS = 90;
/** Of one policy so many acts and machines are shown each way; the rest are counted. */
const MOST_SHOWN = 10;

const SIGNS = { added: '+', removed: '-', changed: '~', moved: '↕', same: ' ' } as const;

/** `lamplighter diff OLD NEW`: what a new set of policies would do otherwise. */
export function diffCommand(program: Command, io: Io): void {
  program
    .command('diff')
    .description(
      'what another set of policies would do otherwise, on the fleet as last seen, today and over the coming days',
    )
    .argument('<old>', 'a folder of policies')
    .argument('<new>', 'another one')
    .option('--days <n>', 'how many days', '7')
    .option('--json', 'print JSON')
    .action(async (old: string, young: string, options: { days: string; json?: boolean }, command: Command) => {
      io.endBySignal?.();
      const days = Number(options.days);
      if (!(days > 0 && days <= MOST_DAYS))
        throw new UserError(`--days is a number above 0 and up to ${MOST_DAYS}, not "${options.days}"`, EXIT.usage);
      await withClient(command, io, { policies: 'unneeded' }, async ({ config, work }) => {
        const from = work.clock.now();
        const diff = await diffFolders(work, config, { old, young, cwd: io.cwd, from, untilMs: days * DAY_MS });
        for (const account of diff.after.unlisted)
          io.err(`${account} was never listed: nothing is known of what would be done there\n`);
        if (options.json === true) printJson(io, diffView(diff));
        else print(io, diff, config.timezone, days);
      });
    });
}

function print(io: Io, { before, after, changes }: Diff, timezone: string, days: number): void {
  const differing = changes.filter(
    ({ kind, gained, lost, added, gone }) =>
      kind !== 'same' || gained.length + lost.length + added.length + gone.length > 0,
  );
  if (differing.length === 0) {
    io.out('nothing differs\n');
    return;
  }
  const names = new Map(
    after.fleet.flatMap(({ instances }) => instances).map(({ key, tracked }) => [key, tracked.instance.name]),
  );
  for (const change of differing) {
    const { policy, kind, gained, lost, added, gone } = change;
    const twin = renamed(change, changes);
    if (twin !== null) {
      const what = kind === 'added' ? `does just what ${twin} did` : `${twin} does just what it did`;
      io.out(`${SIGNS[kind]} ${policy}: ${kind}, and ${what}\n`);
      continue;
    }
    io.out(`${SIGNS[kind]} ${policy}: ${kind === 'same' ? 'does otherwise because of others' : kind}\n`);
    if (gained.length > 0) io.out(`  now also about: ${named(gained, names)}\n`);
    if (lost.length > 0) io.out(`  no longer about: ${named(lost, names)}\n`);
    const rows = [...listed('+', added), ...listed('-', gone)].map(({ sign, decision }) => [
      `  ${sign}`,
      shortTime(rfc3339(decision.at), timezone),
      decision.kind === 'act' ? decision.action : `${decision.kind} ${decision.action}`,
      decision.instance === null ? decision.account : nameOf(decision.instance, names),
      decision.reason,
    ]);
    if (rows.length > 0) io.out(table(['', 'WHEN', 'ACTION', 'INSTANCE', 'REASON'], rows));
    for (const [sign, all] of [
      ['+', added],
      ['-', gone],
    ] as const)
      if (all.length > MOST_SHOWN) io.out(`  ${sign} and ${all.length - MOST_SHOWN} more\n`);
  }
  const signed = (value: number, digits: number) => `${value < 0 ? '' : '+'}${value.toFixed(digits)}`;
  const { bill: old } = before;
  const { bill: young } = after;
  const parts = [
    `${signed((young.upMs - old.upMs) / HOUR_MS, 1)} h up`,
    `${signed((young.fen - old.fen) / 100, 2)} yuan by the hour`,
    `${signed((young.paidFen - old.paidFen) / 100, 2)} yuan for renewals`,
    `${signed(young.interruptions - old.interruptions, 0)} interruptions`,
  ];
  io.out(`in ${days} ${days === 1 ? 'day' : 'days'}: ${parts.join(', ')}\n`);
  const reached = Math.min(before.reached, after.reached);
  if (before.isCut || after.isCut)
    io.out(`there was too much to decide: none of it is later than ${shortTime(rfc3339(reached), timezone)}\n`);
}

/** The policy of the other set that does just the same: a name is all that has changed. `null`: there is none. */
function renamed(change: Diff['changes'][number], changes: Diff['changes']): string | null {
  if (change.kind !== 'added' && change.kind !== 'removed') return null;
  const own = doings(change);
  const other = change.kind === 'added' ? 'removed' : 'added';
  return changes.find((each) => own !== '' && each.kind === other && doings(each) === own)?.policy ?? null;
}

/** Whom a policy that comes or goes is about, and all that it does. */
function doings({ kind, gained, lost, added, gone }: Diff['changes'][number]): string {
  const [keys, decisions] = kind === 'added' ? [gained, added] : [lost, gone];
  const acts = decisions.map((each) => [each.kind, each.at, each.instance ?? each.account, each.action].join(' '));
  return [...keys, ...acts].sort().join('\n');
}

function named(keys: readonly string[], names: ReadonlyMap<string, string>): string {
  const more = keys.length > MOST_SHOWN ? ` and ${keys.length - MOST_SHOWN} more` : '';
  return `${keys
    .slice(0, MOST_SHOWN)
    .map((key) => nameOf(key, names))
    .join(', ')}${more}`;
}

function listed<T>(sign: string, decisions: readonly T[]): readonly { readonly sign: string; readonly decision: T }[] {
  return decisions.slice(0, MOST_SHOWN).map((decision) => ({ sign, decision }));
}

function nameOf(key: string, names: ReadonlyMap<string, string>): string {
  return printable(names.get(key) || key);
}
