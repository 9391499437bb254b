import type { Detail } from '../../fleet/detail/detail.ts';
import type { Notification } from '../../fleet/event.ts';
import { yuanToFen } from '../../fleet/money.ts';
import type { Words } from '../../fleet/parcel.ts';
import { type Said, type SaidKind, type Spoken, spoken } from '../../fleet/said.ts';
import { wallTime } from '../../fleet/wall-time.ts';
import { truncateBytes } from '../truncate-bytes.ts';

/** What a catalogue may ask for besides what is said. */
export interface About {
  readonly notification: Notification;
  /** "dev-01 (hxy-main/gpu-1)", the name cut where it is long; where it is about no instance, the account, or nothing. */
  readonly subject: string;
  /** "hxy-main/gpu-1"; `null`: it is about no instance. */
  readonly instance: string | null;
  readonly account: string;
  readonly policy: string;
  /** With the zone named. */
  readonly time: (at: number) => string;
  /** The same without it, for a line among others. */
  readonly clock: (at: number) => string;
}

/** What a catalogue says of one thing; where it stands in the message is the same in every language. */
export interface Draft {
  readonly title: string;
  /** In one line among others of its kind. */
  readonly item: string;
  /** `{n}` stands for how many. */
  readonly many: string;
  /** What it rests on. */
  readonly evidence?: string;
  readonly cost?: string;
  /** What happens next, and when. */
  readonly next?: string;
  /** What a person is to do. */
  readonly todo?: string;
  /** The same where several are told of at once; absent: as for one. */
  readonly manyNext?: string;
  readonly manyTodo?: string;
  /** A hold would stop what is coming. */
  readonly holdable?: boolean;
  /** What comes of what happens next; the first thing to be cut. */
  readonly after?: string;
  /** Text that came from elsewhere, as it is. */
  readonly detail?: string;
}

/** One language: a sentence for everything that is said. */
export type Catalogue = { readonly [K in SaidKind]: (said: Spoken<Extract<Said, { kind: K }>>, about: About) => Draft };

/** Names of the lines, and the frame around several messages. */
export interface Frame {
  readonly instance: string;
  readonly account: string;
  readonly policy: string;
  readonly evidence: string;
  readonly cost: string;
  readonly next: string;
  readonly todo: string;
  readonly stop: string;
  readonly after: string;
  readonly detail: string;
  readonly holdLink: string;
  /** Holds what a policy is about to do to several. */
  readonly holdMany: string;
  readonly console: string;
  /** "dev-01 (hxy-main/gpu-1)" */
  readonly named: (name: string, key: string) => string;
  readonly reason: string;
  readonly more: (count: number) => string;
  /** Of how many, and how many of them are critical. */
  readonly digest: (count: number, critical: number) => string;
  readonly repeat: (title: string) => string;
  readonly since: string;
  readonly time: (at: number, zone: string) => string;
  /** Beside lines with times. */
  readonly zone: string;
  readonly perHour: (yuan: string) => string;
}

export interface LanguageWords {
  /** A detail in this language. */
  readonly detail: (detail: Detail, time: (at: number) => string) => string;
  readonly frame: Frame;
  readonly catalogue: Catalogue;
}

/** Where the console is, and how a hold is placed there. */
export interface Links {
  /** Signed, and good until then; `null`: there is no console that people could open. */
  hold(instance: string, expiresAt: number): string | null;
  /** The same for everything that a policy is about to do on an account. */
  holdMany(account: string, policy: string, expiresAt: number): string | null;
  readonly console: string | null;
}

/** A link to a hold is good for so long, or until what it stops has happened. */
const LINK_LASTS_MS = 24 * 3_600_000;
/** A longer name would leave no room, where a receiver takes little, for the id that tells the machine from others. */
const LONGEST_NAME_BYTES = 40;
/** As long as a night; whoever wants more says so. */
const HOLD_FOR = '4h';

export interface Saying {
  readonly said: Said;
  readonly notification: Notification;
  readonly zone: string;
  readonly links: Links | null;
  readonly now: number;
}

/** The words for one thing in one language. */
export function wordsIn(language: LanguageWords, saying: Saying): Words {
  const { frame, catalogue } = language;
  const { said, notification, zone, links, now } = saying;
  const { instance, account, policy } = notification;
  const key = instance === null || account === null ? null : `${account}/${instance.id}`;
  const about: About = {
    notification,
    subject:
      instance === null || key === null
        ? (account ?? '')
        : frame.named(truncateBytes(instance.name, LONGEST_NAME_BYTES), key),
    instance: key,
    account: account ?? '',
    policy: policy ?? '',
    time: (at) => frame.time(at, zone),
    clock: (at) => wallTime(at, zone),
  };
  const word = (detail: Detail) => language.detail(detail, about.clock);
  const draft = draftOf(catalogue, said, about, word);
  // The zone is named once for all lines.
  const { evidence = '' } = draftOf(catalogue, said, { ...about, time: about.clock }, word);
  const stop = (of: string) => `lamplighter hold ${of} --for ${HOLD_FOR} --reason "${frame.reason}"`;
  const where = [
    ...(key === null && account !== null ? [{ label: frame.account, text: account }] : []),
    ...(policy === null ? [] : [{ label: frame.policy, text: policy }]),
  ];
  const what = (['evidence', 'cost', 'next', 'todo'] as const).flatMap((part) => labelled(frame[part], draft[part]));
  const last = (['detail', 'after'] as const).flatMap((part) => labelled(frame[part], draft[part]));
  const holdable = draft.holdable === true && key !== null;
  const hold = holdable ? (links?.hold(key, now + LINK_LASTS_MS) ?? null) : null;
  const isComing = notification.event === 'decision.announced' && account !== null && policy !== null;
  const holdMany = isComing ? (links?.holdMany(account, policy, now + LINK_LASTS_MS) ?? null) : null;
  const open = links?.console ?? null;
  return {
    title: oneLine(draft.title),
    lines: [
      ...(instance === null || key === null ? [] : [{ label: frame.instance, text: frame.named(instance.name, key) }]),
      ...where,
      ...what,
      ...(holdable ? [{ label: frame.stop, text: stop(key) }] : []),
      ...last,
    ],
    links: [
      ...(hold === null ? [] : [{ label: frame.holdLink, url: hold }]),
      ...(open === null ? [] : [{ label: frame.console, url: open }]),
    ],
    item: oneLine(draft.item),
    itemEvidence: saysEither(draft.item, evidence) ? '' : oneLine(evidence),
    many: oneLine(draft.many),
    costFen: 'yuanPerHour' in said ? yuanToFen(said.yuanPerHour) : null,
    manyLines: [
      ...where,
      ...labelled(frame.next, draft.manyNext ?? draft.next),
      ...labelled(frame.todo, draft.manyTodo ?? draft.todo),
      ...(holdable ? [{ label: frame.stop, text: stop('ACCOUNT/ID') }] : []),
    ],
    manyLinks: holdMany === null ? [] : [{ label: frame.holdMany, url: holdMany }],
  };
}

/** A line, where there is something to say. */
function labelled(label: string, text: string | undefined): Words['lines'] {
  return text === undefined || text === '' ? [] : [{ label, text }];
}

/** Is one of them said in the other? */
function saysEither(item: string, evidence: string): boolean {
  return item.includes(evidence) || evidence.includes(item);
}

/** One case for all kinds: of each kind the catalogue has the function that takes it. */
function draftOf<K extends SaidKind>(
  catalogue: Catalogue,
  said: Extract<Said, { kind: K }>,
  about: About,
  word: (detail: Detail) => string,
): Draft {
  const say: (said: Spoken<Extract<Said, { kind: K }>>, about: About) => Draft = catalogue[said.kind];
  return say(spoken(said, word), about);
}

/** A title is one line, whatever names are in it. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
