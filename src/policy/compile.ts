import type { NamedCalendar } from '../calendar/named-calendar.ts';
import { zoneNamed } from '../calendar/zone.ts';
import { checkShape } from '../yaml/check-shape.ts';
import { byPlace, type Located } from '../yaml/located.ts';
import { readDocument } from '../yaml/read-document.ts';
import type { YamlDocument } from '../yaml/yaml-document.ts';
import { Calendars } from './compile-calendars.ts';
import { compileConditions } from './compile-conditions.ts';
import { compileMatch } from './compile-match.ts';
import { type CompileOptions, conditionOf, type Draft } from './draft.ts';
import { Findings, Subject } from './findings.ts';
import { fingerprint } from './fingerprint.ts';
import { warnOfOddities } from './oddities.ts';
import { checkOwnRules } from './own-rules.ts';
import type { Policy } from './policy.ts';
import { policyFileFrame, policyGrammar } from './policy-grammar.ts';
import type { PolicySet } from './policy-set.ts';
import { checkReach } from './reach-rules.ts';
import { toPolicy } from './to-policy.ts';
import { whenGrammar } from './when-grammar.ts';

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
  const documents = files.flatMap((file) => readFrame(file, findings));
  const calendarsIncomplete = documents.length < files.length;
  const calendars = new Calendars();
  for (const document of documents) {
    for (const name of keysAt(document, 'calendars')) calendars.add(document, name, findings);
  }
  const names = new Map<string, Subject>();
  const policies: Policy[] = [];
  const used = new Set<NamedCalendar>();
  for (const document of documents) {
    const count = countAt(document, 'policies');
    for (let index = 0; index < count; index += 1) {
      const subject = new Subject(document, ['policies', index], findings);
      const draft = draftPolicy(subject, names, options, { calendars, calendarsIncomplete });
      if (draft === null) continue;
      for (const calendar of conditionOf(draft, 'during')?.window.calendars ?? []) used.add(calendar);
      policies.push(toPolicy(draft, options, calendars));
    }
  }
  if (findings.errors.length === 0 && policies.length === 0) findings.errors.push(nothingAtAll(files, documents));
  calendars.warnOfMissingYears(used, yearsAround(options.now));
  if (findings.errors.length === 0) warnOfObserving(policies, documents, findings);
  const warnings = findings.warnings.sort(byPlace);
  if (findings.errors.length > 0) return { ok: false, errors: findings.errors.sort(byPlace), warnings };
  const hash = fingerprint(policies.map((policy) => [policy.name, policy.hash]));
  return { ok: true, set: { policies, calendars: calendars.known, warnings, hash } };
}

function readFrame({ file, text }: PolicyFile, findings: Findings): YamlDocument[] {
  const read = readDocument(text, file);
  if (!read.ok) {
    findings.errors.push(...read.errors);
    return [];
  }
  const shape = checkShape(policyFileFrame, read.document);
  if (shape.ok) return [read.document];
  findings.errors.push(...shape.errors);
  // An unknown key beside them says nothing against the policies themselves.
  return read.document.root.kind === 'map' ? [read.document] : [];
}

function keysAt(document: YamlDocument, key: string): string[] {
  const data = document.data([key]);
  return typeof data === 'object' && data !== null && !Array.isArray(data) ? Object.keys(data) : [];
}

function countAt(document: YamlDocument, key: string): number {
  const data = document.data([key]);
  return Array.isArray(data) ? data.length : 0;
}

/** Reads, compiles and checks one policy; `null` where anything is wrong with it. */
function draftPolicy(
  subject: Subject,
  names: Map<string, Subject>,
  options: CompileOptions,
  around: { readonly calendars: Calendars; readonly calendarsIncomplete: boolean },
): Draft | null {
  const shape = checkShape(policyGrammar, subject.document, subject.path);
  if (!shape.ok) {
    subject.errors(shape.errors);
    checkTimesAlone(subject, options, around);
    return null;
  }
  const text = shape.value;
  const before = names.get(text.name);
  if (before === undefined) {
    names.set(text.name, subject);
  } else {
    const place = before.document.place([...before.path, 'name']);
    subject.error(['name'], `the name "${text.name}" is taken; first in ${before.document.file}:${place.line}`);
  }
  const zone = zoneNamed(text.when.timezone ?? text.timezone ?? options.timezone);
  const match = compileMatch(text.match);
  const conditions = compileConditions(text.when, subject, { zone, ...around });
  const reach = options.accounts?.filter((account) => match.account(account)) ?? null;
  const draft = { text, match, conditions, steps: text.do, reach, subject };
  checkOwnRules(draft);
  checkReach(draft, options.accounts, options.notifiers);
  if (subject.failed) return null;
  warnOfOddities(draft, options);
  return draft;
}

/** Of a policy that is wrong elsewhere: what is wrong with its window and pattern, so that all is said at once. */
function checkTimesAlone(
  subject: Subject,
  options: CompileOptions,
  around: { readonly calendars: Calendars; readonly calendarsIncomplete: boolean },
): void {
  const when = checkShape(whenGrammar, subject.document, [...subject.path, 'when']);
  if (!when.ok) return;
  const zone = zoneNamed(when.value.timezone ?? options.timezone);
  compileConditions(when.value, subject, { zone, ...around });
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

function warnOfObserving(policies: readonly Policy[], documents: readonly YamlDocument[], findings: Findings): void {
  const enabled = policies.filter((policy) => policy.enabled);
  const first = enabled[0];
  if (first === undefined || enabled.some((policy) => policy.mode === 'enforce')) return;
  const document = documents.find(({ file }) => file === first.place.file);
  if (document === undefined) return;
  const message = 'every policy only observes: nothing will be done; write mode: enforce where something should be';
  findings.warnings.push(document.located(['policies'], message, { part: 'key' }));
}
