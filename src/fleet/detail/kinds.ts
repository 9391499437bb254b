import { CONDITIONS } from './conditions.ts';
import { DECIDING } from './deciding.ts';
import { OPERATING } from './operating.ts';
import { PLAIN } from './plain.ts';
import { PROBING } from './probing.ts';
import { STORY } from './story.ts';

/** Every kind of detail with its arguments. */
export const DETAIL_KINDS = { ...PLAIN, ...DECIDING, ...CONDITIONS, ...OPERATING, ...PROBING, ...STORY } as const;
