import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { type Entry, FORMAT, lineOf } from '../../src/recording/entries.ts';
import { folderSources } from '../../src/recording/export.ts';
import { isJsonMap, type Json } from '../../src/recording/json.ts';
import { jsonPieces } from '../../src/recording/json-pieces.ts';
import { PassReader, PassWriter, type PlainPass } from '../../src/recording/pass-codec.ts';
import { merged, NoRecording, readEntries } from '../../src/recording/read-entries.ts';
import { type DropReason, type PassNote, Recorder, type RecorderOptions } from '../../src/recording/recorder.ts';
import { type LineFile, SegmentFile } from '../../src/recording/segment-file.ts';
import { segmentsIn } from '../../src/recording/segments.ts';
import { newFolder } from '../support/folder.ts';

const START = Date.UTC(2026, 10, 24, 4);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const RULES = {
  id: 'r1',
  at: START,
  files: [{ file: 'a.yaml', text: 'policies: []' }],
  timezone: 'UTC',
  mode: 'observe',
} as const;

let dir: string;
let now: number;
let streams: number;
let dropped: DropReason[];
let troubles: unknown[];
let size: number;
beforeEach(async () => {
  dir = join(await newFolder('recording-'), 'recording');
  now = START;
  streams = 0;
  dropped = [];
  troubles = [];
  size = 0;
});

function recorder(extra: Partial<RecorderOptions> = {}): Recorder {
  return new Recorder({
    dir,
    keepMs: 24 * HOUR,
    maxBytes: 100e6,
    clock: () => now,
    newStream: () => {
      streams += 1;
      return String(streams).padStart(12, '0');
    },
    version: 'test',
    onKept: () => {},
    onDropped: (why) => dropped.push(why),
    onSize: (bytes) => {
      size = bytes;
    },
    onTrouble: (error) => troubles.push(error),
    ...extra,
  });
}

function plain(at: number, rows: Readonly<Record<string, Json>> = {}): PlainPass {
  return {
    facts: { now: at },
    rows: Object.entries(rows).map(([key, value]) => ({ key, made: [value], plain: () => value })),
    decided: { at },
    words: `${at}`,
  };
}

function pass(rows: Readonly<Record<string, Json>> = {}, account = 'hxy'): PassNote {
  const made = plain(now, rows);
  return { kind: 'pass', at: now, account, rules: RULES, rowCount: Object.keys(rows).length, plain: () => made };
}

async function entries(onTorn: (path: string) => void = () => {}): Promise<readonly Entry[]> {
  const all: Entry[] = [];
  for await (const entry of merged(await folderSources(dir, null, onTorn))) all.push(entry);
  return all;
}

const times = (all: readonly Entry[]) => all.flatMap((entry) => (entry.kind === 'pass' ? [entry.at] : []));

test('passes come back as they were, whatever rows come, change, go and change their places', async () => {
  const row = fc.dictionary(fc.constantFrom('a', 'b'), fc.integer({ min: 0, max: 3 }));
  const listing = fc.uniqueArray(fc.tuple(fc.constantFrom('1', '2', 'x', 'y', '__proto__'), row), {
    selector: ([key]) => key,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(listing, { maxLength: 6 }), async (listings) => {
      const [writer, reader] = [new PassWriter(), new PassReader()];
      for (const [index, rows] of listings.entries()) {
        const made = rows.map(([key, value]) => ({ key, made: [{}], plain: (): Json => ({ ...value }) }));
        const changes = await writer.changes({ facts: { index }, rows: made, decided: {}, words: '' });
        const read = reader.read(JSON.parse(JSON.stringify(changes)));
        expect([...read.rows]).toEqual(rows.map(([key, value]) => [key, { ...value }]));
        expect(read.facts).toEqual({ index });
      }
    }),
    { numRuns: 200 },
  );
});

test('what is the very same as before is not looked at again', async () => {
  const writer = new PassWriter();
  const same = {};
  let asked = 0;
  const row = {
    key: 'a',
    made: [same],
    plain: () => {
      asked += 1;
      return 1;
    },
  };
  await writer.changes({ ...plain(1), rows: [row, { key: 'b', made: [{}], plain: () => 2 }] });
  // Nor when another one goes.
  await writer.changes({ ...plain(1), rows: [{ ...row, made: [same] }] });
  const changes = await writer.changes({ ...plain(1), rows: [{ ...row, made: [same] }] });
  expect([asked, changes]).toEqual([1, {}]);
});

test('a segment that was cut off anywhere is read up to there, and said to be cut off', async () => {
  const writing = recorder();
  for (let minute = 0; minute < 40; minute += 1) {
    now += MINUTE;
    writing.note(pass({ a: { at: now, word: `${minute * 7919}` } }));
    await writing.settled();
  }
  await writing.stop();
  const [segment] = await segmentsIn(dir);
  const whole = await readFile(segment?.path ?? '');
  const path = join(dir, 'cut.zst');
  let before = -1;
  for (let length = 60; length <= whole.length; length += 97) {
    await writeFile(path, whole.subarray(0, length));
    const found: Entry[] = [];
    let torn = 0;
    for await (const entry of readEntries(path, () => {
      torn += 1;
    }))
      found.push(entry);
    expect(torn).toBe(1);
    expect(found.length).toBeGreaterThanOrEqual(before);
    before = found.length;
  }
  expect(before).toBeGreaterThan(35);
  expect(times(await entries())).toHaveLength(40);
});

test('a segment with a wrong byte in the middle is not taken for one whose end is missing', async () => {
  const writing = recorder();
  for (let minute = 0; minute < 40; minute += 1) {
    now += MINUTE;
    writing.note(pass({ a: { at: now, word: `${minute * 7919}` } }));
    await writing.settled();
  }
  await writing.stop();
  const [segment] = await segmentsIn(dir);
  const bytes = await readFile(segment?.path ?? '');
  // The length of a block: what follows is then no longer where it is looked for.
  bytes.fill(0xff, bytes.length >> 1, (bytes.length >> 1) + 40);
  const path = join(dir, 'damaged.zst');
  await writeFile(path, bytes);
  const why: string[] = [];
  const reading = readEntries(path, (_, told) => why.push(told));
  while ((await reading.next()).done !== true);
  expect(why).toEqual(['is damaged in the middle: what follows cannot be read']);
});

test('a line that is not as it was written ends what can be read', async () => {
  const path = join(await newFolder('recording-'), 'x.zst');
  const file = await SegmentFile.create(path);
  const head: Entry = { kind: 'head', s: 'a', format: FORMAT, version: 'test', at: START };
  const pass: Entry = { kind: 'cut', s: 'a', at: START };
  await file.put(`${lineOf(head)}${lineOf(pass)}${lineOf(pass).replace('"at":1', '"at":2')}${lineOf(pass)}`);
  await file.end();
  const told: string[] = [];
  const found: Entry[] = [];
  for await (const entry of readEntries(path, (_, why) => told.push(why))) found.push(entry);
  expect(found).toEqual([head, pass]);
  expect(told).toEqual(['is damaged in the middle: what follows cannot be read']);
});

test('of another format nothing is guessed', async () => {
  const path = join(await newFolder('recording-'), 'x.zst');
  const file = await SegmentFile.create(path);
  await file.put(lineOf({ kind: 'head', s: 'a', format: FORMAT + 1, version: '9.9', at: START }));
  await file.end();
  await expect(readEntries(path, () => {}).next()).rejects.toThrow(`format ${FORMAT + 1}, written by lamplighter 9.9`);
});

test('of an earlier format everything is read', async () => {
  const path = join(await newFolder('recording-'), 'x.zst');
  const file = await SegmentFile.create(path);
  await file.put(lineOf({ kind: 'head', s: 'a', format: 1, version: '0.0', at: START }));
  await file.end();
  expect((await readEntries(path, () => {}).next()).value).toMatchObject({ kind: 'head', format: 1 });
});

test('a last look stands after what was decided, and one that is lost is no pass that is missing', async () => {
  const look = { account: 'hxy', operation: 'o', policy: 'p', instance: 'hxy/a', action: 'stop', row: null };
  const no = { reason: 'hold', detail: 'mine', later: false };
  let isFull = true;
  const writing = recorder({
    opened: (path) => (isFull ? Promise.reject(new Error('no space left')) : SegmentFile.create(path)),
  });
  writing.note({ kind: 'look', at: now, rowCount: 1, plain: () => ({ ...look, no }) });
  await writing.settled();
  isFull = false;
  now += HOUR;
  writing.note(pass());
  writing.note({ kind: 'look', at: now + 1, rowCount: 1, plain: () => ({ ...look, no }) });
  await writing.stop();
  const all = await entries();
  expect(all.map(({ kind }) => kind)).toEqual(['head', 'rules', 'pass', 'look']);
  expect(all[3]).toMatchObject({ ...look, at: now + 1, no });
  expect(dropped).toEqual([]);
});

test('one segment that cannot be read at all leaves the others to be read', async () => {
  const writing = recorder();
  writing.note(pass());
  await writing.stop();
  await writeFile(join(dir, `${START - 1}-0123456789ab.zst`), 'zeroes');
  await writeFile(join(dir, `${START + 1}-0123456789ab.zst`), '');
  const told: string[] = [];
  expect(times(await entries((path) => told.push(path)))).toEqual([START]);
  expect(told).toHaveLength(2);
});

test('a file that is none of ours is refused', async () => {
  const path = join(await newFolder('recording-'), 'other');
  await writeFile(path, 'policies:\n');
  await expect(readEntries(path, () => {}).next()).rejects.toThrow(NoRecording);
});

test('no more is kept than there is room for, and nothing that is too old; what is kept is the newest, whole', async () => {
  const maxBytes = 40_000;
  const writing = recorder({ maxBytes });
  for (let minute = 0; minute < 600; minute += 1) {
    now += MINUTE;
    writing.note(pass({ a: `${Math.sin(minute)}${Math.cos(minute)}${Math.sin(minute * 3)}`.repeat(2) }));
    await writing.settled();
    expect(size).toBeLessThanOrEqual(maxBytes);
  }
  await writing.stop();
  const sizes = await Promise.all((await segmentsIn(dir)).map(async ({ path }) => (await stat(path)).size));
  expect(sizes.length).toBeGreaterThan(3);
  expect(sizes.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(maxBytes);
  const kept = times(await entries());
  expect(kept.at(-1)).toBe(now);
  expect(kept[0]).toBeGreaterThan(START + MINUTE);
  expect(kept).toHaveLength((now - (kept[0] ?? 0)) / MINUTE + 1);

  now += 3 * 24 * HOUR;
  const later = recorder({ maxBytes });
  later.note(pass());
  await later.stop();
  expect(times(await entries())).toEqual([now]);
});

test('a disk that stands still holds nothing up: what does not fit is left out, and that is recorded', async () => {
  const gate = Promise.withResolvers<void>();
  let isSlow = true;
  const writing = recorder({
    opened: async (path) => {
      const file = await SegmentFile.create(path);
      const slow: LineFile = {
        get bytes() {
          return file.bytes;
        },
        put: async (...pieces) => {
          if (isSlow) await gate.promise;
          await file.put(...pieces);
        },
        end: () => file.end(),
        abandon: () => file.abandon(),
      };
      return slow;
    },
  });
  for (let minute = 0; minute < 100; minute += 1) {
    now += MINUTE;
    writing.note(pass());
  }
  expect(dropped.length).toBeGreaterThan(30);
  expect(new Set(dropped)).toEqual(new Set(['slow']));
  isSlow = false;
  gate.resolve();
  await writing.settled();
  writing.note(pass());
  await writing.stop();
  const all = await entries();
  const lost = all.flatMap((entry) => (entry.kind === 'hole' ? [entry] : []));
  expect(lost.reduce((sum, { passes }) => sum + passes, 0)).toBe(dropped.length);
  expect(lost[0]).toMatchObject({ why: 'slow', until: now });
  expect(times(all)).toHaveLength(101 - dropped.length);
});

test('a disk that refuses is not asked again for a minute, is told of once, and what was lost is recorded after', async () => {
  let isFull = true;
  let asked = 0;
  const writing = recorder({
    opened: async (path) => {
      asked += 1;
      if (isFull) throw new Error('no space left');
      return await SegmentFile.create(path);
    },
  });
  for (let i = 0; i < 5; i += 1) {
    now += 20_000;
    writing.note(pass());
    await writing.settled();
  }
  expect([asked, troubles.length, dropped.length]).toEqual([2, 1, 5]);
  isFull = false;
  now += MINUTE;
  writing.note(pass());
  await writing.stop();
  const all = await entries();
  expect(all.map(({ kind }) => kind)).toEqual(['head', 'hole', 'rules', 'pass']);
  expect(all[1]).toMatchObject({ at: START + 20_000, until: START + 100_000, passes: 5, why: 'failed' });
});

test('a clock that is set back keeps nothing from being recorded, and a disk that fails at the end nothing from ending', async () => {
  let isFull = true;
  const writing = recorder({
    opened: async (path) => {
      if (isFull) throw new Error('no space left');
      const file = await SegmentFile.create(path);
      const failing: LineFile = {
        bytes: 0,
        put: (...pieces) => file.put(...pieces),
        end: async () => {
          await file.end();
          throw new Error('the disk is gone');
        },
        abandon: () => file.abandon(),
      };
      return failing;
    },
  });
  writing.note(pass());
  await writing.settled();
  isFull = false;
  now -= HOUR;
  writing.note(pass());
  await writing.stop();
  expect(times(await entries())).toEqual([now]);
  expect(troubles.map(String)).toEqual(['Error: no space left', 'Error: the disk is gone']);
});

test('what else is on the disk keeps its room: the recording makes way, and stops where there is none', async () => {
  const disk = 33.2e6;
  const used = async () => (await segmentsIn(dir)).reduce((sum, { bytes }) => sum + bytes, 0);
  const writing = recorder({ freeBytes: async () => disk - (await used()) });
  for (let minute = 0; minute < 250; minute += 1) {
    now += MINUTE;
    writing.note(pass({ a: Array.from({ length: 800 }, (_, i) => Math.sin(minute * 801 + i)) }));
    await writing.settled();
    expect(size).toBeLessThanOrEqual(1.2e6);
  }
  await writing.stop();
  expect(await used()).toBeLessThanOrEqual(1.2e6);
  expect(dropped).toEqual([]);
  const full = recorder({ dir: `${dir}-full`, freeBytes: () => Promise.resolve(32.5e6) });
  full.note(pass());
  await full.stop();
  expect([dropped, String(troubles[0])]).toEqual([['failed'], expect.stringContaining('is nearly full')]);
});

test('what was taken away while it was written to is begun anew, and nothing else is lost', async () => {
  const writing = recorder();
  for (let minute = 0; minute < 4; minute += 1) {
    now += MINUTE;
    writing.note(pass({ a: minute }));
    await writing.settled();
    if (minute === 1) await rm(dir, { recursive: true });
  }
  await writing.stop();
  const all = await entries();
  expect(all.map(({ kind }) => kind)).toEqual(['head', 'rules', 'pass', 'pass']);
  expect(times(all)).toEqual([START + 3 * MINUTE, START + 4 * MINUTE]);
  expect([dropped, troubles]).toEqual([[], []]);
});

test('an entry in pieces is the same text, however long its lists and however deep its maps', () => {
  const { json } = fc.letrec<{ json: unknown }>((tie) => ({
    json: fc.oneof(
      { maxDepth: 6 },
      fc.integer(),
      fc.string(),
      fc.constant(null),
      fc.array(tie('json'), { maxLength: 4 }),
      fc.dictionary(fc.string(), tie('json'), { maxKeys: 4 }),
      fc.tuple(fc.integer({ min: 199, max: 402 }), tie('json')).map(([length, each]) => Array(length).fill(each)),
    ),
  }));
  fc.assert(
    fc.property(json, (value) => {
      expect(jsonPieces({ value }).join('')).toBe(JSON.stringify({ value }));
    }),
    { numRuns: 100 },
  );
  const long = { rows: Array(3_000).fill({ name: 'a machine of many', at: START }) };
  const pieces = jsonPieces(long);
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(64_000);
  expect(pieces.join('')).toBe(JSON.stringify(long));
});

test('several daemons are put together by time, each told by its own beginning', async () => {
  const [one, other] = [recorder(), recorder()];
  for (let minute = 0; minute < 6; minute += 1) {
    now += MINUTE;
    const writing = minute % 2 === 0 ? one : other;
    writing.note(pass({ a: minute }));
    await writing.settled();
  }
  await one.stop();
  await other.stop();
  const all = await entries();
  expect(times(all)).toEqual(Array.from({ length: 6 }, (_, minute) => START + (minute + 1) * MINUTE));
  const readers = new Map<string, PassReader>();
  const rows = all.flatMap((entry) => {
    if (entry.kind !== 'pass') return [];
    const reader = readers.get(entry.s) ?? new PassReader();
    readers.set(entry.s, reader);
    const { facts, rows: read } = reader.read(entry);
    return [[isJsonMap(facts) ? facts.now : null, read.get('a')]];
  });
  expect(rows).toEqual(times(all).map((at, minute) => [at, minute]));
});
