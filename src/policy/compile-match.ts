import type { Instance } from '../fleet/instance.ts';
import type { Labels } from '../fleet/label.ts';
import { anyGlobTest, isGlob } from './glob.ts';
import type { MatchClauses, MatchMap, MatchText } from './match-grammar.ts';
import type { Match } from './policy.ts';

type Test = (instance: Instance, labels: Labels) => boolean;
type AccountTest = (account: { readonly name: string; readonly provider: Instance['provider'] }) => boolean;

/** Clauses that are about the account; the rest are about the instance. */
const ACCOUNT_KEYS = ['account', 'provider'] as const;

/** In what order clauses are named to people and tried: cheap and telling ones first. */
const KEYS = ['account', 'provider', 'status', 'billing', 'gpu', 'room', 'id', 'name', 'labels'] as const;

/** Compiles `match`; an absent one is the same as `all`. */
export function compileMatch(text: MatchText | undefined): Match {
  if (text === undefined || text === 'all') return EVERYTHING;
  const { not = [], ...clauses } = text;
  const accountTest = accountTestOf(text);
  return {
    all: false,
    account: accountTest,
    instance: allOf([...testsOf(clauses, 'is'), ...not.map((map) => noneOf(testsOf(map, 'may-be')))]),
    instanceWhateverStatus: allOf([
      ...testsOf(withoutStatus(clauses), 'is'),
      // What is left out in some status only is not left out whatever the status.
      ...not.filter((map) => map.status === undefined).map((map) => noneOf(testsOf(map, 'may-be'))),
    ]),
    given: text,
    text: matchText(text),
  };
}

const EVERYTHING: Match = {
  all: true,
  account: () => true,
  instance: () => true,
  instanceWhateverStatus: () => true,
  given: 'all',
  text: 'all',
};

/** Does it tell instances of one account apart? */
export function isAboutInstances(text: MatchText | undefined): boolean {
  if (text === undefined || text === 'all') return false;
  const { not = [], ...clauses } = text;
  return [clauses, ...not].some((map) => KEYS.some((key) => !isAccountKey(key) && map[key] !== undefined));
}

function isAccountKey(key: string): boolean {
  return ACCOUNT_KEYS.some((each) => each === key);
}

function accountTestOf(text: MatchMap): AccountTest {
  const { not = [], ...clauses } = text;
  const wanted = accountClauses(clauses);
  // Only what names nothing but accounts leaves out whole accounts.
  const unwanted = not
    .filter((map) => KEYS.every((key) => isAccountKey(key) || map[key] === undefined))
    .map(accountClauses);
  return (account) => wanted(account) && !unwanted.some((test) => test(account));
}

function accountClauses(clauses: MatchClauses): AccountTest {
  const name = clauses.account === undefined ? null : anyGlobTest(clauses.account);
  const provider = clauses.provider === undefined ? null : anyGlobTest(clauses.provider);
  return (account) => (name === null || name(account.name)) && (provider === null || provider(account.provider));
}

function withoutStatus(clauses: MatchClauses): MatchClauses {
  const { status: _, ...rest } = clauses;
  return rest;
}

/**
 * `may-be` is for what a policy leaves out: an unknown status or billing could be the one that is named, and what cannot
 * be told apart is left alone.
 */
type Certainty = 'is' | 'may-be';

function testsOf(clauses: MatchClauses, certainty: Certainty): Test[] {
  const tests: Test[] = [];
  for (const key of KEYS) {
    switch (key) {
      case 'account':
        if (clauses.account !== undefined) tests.push(textTest(clauses.account, 'account'));
        break;
      case 'provider':
        if (clauses.provider !== undefined) tests.push(textTest(clauses.provider, 'provider'));
        break;
      case 'status':
        if (clauses.status !== undefined) tests.push(wordTest(clauses.status, 'status', certainty));
        break;
      case 'billing':
        if (clauses.billing !== undefined) tests.push(wordTest(clauses.billing, 'billing', certainty));
        break;
      case 'gpu':
        if (clauses.gpu !== undefined) {
          const test = anyGlobTest(clauses.gpu);
          tests.push((instance) => test(instance.gpu) || test(instance.gpuType));
        }
        break;
      case 'room':
      case 'id':
      case 'name': {
        const patterns = clauses[key];
        if (patterns !== undefined) tests.push(textTest(patterns, key));
        break;
      }
      case 'labels':
        for (const [label, patterns] of Object.entries(clauses.labels ?? {})) tests.push(labelTest(label, patterns));
        break;
    }
  }
  return tests;
}

type TextField = 'account' | 'provider' | 'room' | 'id' | 'name';

/** One closure per field: reading `instance[field]` with a changing field would cost several times as much. */
function textTest(patterns: readonly string[], field: TextField): Test {
  const only = patterns.length === 1 && !isGlob(patterns[0] ?? '') ? patterns[0] : undefined;
  const test = anyGlobTest(patterns);
  switch (field) {
    case 'account':
      return only === undefined ? (instance) => test(instance.account) : (instance) => instance.account === only;
    case 'provider':
      return only === undefined ? (instance) => test(instance.provider) : (instance) => instance.provider === only;
    case 'room':
      return (instance) => test(instance.room);
    case 'id':
      return (instance) => test(instance.id);
    case 'name':
      return (instance) => test(instance.name);
  }
}

function wordTest(words: readonly string[], field: 'status' | 'billing', certainty: Certainty): Test {
  const wanted = certainty === 'may-be' ? [...words, 'unknown'] : words;
  const only = wanted.length === 1 ? wanted[0] : undefined;
  if (field === 'status') {
    return only === undefined ? (instance) => wanted.includes(instance.status) : (instance) => instance.status === only;
  }
  return only === undefined ? (instance) => wanted.includes(instance.billing) : (instance) => instance.billing === only;
}

function labelTest(label: string, patterns: readonly string[]): Test {
  const [only = ''] = patterns;
  if (patterns.length === 1 && !isGlob(only)) return (_, labels) => labels[label] === only;
  const test = anyGlobTest(patterns);
  return (_, labels) => {
    // A label called like something that every object has must not be taken for it.
    const value: unknown = labels[label];
    return typeof value === 'string' && test(value);
  };
}

function allOf(tests: readonly Test[]): Test {
  const [a, b, c, ...more] = tests;
  if (a === undefined) return () => true;
  if (b === undefined) return a;
  if (c === undefined) return (instance, labels) => a(instance, labels) && b(instance, labels);
  if (more.length === 0) {
    return (instance, labels) => a(instance, labels) && b(instance, labels) && c(instance, labels);
  }
  const rest = allOf(more);
  return (instance, labels) =>
    a(instance, labels) && b(instance, labels) && c(instance, labels) && rest(instance, labels);
}

function noneOf(tests: readonly Test[]): Test {
  const all = allOf(tests);
  return (instance, labels) => !all(instance, labels);
}

/** `provider=huixingyun name=dev-*|test-* labels.env=dev not(name=dev-1)` */
export function matchText(text: MatchMap): string {
  const { not = [], ...clauses } = text;
  return [...clauseTexts(clauses), ...not.map((map) => `not(${clauseTexts(map).join(' ')})`)].join(' ');
}

function clauseTexts(clauses: MatchClauses): string[] {
  return KEYS.flatMap((key) => {
    if (key === 'labels') {
      return Object.entries(clauses.labels ?? {}).map(([label, values]) => `labels.${label}=${values.join('|')}`);
    }
    const values = clauses[key];
    return values === undefined ? [] : [`${key}=${values.join('|')}`];
  });
}
