import { crc32 } from 'node:zlib';
import { z } from 'zod';
import type { Patch } from './patch.ts';
import type { RowPatches } from './row-patches.ts';

/** Of how entries are written and what passes are made of. A recording of another one is refused. */
export const FORMAT = 1;

// What a line says is checked by its digest; that it is one of ours, by its frame.
const patch = z.custom<Patch>((value) => typeof value === 'number' || (typeof value === 'object' && value !== null));
const rows = z.custom<RowPatches>((value) => Array.isArray(value));

const file = z.object({ file: z.string(), text: z.string() });

/** Which policies are in force, word for word, with what gives them their meaning. */
const rulesSchema = z.object({
  /** Of what they mean. */
  id: z.string(),
  files: z.array(file).readonly(),
  timezone: z.string(),
  /** When they were read, epoch ms; no part of the id. */
  at: z.number(),
  mode: z.enum(['observe', 'enforce']),
});
export type RecordedRules = z.output<typeof rulesSchema>;

const entrySchema = z.compile(
  z.discriminatedUnion('kind', [
    /** Begins what one daemon kept from then on; everything after it with the same `s` is told by what changed. */
    z.object({ kind: z.literal('head'), s: z.string(), format: z.number(), version: z.string(), at: z.number() }),
    z.object({ kind: z.literal('rules'), s: z.string(), rules: rulesSchema }),
    z.object({
      kind: z.literal('pass'),
      s: z.string(),
      at: z.number(),
      account: z.string(),
      /** {@link RecordedRules.id} */
      rules: z.string(),
      facts: patch.optional(),
      order: patch.optional(),
      rows: rows.optional(),
      decided: patch.optional(),
      /** Digest of what was decided, word for word. */
      words: z.string(),
    }),
    /** Passes that were not kept: the disk was slow, or full. */
    z.object({
      kind: z.literal('hole'),
      s: z.string(),
      at: z.number(),
      until: z.number(),
      passes: z.number(),
      why: z.string(),
    }),
    /** Cut out of a longer recording: what is earlier is there for what comes after it. */
    z.object({ kind: z.literal('cut'), s: z.string(), at: z.number() }),
  ]),
);
export type Entry = z.output<typeof entrySchema>;
export type PassEntry = Extract<Entry, { kind: 'pass' }>;

/** One line, with a digest before it: a disk may give back something else than it was given. */
export function lineOf(entry: Entry): string {
  const text = JSON.stringify(entry);
  return `${digest(text)} ${text}\n`;
}

/** `null`: it is damaged, or none of ours. */
export function entryOf(line: string): Entry | null {
  const text = line.slice(9);
  if (line[8] !== ' ' || line.slice(0, 8) !== digest(text)) return null;
  const read = entrySchema.safeParse(JSON.parse(text));
  return read.success ? read.data : null;
}

function digest(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
