import { resolve } from 'node:path';
import type { Command } from 'commander';
import { InvalidInput, loadPolicies } from '../../app/load.ts';
import { recordedIn, sourcesOf } from '../../app/recording/recording-files.ts';
import { policiesIn, type Replay, replay } from '../../app/recording/replay.ts';
import { billOf, daysAsRecorded, type WhatIf, whatIf } from '../../app/recording/what-if.ts';
import { machinesByKey } from '../../app/simulate/run.ts';
import { type Simulation, simulationView } from '../../app/simulate.ts';
import type { InstanceKey } from '../../fleet/instance.ts';
import { rfc3339 } from '../../fleet/rfc3339.ts';
import { readConfig, sharedOptions } from '../context.ts';
import { EXIT, UserError } from '../exit.ts';
import { type Io, printJson } from '../io.ts';
import { printable } from '../table.ts';
import { shortTime } from '../time-words.ts';
import { printAssumptions, printDecisions, printMachines, printSimulation, writeReport } from './simulation-text.ts';

const HOUR_MS = 3_600_000;

export interface RecordOptions {
  readonly record: string;
  readonly whatIf?: boolean;
  readonly html?: string;
  readonly lang: string;
  readonly all?: boolean;
  /** Machines hour by hour. */
  readonly shown: number;
  /** The days are asked for, not only whether they are decided as they were. */
  readonly isAsked: boolean;
  readonly json?: boolean;
}

/** `lamplighter simulate --record FILE`: decides everything in a recording once more, as it was or by other policies. */
export async function simulateRecord(command: Command, io: Io, options: RecordOptions): Promise<void> {
  const { record, json } = options;
  const sources = await sourcesOf([resolve(io.cwd, record)], null, (path, why) => io.err(`${path} ${why}\n`));
  const recording = recordedIn(sources);
  const { policies } = sharedOptions(command);
  if (options.whatIf === true || policies !== undefined) {
    const found = await whatIf(recording, await policiesFor(command, io, policies));
    if (found.simulation === null) throw new UserError(`there is no pass in ${record}`, EXIT.usage);
    await writeReport(io, found.simulation, options);
    if (json === true) printJson(io, whatIfView(found));
    else printWhatIf(io, found, found.simulation, options);
    return;
  }
  const isShown = options.html !== undefined || options.isAsked || json === true;
  const { replay: found, simulation } = isShown
    ? await daysAsRecorded(recording)
    : { replay: await replay(recording), simulation: null };
  if (found.passes === 0) throw new UserError(`there is no pass in ${record}`, EXIT.usage);
  if (simulation !== null) await writeReport(io, simulation, options);
  if (json === true) printJson(io, { ...(simulation !== null && daysView(simulation)), ...replayView(found) });
  else {
    printReplay(io, found);
    if (simulation !== null && options.isAsked) {
      const { all = false, shown } = options;
      io.out('\n');
      printSimulation(io, simulation, { until: simulation.reached, all, shown });
    }
  }
  if (found.otherwisePasses > 0)
    throw new UserError(`${found.otherwisePasses} of ${found.passes} passes are decided otherwise than they were`);
}

/** What there is to say of days that nothing was diced for. */
function daysView(simulation: Simulation) {
  const { seed: _seed, unlisted: _unlisted, happenings: _happenings, accounts, ...view } = simulationView(simulation);
  return { ...view, accounts: accounts.map(({ account, hourly }) => ({ account, hourly })) };
}

/** Those of a folder, as they are meant where it was recorded, whose configuration need not be here; else those of the configuration. */
async function policiesFor(
  command: Command,
  io: Io,
  folder: string | undefined,
): Promise<Parameters<typeof whatIf>[1]> {
  if (folder !== undefined) return await policiesIn(folder, io.cwd);
  const loaded = await loadPolicies(await readConfig(command, io, { secrets: 'unneeded' }), io.cwd, Date.now());
  if (!loaded.ok) throw new InvalidInput('the policies are not valid', loaded.errors);
  return () => loaded.set.policies;
}

function replayView({ from, until, otherwise, calledOff, ...counts }: Replay) {
  const time = (at: number | null) => (at === null ? null : rfc3339(at));
  return {
    from: time(from),
    until: time(until),
    ...counts,
    otherwise: otherwise.map(({ at, ...each }) => ({ at: rfc3339(at), ...each })),
    calledOff: calledOff.map(({ at, account, operation, policy, instance, action, no, why }) => ({
      at: rfc3339(at),
      account,
      operation,
      policy,
      instance,
      action,
      reason: no.reason,
      detail: why,
    })),
  };
}

function printReplay(io: Io, found: Replay): void {
  const { passes, acts, otherwise, otherwisePasses, reworded, holes, looks, calledOff, timezone } = found;
  const time = (at: number) => shortTime(rfc3339(at), timezone);
  for (const { at, account, differences } of otherwise) {
    io.out(`${time(at)} ${account}\n`);
    for (const { subject, recorded, replayed } of differences) {
      io.out(`  ${printable(subject)}\n`);
      io.out(`    then ${recorded === null ? 'nothing' : printable(JSON.stringify(recorded))}\n`);
      io.out(`    now  ${replayed === null ? 'nothing' : printable(JSON.stringify(replayed))}\n`);
    }
  }
  if (otherwisePasses > otherwise.length) io.out(`… and ${otherwisePasses - otherwise.length} passes more\n`);
  io.out(
    `${span(found, timezone)}${passes} passes with ${acts} acts and announcements, ${otherwisePasses === 0 ? 'every one decided as it was' : `${otherwisePasses} decided otherwise`}\n`,
  );
  if (reworded > 0)
    io.out(`${reworded} passes give the same decisions other words: they were made by another version\n`);
  if (holes > 0) io.out(`${holes} passes were made and not recorded\n`);
  if (calledOff.length > 0) io.out(`${calledOff.length} of ${looks} last looks before an act called it off:\n`);
  for (const { at, action, instance, policy, no, why } of calledOff)
    io.out(`  ${time(at)}  ${action} of ${printable(instance)} (${policy}): ${no.reason}, ${printable(why)}\n`);
}

function whatIfView({ from, until, acts, stops, uses, simulation, ...rest }: WhatIf) {
  const time = (at: number | null) => (at === null ? null : rfc3339(at));
  const yuan = (fen: number | null) => (fen === null ? null : (fen / 100).toFixed(2));
  const hours = (ms: number) => Math.round((ms / HOUR_MS) * 100) / 100;
  const bill = billOf({ uses, acts });
  const machines = machinesByKey(simulation?.accounts ?? []);
  const days = simulation === null ? null : daysView(simulation);
  return {
    from: time(from),
    until: time(until),
    passes: rest.passes,
    recordedActs: rest.recordedActs,
    unknownHours: hours(rest.unknownMs),
    totals: {
      instances: bill.instances,
      unpriced: bill.unpriced,
      upHours: hours(bill.upMs),
      recordedUpHours: hours(bill.recordedUpMs),
      yuan: yuan(bill.fen),
      recordedYuan: yuan(bill.recordedFen),
      paidYuan: yuan(bill.paidFen),
    },
    assumptions: days?.assumptions ?? null,
    accounts: days?.accounts ?? [],
    acts: acts.map(({ at, costFen, ...act }) => ({ at: rfc3339(at), ...act, costYuan: yuan(costFen) })),
    stops: stops.map(({ at, missedAt, ...stop }) => ({ at: rfc3339(at), ...stop, missedAt: time(missedAt) })),
    instances: uses.map((use) => ({
      instance: use.instance,
      name: use.name,
      upHours: hours(use.upMs),
      recordedUpHours: hours(use.recordedUpMs),
      yuan: yuan(use.fen),
      recordedYuan: yuan(use.recordedFen),
      timeline: machines.get(use.instance)?.timeline.map(({ at, doing }) => ({ at: rfc3339(at), doing })) ?? [],
    })),
  };
}

function printWhatIf(
  io: Io,
  found: WhatIf,
  simulation: Simulation,
  { shown, all = false }: Pick<RecordOptions, 'shown' | 'all'>,
): void {
  const { acts, stops, passes, recordedActs } = found;
  const machines = simulation.accounts.flatMap((account) => account.machines);
  printMachines(io, simulation, machines, shown);
  printDecisions(io, simulation, machines, all);
  const bill = billOf(found);
  const hours = (ms: number) => (ms / HOUR_MS).toFixed(1);
  const yuan = (fen: number) => (fen / 100).toFixed(2);
  io.out(
    `\n${span(found, simulation.timezone)}${passes} passes, ${acts.length} acts instead of ${recordedActs}; ` +
      `up ${hours(bill.upMs)} h instead of ${hours(bill.recordedUpMs)} h; by the hour ${yuan(bill.fen)} yuan instead of ` +
      `${yuan(bill.recordedFen)}; renewals and changes of billing ${yuan(bill.paidFen)} yuan\n`,
  );
  const missed = stops.filter(({ missedAt }) => missedAt !== null);
  if (stops.length > 0)
    io.out(
      `${missed.length} of ${stops.length} stops would have been in somebody's way: there was work again afterwards\n`,
    );
  const names = new Map<InstanceKey, string>(machines.map(({ key, name }) => [key, name]));
  const time = (at: number | null) => shortTime(at === null ? null : rfc3339(at), simulation.timezone);
  for (const { at, instance, policy, missedAt } of missed)
    io.out(
      `  ${printable(names.get(instance) || instance)}, stopped by ${policy} at ${time(at)}, was wanted at ${time(missedAt)}\n`,
    );
  printAssumptions(io, simulation);
}

function span(
  { from, until }: { readonly from: number | null; readonly until: number | null },
  timezone: string,
): string {
  if (from === null || until === null) return '';
  return `${shortTime(rfc3339(from), timezone)} to ${shortTime(rfc3339(until), timezone)} (${timezone}): `;
}
