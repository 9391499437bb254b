import type { Notification } from './event.ts';

/** What a person reads, in one language; plain text. */
export interface Words {
  /** One line. */
  readonly title: string;
  readonly lines: readonly { readonly label: string; readonly text: string }[];
  readonly links: readonly { readonly label: string; readonly url: string }[];
  /** It in one line among others of its kind. */
  readonly item: string;
  /** What it rests on, beside `item`; '': that says it, or there is nothing to say. */
  readonly itemEvidence: string;
  /** What several of its kind are, in one line; `{n}` stands for how many. */
  readonly many: string;
  /** What the machine costs an hour, in fen; `null`: not known, or not what it is about. */
  readonly costFen: number | null;
  /** What is to be said of several of its kind besides. */
  readonly manyLines: readonly { readonly label: string; readonly text: string }[];
  /** Where something can be done to several of its kind at once. */
  readonly manyLinks: readonly { readonly label: string; readonly url: string }[];
}

/** A notification on its way to one notifier, in that notifier's words. */
export interface Parcel {
  readonly notification: Notification;
  readonly words: Words;
  /** Parcels of one group can be told as one. */
  readonly group: string;
  /** What it is about and goes on until something closes it: "account/hxy-main". `null`: it is over with the telling. */
  readonly opens: string | null;
  /** What is over with it. */
  readonly closes: string | null;
}

/** What somebody was told of and that was not over when last heard of. */
export interface OpenThread {
  readonly thread: string;
  readonly parcel: Parcel;
  readonly since: number;
  /** How often it was told again. */
  readonly repeats: number;
}
