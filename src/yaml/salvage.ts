import type { z } from 'zod';
import { findMistakes, locate, type Mistake } from './check-shape.ts';
import type { Located } from './located.ts';
import { type Loss, Lost, NOTHING_LOST } from './lost.ts';
import { prunedData } from './node.ts';
import type { Path, YamlDocument } from './yaml-document.ts';

export interface Salvaged<T, P> {
  /** All of it; `null` where anything is wrong. */
  readonly value: T | null;
  /** What is right of it: the same as `value` where nothing is wrong, `null` where nothing is right. */
  readonly parts: T | P | null;
  readonly errors: readonly Located[];
  /** The document without what is wrong, so that paths into `parts` find their places. */
  readonly document: YamlDocument;
  /** What was left out; paths count from `at`. */
  readonly lost: Lost;
}

/** Each round leaves something out, and what is wrong around it comes to light; nobody nests mistakes deeper than this. */
const MAX_ROUNDS = 12;

/**
 * Checks what stands at `at` like `checkShape`, and where something is wrong gives what is left without it, so that one
 * mistake hides no other.
 * @param partial the schema again, with nothing required at its top
 * @param data what to check instead of what stands there word by word
 * @param before what was left out already; paths count from `at`
 */
export function salvage<S extends z.ZodType, P extends z.ZodType>(
  schema: S,
  partial: P,
  document: YamlDocument,
  at: Path,
  data: unknown = document.data(at),
  before: readonly Loss[] = [],
): Salvaged<z.output<S>, z.output<P>> {
  const whole = findMistakes(schema, data);
  if (whole.ok) {
    const lost = before.length === 0 ? NOTHING_LOST : new Lost(before);
    return { value: before.length === 0 ? whole.value : null, parts: whole.value, errors: [], document, lost };
  }
  const losses: Loss[] = [...before];
  // Besides these: what only has to go because of them. It was not wrong, so it explains nothing but further echoes.
  const removed: Loss[] = [...before];
  const errors: Located[] = [];
  let left = { document, data };
  let { mistakes } = whole;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const known = new Lost(removed);
    const fresh = mistakes.filter((each) => !isEcho(each, removed, known));
    errors.push(...fresh.map((each) => locate(each, left.document, at)));
    const paths = mistakes.flatMap((each) => pathOf(each, round));
    if (paths.some((path) => path.length === 0)) break;
    losses.push(...fresh.flatMap((each) => lossOf(each, round)));
    removed.push(...mistakes.flatMap((each) => lossOf(each, round)));
    left = {
      document: left.document.without(paths.map((path) => [...at, ...path])),
      data: prunedData(left.data, paths),
    };
    const rest = findMistakes(partial, left.data);
    if (rest.ok) return { value: null, parts: rest.value, errors, document: left.document, lost: new Lost(losses) };
    mistakes = rest.mistakes;
  }
  return { value: null, parts: null, errors, document, lost: new Lost([...losses, { path: [] }]) };
}

/** What has to go for the rest to be right: what is wrong, or of something missing what it is missing in. */
function pathOf({ path, missing }: Mistake, round: number): Path[] {
  if (!missing) return [path];
  // At the top nothing is required of the parts.
  return round === 0 && path.length === 1 ? [] : [path.slice(0, -1)];
}

function lossOf(mistake: Mistake, round: number): Loss[] {
  const { meant } = mistake;
  return pathOf(mistake, round).map((path) => (meant === undefined ? { path } : { path, meant }));
}

/** Does it come from what was left out before? */
function isEcho({ path, missing, about }: Mistake, removed: readonly Loss[], lost: Lost): boolean {
  if (missing) return lost.perhaps(path);
  if (about === 'value') return false;
  const inside = path.map(String).join('\n');
  return removed.some((loss) => loss.path.slice(0, -1).map(String).join('\n') === inside);
}
