import { GPU_FIELDS } from './script.ts';

/** One card in one answer of nvidia-smi. `null`: the driver does not say. */
export interface Card {
  readonly index: number;
  /** %, of the time in which any kernel ran. */
  readonly utilisation: number | null;
  /** MiB. */
  readonly memoryUsed: number | null;
  /** Drawn of what it may draw, 0 to 1. */
  readonly power: number | null;
  /** SM clock of its highest, 0 to 1. */
  readonly clock: number | null;
  readonly mig: boolean;
  /** Without persistence the driver starts anew for every question, and the first answers show that. */
  readonly persistent: boolean;
}

/** The cards of one answer; `null`: a line is not in nvidia-smi's form. */
export function readCards(lines: readonly string[]): readonly Card[] | null {
  const cards: Card[] = [];
  for (const line of lines) {
    // Behind the cards, such as "WARNING: infoROM is corrupted at gpu …".
    if (line.startsWith('WARNING: ')) continue;
    const card = readCard(line);
    if (card === null || cards.some(({ index }) => index === card.index)) return null;
    cards.push(card);
  }
  return cards;
}

function readCard(line: string): Card | null {
  const fields = line.split(',').map((field) => field.trim());
  if (fields.length !== GPU_FIELDS.length) return null;
  const [
    index = '',
    utilisation = '',
    used = '',
    ,
    draw = '',
    limit = '',
    sm = '',
    maxSm = '',
    mig = '',
    persistence = '',
  ] = fields;
  if (!/^\d{1,3}$/.test(index)) return null;
  const percent = number(utilisation);
  if (percent !== null && percent > 100) return null;
  return {
    index: Number(index),
    utilisation: percent,
    memoryUsed: number(used),
    power: ratio(number(draw), number(limit)),
    clock: ratio(number(sm), number(maxSm)),
    mig: mig === 'Enabled',
    persistent: persistence !== 'Disabled',
  };
}

/** "N/A", "[Not Supported]", "[Insufficient Permissions]", "[Unknown Error]" and the like are no numbers. */
function number(text: string): number | null {
  return /^\d{1,9}(\.\d{1,4})?$/.test(text) ? Number(text) : null;
}

function ratio(part: number | null, whole: number | null): number | null {
  return part === null || whole === null || whole === 0 ? null : part / whole;
}
