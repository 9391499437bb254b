import type { Notification, Severity } from '../fleet/event.ts';

export const LANGUAGES = ['en', 'zh-CN'] as const;
export type Language = (typeof LANGUAGES)[number];

/** `digest`: many things at once; `info`: nothing is wrong and nothing was. */
export const MOODS = ['firing', 'recovered', 'info', 'digest'] as const;
export type Mood = (typeof MOODS)[number];

/**
 * What a person is to read, in one language and in no format: a channel puts it into its own. All text is plain and may
 * hold what strangers wrote (names of instances, reasons of holds), so a channel escapes every piece of it.
 */
export interface Message {
  /** The same over retries. */
  readonly id: string;
  readonly severity: Severity;
  readonly mood: Mood;
  readonly language: Language;
  /** One line. */
  readonly title: string;
  /** In the order in which they are wanted; a channel that must cut cuts from the end. `label` may be empty. */
  readonly lines: readonly Line[];
  readonly links: readonly Link[];
  /** What it is made of: one, or several of one kind, or many in a digest. Never none. */
  readonly notifications: readonly Notification[];
}

export interface Line {
  readonly label: string;
  readonly text: string;
  /** Where something can be done to what the line is about, and to nothing else. */
  readonly link?: Link;
  /** For how many things of the message it stands; absent: it tells of all of them. Where it is cut off they are counted. */
  readonly tells?: number;
}

export interface Link {
  readonly label: string;
  readonly url: string;
}
