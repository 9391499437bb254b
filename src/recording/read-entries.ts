import { type Entry, entryOf, FORMAT, isReadable } from './entries.ts';
import { readLines } from './segment-file.ts';

/** A file that is no recording, or one of another format. */
export class NoRecording extends Error {
  /** What is wrong with it. */
  readonly why: string;

  constructor(path: string, why: string, options: { readonly cause?: unknown } = {}) {
    super(`${path} ${why}`, options);
    this.name = 'NoRecording';
    this.why = why;
  }
}

/** Told of a file of which not everything can be read; what is before that is whole. */
export type OnTorn = (path: string, why: string) => void;

const CUT_OFF = 'is cut off at its end: it is still written to, or its writer was killed';
const DAMAGED = 'is damaged in the middle: what follows cannot be read';

/** What a file holds, as far as it can be read. @throws NoRecording, or the error that kept it from being opened */
export async function* readEntries(path: string, onTorn: OnTorn): AsyncGenerator<Entry> {
  const lines = readLines(path);
  let isFirst = true;
  try {
    for (;;) {
      const line = await lines.next();
      if (line.done === true) {
        if (line.value === 'foreign' && isFirst) throw new NoRecording(path, 'is no recording of lamplighter');
        if (line.value !== 'whole') onTorn(path, line.value === 'torn' ? CUT_OFF : DAMAGED);
        return;
      }
      const entry = entryOf(line.value);
      if (entry === null) {
        if (isFirst) throw new NoRecording(path, 'is no recording of lamplighter');
        // What follows is told by what changed since.
        onTorn(path, DAMAGED);
        return;
      }
      if (entry.kind === 'head' && !isReadable(entry.format))
        throw new NoRecording(
          path,
          `is of format ${entry.format}, written by lamplighter ${entry.version}; this one reads formats up to ${FORMAT}`,
        );
      isFirst = false;
      yield entry;
    }
  } finally {
    await lines.return('whole');
  }
}

/** As {@link readEntries}, for one of many: what cannot be read of it at all is told of and left out. */
export async function* readSome(path: string, onTorn: OnTorn): AsyncGenerator<Entry> {
  try {
    yield* readEntries(path, onTorn);
  } catch (error) {
    if (!(error instanceof NoRecording)) throw error;
    onTorn(path, error.why);
  }
}

export interface Source {
  /** Nothing in it is earlier, epoch ms; `null`: nobody knows without looking. */
  readonly startAt: number | null;
  readonly open: () => AsyncGenerator<Entry>;
}

interface Active {
  readonly entries: AsyncGenerator<Entry>;
  next: Entry;
  at: number;
}

/**
 * The entries of several files by time, each file's in its own order. What has no time of its own goes with what comes before it. A file
 * is opened when its time has come, so that a week of many is not open at once.
 */
export async function* merged(sources: readonly Source[]): AsyncGenerator<Entry> {
  const waiting = [...sources].sort((a, b) => startOf(a) - startOf(b));
  const active: Active[] = [];
  try {
    for (;;) {
      const first = earliest(active);
      const [next] = waiting;
      if (next !== undefined && (first === null || startOf(next) <= first.at)) {
        waiting.shift();
        const entries = next.open();
        const entry = await entries.next();
        if (entry.done !== true) active.push({ entries, next: entry.value, at: atOf(entry.value) ?? startOf(next) });
        continue;
      }
      if (first === null) return;
      yield first.next;
      const entry = await first.entries.next();
      if (entry.done === true) active.splice(active.indexOf(first), 1);
      else {
        first.next = entry.value;
        // A clock that was set back does not bring the file's own order into disorder.
        first.at = Math.max(first.at, atOf(entry.value) ?? first.at);
      }
    }
  } finally {
    for (const { entries } of active) await entries.return(undefined);
  }
}

function startOf({ startAt }: Source): number {
  return startAt ?? Number.NEGATIVE_INFINITY;
}

function earliest(active: readonly Active[]): Active | null {
  let first: Active | null = null;
  for (const each of active) if (first === null || each.at < first.at) first = each;
  return first;
}

function atOf(entry: Entry): number | null {
  return entry.kind === 'rules' || entry.kind === 'cut' ? null : entry.at;
}
