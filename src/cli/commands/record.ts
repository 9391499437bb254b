import { resolve } from 'node:path';
import type { Command } from 'commander';
import { recordingDir } from '../../app/recording/pass-recorder.ts';
import {
  type RecordingInfo,
  recordingInfo,
  saveRecording,
  sizeOf,
  sourcesOf,
} from '../../app/recording/recording-files.ts';
import { sinceOf } from '../../app/recording/recording-since.ts';
import { rfc3339 } from '../../fleet/rfc3339.ts';
import { clockFor, readConfig, sharedOptions } from '../context.ts';
import { EXIT, UserError } from '../exit.ts';
import { type Io, printJson } from '../io.ts';
import { table } from '../table.ts';
import { shortTime } from '../time-words.ts';

interface Options {
  readonly out?: string;
  readonly since?: string;
  readonly from?: readonly string[];
  readonly info?: string | true;
  readonly json?: boolean;
}

/** `lamplighter record`: what the daemon's passes knew and decided, as a file, and what is in one. */
export function recordCommand(program: Command, io: Io): void {
  program
    .command('record')
    .description('write what the daemon has recorded of its passes into one file, or say what is in such a file')
    .option('--out <file>', 'where to write it; a file that is there is never written over')
    .option('--since <time>', 'only what is newer: so long ago, such as 24h, or RFC 3339')
    .option(
      '--from <path...>',
      'files or folders instead of what the daemon here keeps; several are put together by time',
    )
    .option('--info [file]', 'say what is there: time, accounts, instances, passes, holes and size')
    .option('--json', 'print JSON')
    .action(async (options: Options, command: Command) => {
      const { out, info } = options;
      if (out !== undefined && info !== undefined)
        throw new UserError('--out writes a file and --info looks into one: say one of them', EXIT.usage);
      const given = typeof info === 'string' ? [info] : options.from;
      const own = given === undefined ? await ownPlace(command, io) : null;
      const since = options.since === undefined ? null : sinceOf(options.since, own?.now ?? Date.now());
      if (options.since !== undefined && since === null)
        throw new UserError(`--since is so long ago, such as 24h, or RFC 3339, not "${options.since}"`, EXIT.usage);
      const paths = own === null ? (given ?? []).map((path) => resolve(io.cwd, path)) : [own.dir];
      let torn = 0;
      const sources = await sourcesOf(paths, since, () => {
        torn += 1;
      });
      if (sources.length === 0) throw new UserError(nothingIn(paths, since !== null));
      if (out === undefined) {
        const info = await recordingInfo(sources);
        if (info.segments === 0) throw new UserError(unreadableIn(paths));
        const view = infoView(info, { bytes: await sizeOf(paths), torn });
        if (options.json === true) printJson(io, view);
        else print(io, view, own?.timezone ?? 'UTC');
        return;
      }
      const path = resolve(io.cwd, out);
      const bytes = await saveRecording(path, sources, since).catch((error: unknown) => {
        const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
        if (!isThere) throw error;
        throw new UserError(`${path} is there already; a recording is never written over`, EXIT.usage, {
          cause: error,
        });
      });
      if (bytes === 0) throw new UserError(unreadableIn(paths));
      io.out(
        `${inUnits(bytes)} are in ${path}; to hold its decisions against what would be decided now: lamplighter simulate --record ${path}\n`,
      );
    });
}

/** What the daemon here keeps. */
async function ownPlace(command: Command, io: Io) {
  const config = await readConfig(command, io);
  const clock = await clockFor(config, sharedOptions(command).demo);
  return { dir: recordingDir(config.stateDir), now: clock.now(), timezone: config.timezone };
}

function nothingIn(paths: readonly string[], isCut: boolean): string {
  const when = isCut ? ' of that time' : '';
  return `nothing${when} is recorded in ${paths.join(', ')}; a daemon records where recording.keep is not 0s, and one on another machine gives it by GET /api/v1/recording`;
}

function unreadableIn(paths: readonly string[]): string {
  return `nothing in ${paths.join(', ')} can be read: it is empty, cut off at its very beginning, or of a later version`;
}

type InfoView = ReturnType<typeof infoView>;

function infoView(info: RecordingInfo, file: { readonly bytes: number; readonly torn: number }) {
  const time = (at: number | null) => (at === null ? null : rfc3339(at));
  return {
    from: time(info.from),
    until: time(info.until),
    bytes: file.bytes,
    versions: info.versions,
    segments: info.segments,
    cutOff: file.torn,
    policySets: info.policySets,
    accounts: info.accounts.map((row) => ({ ...row, from: rfc3339(row.from), until: rfc3339(row.until) })),
    holes: info.holes.map((hole) => ({ ...hole, at: rfc3339(hole.at), until: rfc3339(hole.until) })),
  };
}

function print(io: Io, view: InfoView, zone: string): void {
  const { from, until, bytes, versions, segments, cutOff, policySets, accounts, holes } = view;
  const time = (at: string | null) => shortTime(at, zone);
  io.out(
    `${time(from)} to ${time(until)} (${zone}), ${inUnits(bytes)}, by lamplighter ${versions.join(', ')}: ` +
      `${counted(segments, 'segment')}, ${counted(policySets, 'set')} of policies\n\n`,
  );
  io.out(
    table(
      ['ACCOUNT', 'FROM', 'UNTIL', 'PASSES', 'INSTANCES'],
      accounts.map((row) => [row.account, time(row.from), time(row.until), `${row.passes}`, `${row.instances}`]),
    ),
  );
  if (cutOff > 0)
    io.out(`\n${counted(cutOff, 'segment')} not whole: still written to, its daemon killed, or damaged on the disk\n`);
  const lost = holes.reduce((sum, { passes }) => sum + passes, 0);
  if (lost > 0) io.out(`\n${counted(lost, 'pass', 'passes')} were not recorded:\n`);
  for (const hole of holes)
    io.out(
      `  ${time(hole.at)} to ${time(hole.until)}: ${counted(hole.passes, 'pass', 'passes')}, the disk ${WHY[hole.why] ?? hole.why}\n`,
    );
}

const WHY: Readonly<Record<string, string>> = { slow: 'was slow', failed: 'failed' };

function counted(count: number, one: string, several = `${one}s`): string {
  return `${count} ${count === 1 ? one : several}`;
}

function inUnits(bytes: number): string {
  if (bytes < 1e3) return `${bytes} bytes`;
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
