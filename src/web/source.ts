import type { Detail } from '../fleet/detail/detail.ts';
import type { ActivityReportInput } from './schemas.ts';

/** A page of a list, as the API answers it. */
export interface Page {
  readonly items: readonly unknown[];
  readonly next: string | null;
}

export interface ListQuery {
  /** Of `operations` and `policies` a place; of the other lists the key of the last row that was seen. */
  readonly cursor: string | null;
  readonly limit: number;
  readonly filters: Readonly<Record<string, string>>;
}

/** What the person's own doing came to. `refused` ends in 409 with the sentence. */
export type Done =
  | { readonly kind: 'done'; readonly value: unknown }
  | { readonly kind: 'not-found'; readonly message: string }
  | { readonly kind: 'invalid'; readonly message: string }
  | { readonly kind: 'refused'; readonly message: string };

export interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<
    Record<
      string,
      {
        readonly ok: boolean;
        readonly detail: string;
        /** The same with its parts, where it has any. */
        readonly told?: Detail;
      }
    >
  >;
  readonly accounts: readonly { readonly account: string; readonly ok: boolean; readonly detail: string }[];
}

/** Everything the web room asks of the rest. Values are plain JSON with camelCase keys, without secrets. */
export interface WebSource {
  alive(): { readonly ok: boolean; readonly detail: string };
  ready(): Promise<Readiness>;
  metrics(): AsyncIterable<string | Uint8Array>;
  /** Of the accounts that are configured. */
  accountNames(): readonly string[];
  instances(query: ListQuery): Promise<Page>;
  operations(query: ListQuery): Promise<Page>;
  /** `null`: there is none of that id. */
  operation(id: string): Promise<object | null>;
  /** Everything known of "account/id"; `null`: no account lists it. */
  instance(key: string): Promise<object | null>;
  policies(query: ListQuery): Promise<Page>;
  plan(query: ListQuery): Promise<Page>;
  holds(query: ListQuery): Promise<Page>;
  accounts(query: ListQuery): Promise<Page>;
  /** What was saved, by what the query says; refused with a sentence where that is not understood. */
  /** What passes knew and decided since then (so long ago, or RFC 3339; `null`: all of it), as one compressed file. */
  recording(
    since: string | null,
  ): Promise<
    | { readonly kind: 'done'; readonly pieces: AsyncIterable<Uint8Array> }
    | { readonly kind: 'invalid' | 'not-found'; readonly message: string }
  >;
  savings(asked: { readonly since: string | null; readonly by: string | null }): Promise<Done>;
  hold(input: {
    readonly instance: string;
    readonly for: string;
    readonly reason: string;
    readonly owner: string;
  }): Promise<Done>;
  /** `by`: who asks, for the audit. */
  release(id: string, by: string): Promise<Done>;
  pause(by: string, reason: string): Promise<Done>;
  resume(by: string): Promise<Done>;
  approve(id: string, by: string, reason: string): Promise<Done>;
  close(id: string, by: string, reason: string): Promise<Done>;
  /** `acknowledge` names a reload that is held. */
  reload(acknowledge: string | null): Promise<Done>;
  /** Checks the token of the instance; `refused` when it is not that instance's. */
  activity(report: ActivityReportInput, token: string): Promise<Done>;
}
