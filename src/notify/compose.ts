import { createHash } from 'node:crypto';
import { assertNever } from '../fleet/assert-never.ts';
import { SEVERITIES, type Severity } from '../fleet/event.ts';
import { formatYuan } from '../fleet/money.ts';
import type { OpenThread, Parcel } from '../fleet/parcel.ts';
import { rfc3339 } from '../fleet/rfc3339.ts';
import type { Language, Line, Link, Message, Mood } from './message.ts';
import { groupsOf } from './plan.ts';
import { truncateBytes } from './truncate-bytes.ts';
import { LANGUAGE_WORDS } from './words/languages.ts';

/** A line among others is read on a telephone; the message of one and the console have all of it. */
const LONGEST_EVIDENCE_BYTES = 160;
/** More groups in a digest nobody reads on a telephone. */
const MOST_GROUPS = 15;
/** Of each group in a digest. */
const MOST_NAMED = 3;

/** In which words, and of which zone the times are. */
export interface Tongue {
  readonly language: Language;
  readonly zone: string;
}

/** One message of parcels that are told together; never of none. */
export function compose(form: 'one' | 'group' | 'digest', parcels: readonly Parcel[], tongue: Tongue): Message {
  const [first] = parcels;
  if (first === undefined) throw new Error('a message of nothing');
  const notifications = parcels.map(({ notification }) => notification);
  const rest = {
    id: idOf(parcels),
    severity: highest(notifications.map(({ severity }) => severity)),
    language: tongue.language,
    notifications,
  };
  switch (form) {
    case 'one': {
      const { title, lines, links } = first.words;
      return { ...rest, mood: moodOf(first), title, lines, links };
    }
    case 'group':
      return { ...rest, mood: moodOf(first), ...group(parcels, tongue), links: manyLinksOf(first) };
    case 'digest':
      return { ...rest, mood: 'digest', ...digest(parcels, tongue), links: consoleOf(first) };
    default:
      return assertNever(form);
  }
}

/** A parcel that tells again what is still open, under a name of its own. */
export function repeatOf(open: OpenThread, { language, zone }: Tongue): Parcel {
  const { frame } = LANGUAGE_WORDS[language];
  const { parcel, since, repeats } = open;
  const { words, notification } = parcel;
  const line = { label: frame.since, text: frame.time(since, zone) };
  const count = repeats + 1;
  return {
    ...parcel,
    notification: {
      ...notification,
      id: digestOf([notification.id, 'again', String(count)]),
      details: { ...notification.details, repeats: notification.id, repeated: count, openSince: rfc3339(since) },
    },
    words: {
      ...words,
      title: frame.repeat(words.title),
      item: frame.repeat(words.item),
      lines: [line, ...words.lines],
    },
    opens: null,
  };
}

function group(parcels: readonly Parcel[], { language, zone }: Tongue): { title: string; lines: readonly Line[] } {
  const [first, ...others] = parcels;
  // Only what is true of all of them.
  const common = (first?.words.manyLines ?? []).filter((line) =>
    others.every(({ words }) => words.manyLines.some(({ label, text }) => label === line.label && text === line.text)),
  );
  // All of them: how many the receiver takes is known where it is put into its format.
  const shown = parcels.map((each) => itemOf(each, language));
  return {
    title: manyOf(parcels),
    lines: [...common, ...costOf(parcels, language), ...zoneOf(shown, language, zone), ...shown],
  };
}

function digest(parcels: readonly Parcel[], { language, zone }: Tongue): { title: string; lines: readonly Line[] } {
  const { frame } = LANGUAGE_WORDS[language];
  const critical = parcels.filter(({ notification }) => notification.severity === 'critical').length;
  const groups = groupsOf(parcels.map((parcel) => ({ parcel }))).map((each) => each.map(({ parcel }) => parcel));
  // What is worst first; of equals what came first.
  const ranked = groups.toSorted((a, b) => rank(b) - rank(a));
  const lines = ranked.map((each) => {
    const [only] = each;
    if (each.length === 1 && only !== undefined) return { label: '', text: only.words.title, tells: 1 };
    const named = each.slice(0, MOST_NAMED).map(({ words }) => words.item);
    const left = each.length - named.length;
    const listed = left === 0 ? named : [...named, frame.more(left)];
    return { label: manyOf(each), text: listed.join(language === 'en' ? '; ' : '；'), tells: each.length };
  });
  const shown = lines.slice(0, MOST_GROUPS);
  const hidden = ranked.slice(MOST_GROUPS).flat().length;
  return {
    title: frame.digest(parcels.length, critical),
    lines: [
      ...zoneOf(shown, language, zone),
      ...shown,
      ...(hidden === 0 ? [] : [{ label: '', text: frame.more(hidden), tells: hidden }]),
    ],
  };
}

/** What they cost together, where that is known of each. */
function costOf(parcels: readonly Parcel[], language: Language): readonly Line[] {
  const { frame } = LANGUAGE_WORDS[language];
  const costs = parcels.flatMap(({ words: { costFen } }) => (costFen === null ? [] : [costFen]));
  if (costs.length === 0 || costs.length < parcels.length) return [];
  const fen = costs.reduce((sum, cost) => sum + cost, 0);
  return [{ label: frame.cost, text: frame.perHour(formatYuan(fen)) }];
}

/** A time in a line among others does not name its zone, so that one line names it for all. */
function zoneOf(lines: readonly Line[], language: Language, zone: string): readonly Line[] {
  const hasTimes = lines.some(({ text }) => /\d\d:\d\d/.test(text) && !text.includes(zone));
  return hasTimes ? [{ label: LANGUAGE_WORDS[language].frame.zone, text: zone }] : [];
}

function manyOf(parcels: readonly Parcel[]): string {
  return parcels[0]?.words.many.replace('{n}', String(parcels.length)) ?? '';
}

/** One machine among others: what it rests on, and its own link. */
function itemOf({ words }: Parcel, language: Language): Line {
  const evidence = truncateBytes(words.itemEvidence, LONGEST_EVIDENCE_BYTES);
  const text = evidence === '' ? words.item : `${words.item}${language === 'en' ? '; ' : '；'}${evidence}`;
  // The last one leads to the console, and what all have is there once.
  const [own] = words.links.slice(0, -1);
  return { label: '', text, tells: 1, ...(own !== undefined && { link: own }) };
}

/** A link to one machine says nothing of the others. */
function consoleOf({ words }: Parcel): readonly Link[] {
  return words.links.slice(-1);
}

function manyLinksOf(first: Parcel): readonly Link[] {
  return [...first.words.manyLinks, ...consoleOf(first)];
}

function moodOf({ notification, closes }: Parcel): Mood {
  if (closes !== null || notification.event.endsWith('.recovered')) return 'recovered';
  return notification.severity === 'info' ? 'info' : 'firing';
}

function rank(parcels: readonly Parcel[]): number {
  return SEVERITIES.indexOf(highest(parcels.map(({ notification }) => notification.severity)));
}

function highest(severities: readonly Severity[]): Severity {
  return SEVERITIES.findLast((severity) => severities.includes(severity)) ?? 'info';
}

/** The same for the same parcels, so that a receiver that has it already drops it. */
function idOf(parcels: readonly Parcel[]): string {
  const [only] = parcels;
  if (parcels.length === 1 && only !== undefined) return only.notification.id;
  return digestOf(parcels.map(({ notification }) => notification.id));
}

function digestOf(parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\u0000')).digest('hex').slice(0, 32);
}
