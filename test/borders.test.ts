import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { checkBorders } from './borders/check-borders.ts';
import { RULES } from './borders/rules.ts';

const ROOT = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const FILES: ReadonlyMap<string, string> = new Map(
  globSync('src/**/*.ts', { cwd: ROOT }).map((path) => [path, read(path)]),
);
/** Handed to browsers as a file, and imported by nothing here. */
const SERVED = ['uplot'];
const DEPENDENCIES = Object.keys(
  z.object({ dependencies: z.record(z.string(), z.string()) }).parse(JSON.parse(read('package.json'))).dependencies,
).filter((name) => !SERVED.includes(name));

/** One empty file per room, which keeps the many cases below quick. */
const STUBS: ReadonlyMap<string, string> = new Map(
  RULES.rooms.map(({ room }) => [room.endsWith('.ts') ? `src/${room}` : `src/${room}/stub.ts`, '']),
);
const stubOf = (room: string): string => (room.endsWith('.ts') ? `../${room}` : `../${room}/stub.ts`);

/** What is said of a file that was put among the stubs; not what is said of the rules, most of which fit nothing there. */
function complaintsAbout(path: string, text: string): readonly string[] {
  const all = checkBorders(new Map([...STUBS, [path, text]]), RULES, []);
  return all.filter((each) => each.startsWith(`${path} `) || each.endsWith('has no rule'));
}

test('every import of src keeps to its side of the borders', () => {
  expect(FILES.size).toBeGreaterThan(100);
  expect(checkBorders(FILES, RULES, DEPENDENCIES)).toEqual([]);
});

describe('an intruder is found out, with the reason', () => {
  const folders = RULES.rooms.filter(({ room }) => !room.endsWith('.ts'));

  test.each(folders)('in $room, importing any room that it may not', ({ room, may, mayTypes = [], why }) => {
    for (const { room: other } of RULES.rooms) {
      if (other === room || may.includes(other)) continue;
      const from = stubOf(other);
      const found = complaintsAbout(`src/${room}/intruder.ts`, `import { x } from '${from}';\n`);
      const sentence = mayTypes.includes(other) ? `imports more than types of ${other}` : `imports ${other}`;
      expect(found).toContainEqual(`src/${room}/intruder.ts ${sentence} (${from}): ${why}`);
      const types = complaintsAbout(`src/${room}/intruder.ts`, `import type { X } from '${from}';\n`);
      expect(types.some((each) => each.endsWith(why))).toBe(!mayTypes.includes(other));
    }
  });

  test.each(folders)('in $room, importing what reaches outside', ({ room, builtins, why }) => {
    for (const name of ['node:fs', 'node:net', 'node:http', 'fs', 'node:timers/promises', 'node:os']) {
      const found = complaintsAbout(`src/${room}/intruder.ts`, `import x from '${name}';\n`);
      const allowed = builtins === 'any' || builtins.includes(name);
      expect(found).toEqual(allowed ? [] : [`src/${room}/intruder.ts imports ${name}: ${why}`]);
    }
  });

  test.each(RULES.only)('importing $what where it has no business', ({ what, why }) => {
    // The clock of the app is a place where no library may be; a room is imported by one of its files.
    const from = what.startsWith('src/') ? stubOf(what.slice('src/'.length, -1)) : what;
    const place = what === 'zod' || what === 'hono' || what === 'commander' ? 'src/notify' : 'src/app';
    const found = complaintsAbout(`${place}/intruder.ts`, `import { x } from '${from}';\n`);
    expect(found.filter((each) => each.startsWith(`${place}/intruder.ts imports ${what}, which only`))).toHaveLength(1);
    expect(found.some((each) => each.endsWith(why))).toBe(true);
  });

  const SAID = `
    await x
    async () => 1
    Date.now()
    new Date()
    Date()
    Temporal.Now.instant()
    performance.now()
    Math.random()
    crypto.randomUUID()
    crypto.getRandomValues(x)
    setTimeout(f, 1)
    setInterval(f, 1)
    setImmediate(f)
    queueMicrotask(f)
    process.env.HOME
    process.exit(1)
    process.argv
    fetch(url)
    console.log(1)`
    .trim()
    .split(/\n\s*/);

  test.each(RULES.words)('saying what is not said in $rooms', ({ rooms, words, why }) => {
    for (const room of rooms) {
      for (const word of words) {
        const said = SAID.filter((each) => word.test(each));
        expect(said, `nothing shows that ${word} can fail`).not.toEqual([]);
        for (const each of said) {
          const found = complaintsAbout(`src/${room}/intruder.ts`, `export const x = ${each};\n`);
          expect(found.some((sentence) => sentence.endsWith(why))).toBe(true);
        }
      }
    }
  });

  test('using a library that nobody thought about', () => {
    expect(complaintsAbout('src/web/intruder.ts', "import lodash from 'lodash/fp';\n")).toEqual([
      'src/web/intruder.ts imports lodash, for which there is no rule',
    ]);
  });

  test('in a room that nobody thought about', () => {
    expect(complaintsAbout('src/misc/intruder.ts', '')).toEqual(['the room misc has no rule']);
  });
});
