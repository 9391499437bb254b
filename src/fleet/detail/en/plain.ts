import type { PLAIN } from '../plain.ts';
import type { Wording } from '../spec.ts';

export const EN_PLAIN: Wording<typeof PLAIN> = {
  text: ({ text }) => text,
  parts: ({ parts }, { all }) => all(parts),
  named: ({ name, what }, { detail }) => `${name}: ${detail(what)}`,
};
