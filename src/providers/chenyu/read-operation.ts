import type { z } from 'zod';
import { formatYuan } from '../../fleet/money.ts';
import { BadArgument, type ReadOperation } from '../port.ts';
import { complaints } from './order.ts';

/**
 * One read for `lamplighter call`: checks the JSON argument strictly, runs, and writes the answer the way people read
 * it: `…Fen` as yuan text under `…Yuan`, `…At` as RFC 3339.
 */
export function readOperation<Argument>(
  name: string,
  summary: string,
  argument: z.ZodType<Argument>,
  run: (argument: Argument, signal: AbortSignal) => Promise<unknown>,
): ReadOperation {
  return {
    name,
    summary,
    async run(given, signal) {
      const parsed = argument.safeParse(given ?? {});
      if (!parsed.success) throw new BadArgument(`${name}: ${complaints(parsed.error)}`);
      return outward(await run(parsed.data, signal));
    },
  };
}

function outward(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(outward);
  if (typeof value !== 'object' || value === null) return value;
  const shown: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(value)) {
    if (key.endsWith('Fen')) shown[`${key.slice(0, -3)}Yuan`] = typeof field === 'number' ? formatYuan(field) : null;
    else if (key.endsWith('At') && typeof field === 'number') shown[key] = new Date(field).toISOString();
    else shown[key] = outward(field);
  }
  return shown;
}
