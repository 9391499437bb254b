import { z } from 'zod';
import { yuanToFen } from '../../fleet/money.ts';
import { wholeNumber } from './integer.ts';
import { fromEpochSeconds, fromTimeText, timeOrNull } from './times.ts';

/**
 * Building blocks of answer schemas: a field that is missing or of another type becomes an empty value instead of
 * breaking the row, and a key that is not named is dropped. What a decision needs is checked by its own decoder.
 */
export const text = z
  .unknown()
  .optional()
  .transform((value) => (typeof value === 'string' ? value : ''));

/** A whole number as JSON number or text, else `null`. */
export const integer = z.unknown().optional().transform(wholeNumber);

/** Any finite JSON number, else `null`. For sizes. */
export const amount = z
  .unknown()
  .optional()
  .transform((value) => (typeof value === 'number' && Number.isFinite(value) ? value : null));

/** Yuan as text or number into fen; `null` where it is not an amount of money, never zero. */
export const fen = z.unknown().optional().transform(yuanToFen);

/** Unix seconds (v2) into epoch ms, else `null`. */
export const epochSeconds = z
  .unknown()
  .optional()
  .transform((value) => timeOrNull(fromEpochSeconds(value)));

/** Time text (v1) into epoch ms, else `null`. */
export const timeText = z
  .unknown()
  .optional()
  .transform((value) => timeOrNull(fromTimeText(value)));

/** Anything; for fields that a decoder looks at by itself. */
export const raw = z.unknown().optional();

/** The rows that `row` accepts; a row that is not an object is left out. */
export function rowsOf<Row>(rows: readonly unknown[], row: z.ZodType<Row>): readonly Row[] {
  return rows.flatMap((value) => {
    const parsed = row.safeParse(value);
    return parsed.success ? [parsed.data] : [];
  });
}

/** `card_no` for people: the last four characters. */
export const maskedCardNumber = text.transform((number) => (number.length > 4 ? `…${number.slice(-4)}` : ''));
