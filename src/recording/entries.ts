import { crc32 } from 'node:zlib';
import { z } from 'zod';
import type { Json } from './json.ts';
import { jsonPieces } from './json-pieces.ts';
import type { Patch } from './patch.ts';
import type { RowPatches } from './row-patches.ts';

/** Of how entries are written and what passes are made of. 2 has last looks as well. */
export const FORMAT = 2;
/** Every earlier one is read: what has come since may be missing in it. */
const OLDEST_FORMAT = 1;

/** A recording of a later format is refused, since nobody knows what it says. */
export function isReadable(format: number): boolean {
  return format >= OLDEST_FORMAT && format <= FORMAT;
}

// What a line says is checked by its digest; that it is one of ours, by its frame.
const patch = z.custom<Patch>((value) => typeof value === 'number' || (typeof value === 'object' && value !== null));
const json = z.custom<Json>((value) => value !== undefined);
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
    /** The last look at something that a pass had decided, right before it was to be sent. */
    z.object({
      kind: z.literal('look'),
      s: z.string(),
      at: z.number(),
      account: z.string(),
      operation: z.string(),
      policy: z.string(),
      instance: z.string(),
      action: z.string(),
      /** The machine as it was then; `null`: it was not read. */
      row: json,
      /** Why it was not sent, and whether it was only put off; `null`: it was still due. */
      no: z.object({ reason: z.string(), detail: z.string(), later: z.boolean() }).nullable(),
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
export type LookEntry = Extract<Entry, { kind: 'look' }>;

/** One line, with a digest before it: a disk may give back something else than it was given. */
export function lineOf(entry: Entry): string {
  return piecesOf(entry).join('');
}

/** The same in pieces. */
export function piecesOf(entry: Entry): readonly string[] {
  const pieces = jsonPieces(entry);
  const crc = pieces.reduce((sum, piece) => crc32(piece, sum), 0);
  return [`${hex(crc)} `, ...pieces, '\n'];
}

/** `null`: it is damaged, or none of ours. */
export function entryOf(line: string): Entry | null {
  const text = line.slice(9);
  if (line[8] !== ' ' || line.slice(0, 8) !== digest(text)) return null;
  const read = entrySchema.safeParse(JSON.parse(text));
  return read.success ? read.data : null;
}

function digest(text: string): string {
  return hex(crc32(text));
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}
