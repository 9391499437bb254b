import type { Detail } from '../../fleet/detail/detail.ts';
import { readDetail } from '../../fleet/detail/stored.ts';
import { type InstanceKey, parseInstanceKey } from '../../fleet/instance.ts';
import type { Entry, LookEntry, RecordedRules } from '../../recording/entries.ts';
import type { Json } from '../../recording/json.ts';
import { PassReader } from '../../recording/pass-codec.ts';
import { NoRecording } from '../../recording/read-entries.ts';
import type { InstanceFacts, PassFacts } from '../../work/facts.ts';
import { FactsReader } from './read-facts.ts';

/** One pass as it was made. */
export interface RecordedPass {
  readonly kind: 'pass';
  /** Epoch ms. */
  readonly at: number;
  readonly account: string;
  readonly rules: RecordedRules;
  readonly facts: PassFacts;
  /** As `plainDecisions` makes it. */
  readonly decided: Json;
  readonly words: string;
}

/** Passes that were made and not kept. */
export interface RecordedHole {
  readonly kind: 'hole';
  readonly at: number;
  readonly until: number;
  readonly passes: number;
  readonly why: string;
}

/** A daemon began to record, or began a new segment. */
export interface RecordedStart {
  readonly kind: 'start';
  readonly at: number;
  readonly version: string;
}

/** The last look at something that a pass had decided, right before it was to be sent. */
export interface RecordedLook {
  readonly kind: 'look';
  readonly at: number;
  readonly account: string;
  readonly operation: string;
  readonly policy: string;
  readonly instance: InstanceKey;
  readonly action: string;
  /** The machine as it was then, where it was read. */
  readonly seen: InstanceFacts | null;
  /** Why it was not sent, or only `later`; `null`: it was still due. */
  readonly no: { readonly reason: string; readonly detail: Detail; readonly later: boolean } | null;
}

export type Recorded = RecordedPass | RecordedHole | RecordedStart | RecordedLook;

/** What one stream of entries is told by. */
interface Stream {
  readonly rules: Map<string, RecordedRules>;
  readonly accounts: Map<string, PassReader>;
  /** What is earlier is only there for what comes after it. */
  since: number;
}

/**
 * The passes of a recording, in their order. Those that are earlier than what the file was cut at are left out.
 * @throws NoRecording where something in it cannot be
 */
export async function* readRecording(entries: AsyncIterable<Entry>): AsyncGenerator<Recorded> {
  const streams = new Map<string, Stream>();
  const reader = new FactsReader();
  for await (const entry of entries) {
    if (entry.kind === 'head') {
      streams.set(entry.s, { rules: new Map(), accounts: new Map(), since: Number.NEGATIVE_INFINITY });
      yield { kind: 'start', at: entry.at, version: entry.version };
      continue;
    }
    const stream = streams.get(entry.s);
    // Without its beginning nothing can be made of it; its file was told of as damaged.
    if (stream === undefined) continue;
    switch (entry.kind) {
      case 'cut':
        stream.since = entry.at;
        break;
      case 'rules':
        stream.rules.set(entry.rules.id, entry.rules);
        break;
      case 'hole': {
        const { kind, at, until, passes, why } = entry;
        if (until >= stream.since) yield { kind, at, until, passes, why };
        break;
      }
      case 'look':
        if (entry.at >= stream.since) yield understood(() => lookOf(entry, reader));
        break;
      case 'pass': {
        const { kind, at, account, words } = entry;
        const codec = stream.accounts.get(account) ?? new PassReader();
        stream.accounts.set(account, codec);
        const rules = stream.rules.get(entry.rules);
        const pass = understood(() => {
          const { facts, rows, decided } = codec.read(entry);
          return at < stream.since || rules === undefined
            ? null
            : { kind, at, account, rules, facts: reader.read(facts, rows), decided, words };
        });
        if (pass !== null) yield pass;
        break;
      }
    }
  }
}

function lookOf({ s: _s, row, no, instance, ...look }: LookEntry, reader: FactsReader): RecordedLook {
  const key = parseInstanceKey(instance);
  if (key === null) throw new Error(`no machine is called ${instance}`);
  return {
    ...look,
    instance: `${key.account}/${key.id}`,
    seen: row === null ? null : reader.row(row),
    no: no === null ? null : { ...no, detail: readDetail(no.detail) },
  };
}

function understood<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new NoRecording('the recording', 'holds something that cannot be understood', { cause: error });
  }
}
