import type { Kinds } from './spec.ts';

/** What holds other details, or is none. */
export const PLAIN = {
  /** In whatever language it is: a person's words, or a record of before details had kinds. */
  text: { text: 'text' },
  parts: { parts: 'details' },
  named: { name: 'text', what: 'detail' },
} as const satisfies Kinds;
