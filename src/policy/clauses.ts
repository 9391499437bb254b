import { readDocument } from '../yaml/read-document.ts';
import type { YamlDocument } from '../yaml/yaml-document.ts';
import type { PolicyFile } from './compile.ts';
import { compileMatch } from './compile-match.ts';
import type { MatchClauses, MatchText } from './match-grammar.ts';
import type { Condition, Match, Place, Policy } from './policy.ts';
import { type PolicyText, policyGrammar } from './policy-grammar.ts';

/** What `match` can be about, in the words of the grammar. */
export type MatchAbout = keyof MatchClauses | 'not';

/** Settings beside `match`, `when` and `do` that can be seen at work. */
export type ClauseSetting = 'notice' | 'minimumUptime' | 'cooldown' | 'afterwards' | 'perPass' | 'perHour' | 'percent';

export type ClauseSays =
  /** `alone`: all that this clause asks for, and nothing of the others. */
  | { readonly kind: 'match'; readonly about: MatchAbout; readonly alone: Match }
  /** One of several values of a clause: any of them will do. */
  | { readonly kind: 'value'; readonly alone: Match }
  | { readonly kind: 'condition'; readonly condition: Condition }
  | { readonly kind: 'step'; readonly index: number }
  | { readonly kind: 'setting'; readonly setting: ClauseSetting };

/** One piece of a policy that makes a difference by itself, with where it stands. */
export interface Clause {
  readonly policy: string;
  /** `match.billing`, `match.not[0]`, `when.idleFor`, `do[1]`, `limits.percent`. */
  readonly path: string;
  /** What stands there, in short. */
  readonly text: string;
  readonly place: Place;
  readonly says: ClauseSays;
}

/** The clauses of each enabled policy by its name, in the order of the file; `files` are those that it was compiled from. */
export function clausesOf(
  files: readonly PolicyFile[],
  policies: readonly Policy[],
): ReadonlyMap<string, readonly Clause[]> {
  const clauses = new Map<string, readonly Clause[]>();
  for (const { file, text } of files) {
    const read = readDocument(text, file);
    if (!read.ok) continue;
    const listed = read.document.data(['policies']);
    for (const [index, data] of (Array.isArray(listed) ? listed : []).entries()) {
      const parsed = policyGrammar.safeParse(data);
      const policy = policies.find(({ name }) => name === parsed.data?.name);
      if (!parsed.success || policy?.enabled !== true) continue;
      clauses.set(policy.name, new Dissection(read.document, ['policies', index], policy).clauses(parsed.data));
    }
  }
  return clauses;
}

/** One policy taken apart. */
class Dissection {
  readonly #document: YamlDocument;
  readonly #path: readonly PropertyKey[];
  readonly #policy: Policy;

  constructor(document: YamlDocument, path: readonly PropertyKey[], policy: Policy) {
    this.#document = document;
    this.#path = path;
    this.#policy = policy;
  }

  clauses(text: PolicyText): readonly Clause[] {
    const { limits = {} } = text;
    const settings: readonly (readonly [boolean, PropertyKey[], ClauseSetting])[] = [
      [(text.notice ?? 0) > 0, ['notice'], 'notice'],
      // Whoever has been idle for so long has been up for as long.
      [(text.minimumUptime ?? 0) > (text.when.idleFor ?? 0), ['minimumUptime'], 'minimumUptime'],
      [(text.cooldown ?? 0) > 0, ['cooldown'], 'cooldown'],
      [text.afterwards !== undefined, ['afterwards'], 'afterwards'],
      [limits.perPass !== undefined, ['limits', 'perPass'], 'perPass'],
      [limits.perHour !== undefined, ['limits', 'perHour'], 'perHour'],
      [limits.percent !== undefined, ['limits', 'percent'], 'percent'],
    ];
    return [
      ...this.#ofMatch(text.match),
      ...this.#policy.conditions.map((condition) =>
        this.#clause(['when', condition.kind], { kind: 'condition', condition }),
      ),
      ...this.#policy.steps.map((_, index) => this.#clause(this.#stepPath(index), { kind: 'step', index })),
      ...settings.flatMap(([isThere, path, setting]) =>
        isThere ? [this.#clause(path, { kind: 'setting', setting })] : [],
      ),
    ];
  }

  #ofMatch(match: MatchText | undefined): readonly Clause[] {
    if (match === undefined || match === 'all') return [];
    const { not = [], labels = {}, ...rest } = match;
    const clauses: Clause[] = [];
    for (const key of ['account', 'provider', 'id', 'name', 'status', 'billing', 'gpu', 'room'] as const) {
      const values = rest[key];
      if (values === undefined) continue;
      clauses.push(...this.#ofValues(['match', key], key, values, (some) => compileMatch({ ...one(key, some) })));
    }
    for (const [label, values] of Object.entries(labels)) {
      const path = ['match', 'labels', label];
      clauses.push(...this.#ofValues(path, 'labels', values, (some) => compileMatch({ labels: { [label]: some } })));
    }
    const isList = Array.isArray(this.#data(['match', 'not']));
    for (const [index, map] of not.entries()) {
      const path = isList ? ['match', 'not', index] : ['match', 'not'];
      clauses.push(this.#clause(path, { kind: 'match', about: 'not', alone: compileMatch({ not: [map] }) }));
    }
    return clauses;
  }

  /** The clause itself, and where it has several values each of these. */
  #ofValues<T extends string>(
    path: readonly PropertyKey[],
    about: MatchAbout,
    values: readonly T[],
    matchOf: (values: T[]) => Match,
  ): readonly Clause[] {
    const whole = this.#clause(path, { kind: 'match', about, alone: matchOf([...values]) });
    if (values.length < 2) return [whole];
    return [
      whole,
      ...values.map((value, index) => this.#clause([...path, index], { kind: 'value', alone: matchOf([value]) })),
    ];
  }

  #stepPath(index: number): readonly PropertyKey[] {
    return Array.isArray(this.#data(['do'])) ? ['do', index] : ['do'];
  }

  #data(path: readonly PropertyKey[]): unknown {
    return this.#document.data([...this.#path, ...path]);
  }

  #clause(path: readonly PropertyKey[], says: ClauseSays): Clause {
    const { file } = this.#document;
    return {
      policy: this.#policy.name,
      path: pathText(path),
      text: short(this.#data(path)),
      place: { file, ...this.#document.place([...this.#path, ...path]) },
      says,
    };
  }
}

/** A match of one clause alone; the words were checked when the file was read. */
function one<K extends keyof MatchClauses>(key: K, values: MatchClauses[K]): Pick<MatchClauses, K> {
  const clauses: MatchClauses = {};
  clauses[key] = values;
  return clauses;
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? String(step) : `${text}.${String(step)}`;
  }, '');
}

/** On one line, as one would write it. */
function short(data: unknown): string {
  if (Array.isArray(data)) return `[${data.map(short).join(', ')}]`;
  if (typeof data !== 'object' || data === null) return String(data);
  const entries = Object.entries(data).map(([key, value]) => (value === null ? key : `${key}: ${short(value)}`));
  return `{ ${entries.join(', ')} }`;
}
