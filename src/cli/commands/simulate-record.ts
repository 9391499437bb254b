import { resolve } from 'node:path';
import type { Command } from 'commander';
import { recordedIn, sourcesOf } from '../../app/recording/recording-files.ts';
import { type Replay, replay } from '../../app/recording/replay.ts';
import { rfc3339 } from '../../fleet/rfc3339.ts';
import { EXIT, UserError } from '../exit.ts';
import { type Io, printJson } from '../io.ts';
import { printable } from '../table.ts';

export interface RecordOptions {
  readonly record: string;
  readonly json?: boolean;
}

/** `lamplighter simulate --record FILE`: decides everything in a recording once more. */
export async function simulateRecord(_command: Command, io: Io, { record, json }: RecordOptions): Promise<void> {
  const sources = await sourcesOf([resolve(io.cwd, record)], null, (path, why) => io.err(`${path} ${why}\n`));
  const found = await replay(recordedIn(sources));
  if (found.passes === 0) throw new UserError(`there is no pass in ${record}`, EXIT.usage);
  if (json === true) printJson(io, replayView(found));
  else print(io, found);
  if (found.otherwisePasses > 0)
    throw new UserError(`${found.otherwisePasses} of ${found.passes} passes are decided otherwise than they were`);
}

function replayView({ from, until, otherwise, ...counts }: Replay) {
  const time = (at: number | null) => (at === null ? null : rfc3339(at));
  return {
    from: time(from),
    until: time(until),
    ...counts,
    otherwise: otherwise.map(({ at, ...each }) => ({ at: rfc3339(at), ...each })),
  };
}

function print(io: Io, { passes, acts, from, until, otherwise, otherwisePasses, reworded, holes }: Replay): void {
  for (const { at, account, differences } of otherwise) {
    io.out(`${rfc3339(at)} ${account}\n`);
    for (const { subject, recorded, replayed } of differences) {
      io.out(`  ${printable(subject)}\n`);
      io.out(`    then ${recorded === null ? 'nothing' : printable(JSON.stringify(recorded))}\n`);
      io.out(`    now  ${replayed === null ? 'nothing' : printable(JSON.stringify(replayed))}\n`);
    }
  }
  if (otherwisePasses > otherwise.length) io.out(`… and ${otherwisePasses - otherwise.length} passes more\n`);
  const span = from === null || until === null ? '' : `${rfc3339(from)} to ${rfc3339(until)}: `;
  io.out(
    `${span}${passes} passes with ${acts} acts and announcements, ${otherwisePasses === 0 ? 'every one decided as it was' : `${otherwisePasses} decided otherwise`}\n`,
  );
  if (reworded > 0)
    io.out(`${reworded} passes give the same decisions other words: they were made by another version\n`);
  if (holes > 0) io.out(`${holes} passes were made and not recorded\n`);
}
