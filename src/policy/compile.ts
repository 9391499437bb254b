import type { NamedCalendar } from '../calendar/named-calendar.ts';
import { zoneNamed } from '../calendar/zone.ts';
import { byPlace, type Located } from '../yaml/located.ts';
import type { Lost } from '../yaml/lost.ts';
import { readDocument } from '../yaml/read-document.ts';
import { type Salvaged, salvage } from '../yaml/salvage.ts';
import type { YamlDocument } from '../yaml/yaml-document.ts';
import { Calendars } from './compile-calendars.ts';
import { compileConditions, ReadTimes } from './compile-conditions.ts';
import { compileMatch } from './compile-match.ts';
import { warnOfContradictions } from './contradictions.ts';
import { type CompileOptions, conditionOf, type Draft, namedActions } from './draft.ts';
import { checkNegations } from './everything.ts';
import { Findings, Subject } from './findings.ts';
import { fingerprint } from './fingerprint.ts';
import type { MatchText } from './match-grammar.ts';
import { warnOfOddities } from './oddities.ts';
import { checkOwnRules } from './own-rules.ts';
import type { Policy } from './policy.ts';
import { type PolicyParts, type PolicyText, policyFileFrame, policyGrammar, policyParts } from './policy-grammar.ts';
import type { PolicySet } from './policy-set.ts';
import { checkReach } from './reach-rules.ts';
import { toPolicy } from './to-policy.ts';

/** One file of a policy folder. */
export interface PolicyFile {
  /** As errors name it. */
  readonly file: string;
  readonly text: string;
}

export type CompileResult =
  | { readonly ok: true; readonly set: PolicySet }
  | { readonly ok: false; readonly errors: readonly Located[]; readonly warnings: readonly Located[] };

/**
 * Compiles all files of a folder into one set of policies. All or nothing: any mistake in any file refuses the whole,
 * and every mistake is named with its place. Pure: the same texts and options give the same answer.
 */
export function compile(files: readonly PolicyFile[], options: CompileOptions): CompileResult {
  const findings = new Findings();
  const frames = files.flatMap((file) => readFrame(file, options, findings));
  const documents = frames.map(({ document }) => document);
  const calendarsIncomplete = frames.length < files.length || frames.some(({ lost }) => lost.perhaps(['calendars']));
  const calendars = new Calendars();
  for (const { document, lost } of frames) {
    for (const name of keysAt(document, 'calendars'))
      calendars.add(new Subject(document, ['calendars', name], findings, { lost }));
  }
  const around = { calendars, calendarsIncomplete, times: new ReadTimes(), names: new Map<string, Subject>() };
  const policies: Policy[] = [];
  const drafts: Draft[] = [];
  const used = new Set<NamedCalendar>();
  for (const { document, lost } of frames) {
    const count = countAt(document, 'policies');
    for (let index = 0; index < count; index += 1) {
      const subject = new Subject(document, ['policies', index], findings, { lost });
      const draft = draftPolicy(subject, options, around);
      if (draft === null) continue;
      for (const calendar of conditionOf(draft, 'during')?.window.calendars ?? []) used.add(calendar);
      drafts.push(draft);
      policies.push(toPolicy(draft, options, calendars));
    }
  }
  if (findings.errors.length === 0 && policies.length === 0) findings.errors.push(nothingAtAll(files, documents));
  warnOfContradictions(drafts, options);
  calendars.warnOfMissingYears(used, yearsAround(options.now));
  // Without a configuration nobody knows the mode of a policy that does not say.
  const isModeKnown = options.accounts !== null || drafts.every(({ text }) => text.mode !== undefined);
  const warnings = findings.warnings.sort(byPlace);
  if (findings.errors.length > 0) return { ok: false, errors: findings.errors.sort(byPlace), warnings };
  const hash = fingerprint(policies.map((policy) => [policy.name, policy.hash]));
  return {
    ok: true,
    set: { policies, calendars: calendars.known, warnings, observing: isModeKnown && onlyObserve(policies), hash },
  };
}

/** A file of which something can be checked. */
interface Frame {
  readonly document: YamlDocument;
  readonly lost: Lost;
}

function readFrame({ file, text }: PolicyFile, { documents }: CompileOptions, findings: Findings): Frame[] {
  const read = documents === undefined ? readDocument(text, file) : documents.read(text, file);
  if (!read.ok) findings.errors.push(...read.errors);
  const rest = read.ok ? { document: read.document, lost: [] } : read.rest;
  if (rest === null) return [];
  const before = rest.lost.map((path) => ({ path }));
  // An unknown key beside them says nothing against the policies themselves.
  const { errors, document, lost } = salvage(policyFileFrame, policyFileFrame, rest.document, [], undefined, before);
  findings.errors.push(...errors);
  return rest.document.root.kind === 'map' ? [{ document, lost }] : [];
}

function keysAt(document: YamlDocument, key: string): string[] {
  const data = document.data([key]);
  return typeof data === 'object' && data !== null && !Array.isArray(data) ? Object.keys(data) : [];
}

function countAt(document: YamlDocument, key: string): number {
  const data = document.data([key]);
  return Array.isArray(data) ? data.length : 0;
}

/** What the files of a folder share. */
interface Around {
  readonly calendars: Calendars;
  /** A calendar that is not known may well be there, in a file or under a key that could not be read. */
  readonly calendarsIncomplete: boolean;
  readonly times: ReadTimes;
  readonly names: Map<string, Subject>;
}

/** Reads, compiles and checks one policy; `null` where anything is wrong with it. Mistakes in one piece hide none in another. */
function draftPolicy(written: Subject, options: CompileOptions, around: Around): Draft | null {
  const read = readPolicy(written);
  const subject = written.without(read);
  const text = read.parts;
  if (text === null) return null;
  if (text.name !== undefined) checkName(text.name, subject, around.names);
  const zone = zoneNamed(text.when?.timezone ?? text.timezone ?? options.timezone);
  const conditions = compileConditions(text.when ?? {}, subject, { zone, ...around });
  const named = namedActions(written.document.data([...written.path, 'do']));
  const match = compileMatch(text.match);
  const reached = compileMatch(reachText(text.match, subject));
  const reach = options.accounts?.filter((account) => reached.account(account)) ?? null;
  const outline = { text, conditions, steps: text.do ?? [], named, reach, subject };
  checkOwnRules(outline);
  checkNegations(outline);
  checkReach(outline, options.accounts, options.notifiers);
  if (subject.failed || read.value === null) return null;
  const draft = { ...outline, text: read.value, match };
  warnOfOddities(draft, options);
  return draft;
}

type ReadPolicy = Salvaged<PolicyText, PolicyParts>;

/** What has been read of a document before, by place: most files stand as they are from one reload to the next. */
const readBefore = new WeakMap<YamlDocument, Map<number, ReadPolicy>>();

function readPolicy({ document, path, lost }: Subject): ReadPolicy {
  const before = lost.inside(path);
  const [, index] = path;
  if (before.length > 0 || typeof index !== 'number')
    return salvage(policyGrammar, policyParts, document, path, undefined, before);
  const known = readBefore.get(document) ?? new Map<number, ReadPolicy>();
  readBefore.set(document, known);
  const read = known.get(index) ?? salvage(policyGrammar, policyParts, document, path);
  known.set(index, read);
  return read;
}

function checkName(name: string, subject: Subject, names: Map<string, Subject>): void {
  const before = names.get(name);
  if (before === undefined) {
    names.set(name, subject);
    return;
  }
  const place = before.document.place([...before.path, 'name']);
  subject.error(['name'], `the name "${name}" is taken; first in ${before.document.file}:${place.line}`);
}

/** Without clauses that a mistake has made narrower than they were meant: what is reached must not be too little. */
function reachText(match: MatchText | undefined, { lost }: Subject): MatchText | undefined {
  if (match === undefined || match === 'all') return match;
  const { account, provider, not, ...rest } = match;
  return {
    ...rest,
    ...(lost.at(['match', 'account']) ? {} : { account }),
    ...(lost.at(['match', 'provider']) ? {} : { provider }),
    ...(lost.at(['match', 'not']) ? {} : { not }),
  };
}

function nothingAtAll(files: readonly PolicyFile[], documents: readonly YamlDocument[]): Located {
  const message = 'there is no policy in any file, and a daemon without policies does nothing';
  const first = documents[0]?.located([], message);
  return first ?? { file: files[0]?.file ?? '', line: 1, column: 1, length: 1, message, hint: null, sourceLine: '' };
}

/** A month before its end the coming year should have been entered; in China it is announced in November. */
function yearsAround(now: number): number[] {
  const soon = 31 * 86_400_000;
  return [...new Set([now, now + soon].map((at) => new Date(at).getUTCFullYear()))];
}

function onlyObserve(policies: readonly Policy[]): boolean {
  const enabled = policies.filter((policy) => policy.enabled);
  return enabled.length > 0 && enabled.every(({ mode }) => mode === 'observe');
}
