import type { Detail } from '../fleet/detail/detail.ts';
import { english } from '../fleet/detail/english.ts';
import { localText } from './time-text.ts';

/** A detail as logs, the CLI and the API have it, with times of an IANA zone. */
export function inEnglish(detail: Detail, timezone: string): string {
  return english(detail, (at) => localText(at, timezone));
}
