import { z } from 'zod';

const PATTERN = '^[1-9]\\d{0,8}(kB|KB|MB|GB|TB)$';
const UNITS: Readonly<Record<string, number>> = { kB: 1e3, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };
/** Less than that holds hardly the beginning of anything. */
const LEAST = 1e6;

/** How much room something may take: `256MB`, in powers of a thousand as disks are sold. Read into bytes. */
export function size(about: string, examples: readonly string[]) {
  return z
    .string({
      error: ({ input }) => (typeof input === 'number' ? `${input} has no unit; write ${input}MB` : undefined),
    })
    .meta({ description: about, examples: [...examples], pattern: PATTERN })
    .transform((text, context) => {
      const [, number = '', unit = ''] = /^(\d+)([A-Za-z]+)$/.exec(text) ?? [];
      const bytes = new RegExp(PATTERN).test(text) ? Number(number) * (UNITS[unit] ?? Number.NaN) : Number.NaN;
      if (bytes >= LEAST) return bytes;
      const message = Number.isNaN(bytes)
        ? `${JSON.stringify(text)} is no size; write a whole number with kB, MB, GB or TB, such as 256MB`
        : `${text} is too little; at least 1MB is needed`;
      context.issues.push({ code: 'custom', message, input: text });
      return z.NEVER;
    });
}
