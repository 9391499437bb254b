import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import type { Account } from '../fleet/account.ts';
import { compileMatch } from '../policy/compile-match.ts';
import type { CompileOptions } from '../policy/draft.ts';
import { Findings, Subject } from '../policy/findings.ts';
import { checkMatchNames } from '../policy/match-names.ts';
import type { Mode } from '../policy/policy.ts';
import { checkShape } from '../yaml/check-shape.ts';
import { byPlace, type Located } from '../yaml/located.ts';
import { maskSecrets } from '../yaml/mask-secrets.ts';
import { readDocument } from '../yaml/read-document.ts';
import type { Path, YamlDocument } from '../yaml/yaml-document.ts';
import { accountGrammar } from './account-grammar.ts';
import { parseListen, redisProblem } from './addresses.ts';
import type { ActivityConfig, Config, LabelRule, Listen, NotifierConfig } from './config.ts';
import { activityGrammar, type ConfigFrame, configFrame, labelGrammar, notifierGrammar } from './config-grammar.ts';
import { type Environment, expandVariables, hideFilledIn } from './expand-variables.ts';
import { Secret } from './secret.ts';
import { readSecretFile, type SecretReader } from './secret-files.ts';
import { SecretTaker } from './secret-taker.ts';
import { toActivity, toNotifier } from './sections.ts';
import { toAccount } from './to-account.ts';

/** Shorter ones can be guessed by whoever holds the token of one instance. */
const SHORTEST_CONTROL_TOKEN = 16;

export interface ConfigOptions {
  readonly environment: Environment;
  /** From the file system where it is left out. */
  readonly readSecret?: SecretReader;
  /** What the command line says; paths absolute. */
  readonly overrides?: { readonly policiesDir?: string; readonly listen?: Listen; readonly mode?: Mode };
}

export type ConfigResult =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly errors: readonly Located[]; readonly warnings: readonly Located[] };

/**
 * Reads the text of lamplighter.yaml. All mistakes are found at once, each with its place; lines are quoted with secrets
 * masked.
 * @param path where the file is: paths in it are relative to its folder
 * @param shown how errors name it
 */
export async function loadConfig(
  text: string,
  path: string,
  shown: string,
  options: ConfigOptions,
): Promise<ConfigResult> {
  const read = readDocument(text, shown, maskSecrets(text));
  if (!read.ok) return { ok: false, errors: read.errors, warnings: [] };
  const { data, errors, filledIn } = expandVariables(read.document, options.environment);
  const findings = new Findings();
  findings.errors.push(...errors);
  const loader = new Loader(read.document, data, findings, resolve(path), options);
  const config = await loader.load();
  // What is wrong with the nothing that stands for a variable that is not set needs no second error.
  const unset = new Set(errors.map(({ line }) => line));
  const tidied = (found: readonly Located[]) =>
    found
      .filter((each) => errors.includes(each) || !unset.has(each.line))
      .map((each) => hideFilledIn(each, filledIn))
      .sort(byPlace);
  const warnings = tidied(findings.warnings);
  if (config === null || findings.errors.length > 0) return { ok: false, errors: tidied(findings.errors), warnings };
  return { ok: true, config: { ...config, warnings } };
}

/** What compiling policies needs of a configuration. */
export function compileOptions(config: Config, now: number): CompileOptions {
  const { accounts, timezone, mode } = config;
  const notifiers = config.notifiers.map(({ name }) => name);
  return { accounts, timezone, mode, notifiers, labels: labelValues(config.labels), now };
}

function labelValues(rules: readonly LabelRule[]): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>();
  for (const [key, value] of rules.flatMap(({ set }) => Object.entries(set))) {
    values.set(key, [...(values.get(key) ?? []), value]);
  }
  return values;
}

/** Reads section by section, so that a mistake in one hides none in another. */
class Loader {
  readonly #subject: Subject;
  readonly #document: YamlDocument;
  readonly #data: unknown;
  readonly #path: string;
  readonly #options: ConfigOptions;
  readonly #secrets: SecretTaker;

  constructor(document: YamlDocument, data: unknown, findings: Findings, path: string, options: ConfigOptions) {
    this.#document = document;
    this.#data = data;
    this.#subject = new Subject(document, [], findings);
    this.#path = path;
    this.#options = options;
    this.#secrets = new SecretTaker(dirname(path), options.readSecret ?? readSecretFile);
  }

  /** `null`, or something that must not be used, where there are errors. */
  async load(): Promise<Config | null> {
    if (this.#options.environment.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
      const hint = 'unset it; a private certificate authority is named by NODE_EXTRA_CA_CERTS';
      this.#subject.error([], 'NODE_TLS_REJECT_UNAUTHORIZED=0 would send tokens to anybody', { hint });
    }
    const frame = this.#check(configFrame, []);
    const accounts: Account[] = [];
    const tokens = new Map<string, Secret>();
    for (const { key, text, subject } of this.#each('accounts', accountGrammar)) {
      accounts.push(toAccount(key, text, subject));
      const given = { inline: text.token, file: text.tokenFile, needed: true };
      const token = await this.#secrets.take(subject, [], 'token', given);
      if (token !== null) tokens.set(key, token);
    }
    // Names can only be held against the accounts when all of these are known.
    const known = accounts.length === keysOf(this.#at(['accounts'])).length ? accounts : null;
    const labels: LabelRule[] = [];
    for (const { text, subject } of this.#each('labels', labelGrammar)) {
      if (known !== null) checkMatchNames(subject, text.match, known);
      labels.push({ match: compileMatch(text.match), set: text.set });
    }
    const activity: ActivityConfig[] = [];
    for (const { text, subject } of this.#each('activity', activityGrammar)) {
      if (known !== null) checkMatchNames(subject, text.match, known);
      activity.push(await toActivity(text, subject, this.#secrets));
    }
    const notifiers: NotifierConfig[] = [];
    for (const { key, text, subject } of this.#each('notifiers', notifierGrammar)) {
      const notifier = await toNotifier(key, text, subject, this.#secrets);
      if (notifier !== null) notifiers.push(notifier);
    }
    const redis = this.#redis(frame?.redis);
    if (frame === null) return null;
    return { ...(await this.#own(frame)), redis, accounts, tokens, labels, activity, notifiers, warnings: [] };
  }

  async #own(frame: ConfigFrame) {
    const { overrides = {} } = this.#options;
    const folder = dirname(this.#path);
    const { control } = frame;
    const given = { inline: control?.token, file: control?.tokenFile, needed: control !== undefined };
    return {
      file: this.#path,
      timezone: frame.timezone,
      mode: overrides.mode ?? frame.mode,
      policiesDir: overrides.policiesDir ?? resolve(folder, frame.policies),
      listen: overrides.listen ?? parseListen(frame.listen) ?? { host: '', port: 0 },
      allowedNetworks: frame.network.allow,
      controlToken: this.#longEnough(await this.#secrets.take(this.#subject, ['control'], 'token', given), control),
      stateDir: resolve(folder, frame.stateDir),
      reload: frame.reload,
    };
  }

  /** It guards what changes things, and the tokens of all instances are made from it. */
  #longEnough(token: Secret | null, control: ConfigFrame['control']): Secret | null {
    if (token === null || token.reveal().length >= SHORTEST_CONTROL_TOKEN) return token;
    const key = control?.token === undefined ? 'tokenFile' : 'token';
    this.#subject.error(['control', key], `the control token is shorter than ${SHORTEST_CONTROL_TOKEN} characters`, {
      hint: 'openssl rand -hex 32 makes a good one',
    });
    return null;
  }

  #redis(written: string | undefined): Secret {
    const override = this.#options.environment.REDIS_URL;
    if (override === undefined || override === '') return new Secret(written ?? '');
    const problem = redisProblem(override);
    if (problem !== null) this.#subject.error(['redis'], `the environment variable REDIS_URL ${problem}`);
    return new Secret(override);
  }

  #check<S extends z.ZodType>(schema: S, path: Path): z.output<S> | null {
    const shape = checkShape(schema, this.#document, path, this.#at(path));
    if (shape.ok) return shape.value;
    this.#subject.errors(shape.errors);
    return null;
  }

  /** The good entries of a map or list. */
  #each<S extends z.ZodType>(section: string, schema: S) {
    const whole = this.#at([section]);
    const keys: PropertyKey[] = Array.isArray(whole) ? [...whole.keys()] : keysOf(whole);
    return keys.flatMap((key) => {
      const text = this.#check(schema, [section, key]);
      return text === null ? [] : [{ key: String(key), text, subject: this.#subject.below([section, key]) }];
    });
  }

  /** What stands at a path, with variables filled in. */
  #at(path: Path): unknown {
    let data: unknown = this.#data;
    for (const step of path) data = isRecord(data) ? data[String(step)] : undefined;
    return data;
  }
}

function isRecord(data: unknown): data is Record<string, unknown> {
  return typeof data === 'object' && data !== null;
}

function keysOf(data: unknown): string[] {
  return isRecord(data) && !Array.isArray(data) ? Object.keys(data) : [];
}
