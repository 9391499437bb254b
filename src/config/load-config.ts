import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import type { Account } from '../fleet/account.ts';
import { compileMatch } from '../policy/compile-match.ts';
import type { CompileOptions } from '../policy/draft.ts';
import { Findings, Subject } from '../policy/findings.ts';
import type { MatchText } from '../policy/match-grammar.ts';
import { checkMatchNames } from '../policy/match-names.ts';
import type { Mode } from '../policy/policy.ts';
import { byPlace, type Located } from '../yaml/located.ts';
import { Lost } from '../yaml/lost.ts';
import { maskSecrets } from '../yaml/mask-secrets.ts';
import { readDocument } from '../yaml/read-document.ts';
import { salvage } from '../yaml/salvage.ts';
import type { Path } from '../yaml/yaml-document.ts';
import { accountGrammar, accountParts } from './account-grammar.ts';
import { parseListen, redisProblem } from './addresses.ts';
import type { ActivityConfig, Config, ConsoleConfig, LabelRule, Listen, ProbeConfig, TellingConfig } from './config.ts';
import {
  activityGrammar,
  activityParts,
  type ConfigFrame,
  configFrame,
  type FrameParts,
  frameParts,
  labelGrammar,
  labelParts,
} from './config-grammar.ts';
import { type Environment, expandVariables, hideFilledIn } from './expand-variables.ts';
import type { NotifierConfig } from './notifier-config.ts';
import { type NotifierParts, notifierSchemas } from './notifier-grammar.ts';
import { Secret } from './secret.ts';
import { readSecretFile, type SecretReader } from './secret-files.ts';
import { SecretTaker } from './secret-taker.ts';
import { toProbes } from './sections.ts';
import { standInForSecrets } from './stand-ins.ts';
import { checkAccount, likelyAccount, toAccount } from './to-account.ts';
import { toNotifier } from './to-notifier.ts';
import { type TellingNames, toTelling } from './to-telling.ts';

/** Shorter ones can be guessed by whoever holds the token of one instance. */
const SHORTEST_CONTROL_TOKEN = 16;
/** As the grammar has it; for what is checked although the whole cannot be used. */
const DEFAULT_ZONE = 'Asia/Shanghai';

export interface ConfigOptions {
  readonly environment: Environment;
  /** From the file system where it is left out. */
  readonly readSecret?: SecretReader;
  /** `unneeded`: nobody is spoken to, so secrets are not read from files and may be missing in the environment. */
  readonly secrets?: 'needed' | 'unneeded';
  /** What the command line says; paths absolute. */
  readonly overrides?: { readonly policiesDir?: string; readonly listen?: Listen; readonly mode?: Mode };
}

export type ConfigResult =
  | { readonly ok: true; readonly config: Config }
  | {
      readonly ok: false;
      readonly errors: readonly Located[];
      readonly warnings: readonly Located[];
      /** What the policies can be checked with all the same; left out: nothing could be read. */
      readonly known?: KnownParts;
    };

/** What is certain of a configuration with mistakes. */
export interface KnownParts {
  readonly options: Omit<CompileOptions, 'now'>;
  /** `null`: it is not known which. */
  readonly policiesDir: string | null;
}

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
  const rest = read.ok ? { document: read.document, lost: [] } : read.rest;
  const misread = read.ok ? [] : read.errors;
  if (rest === null) return { ok: false, errors: misread, warnings: [] };
  const { data, errors, lost, filledIn } = expandVariables(
    rest.document,
    options.environment,
    options.secrets === 'unneeded' ? standInForSecrets : undefined,
  );
  const findings = new Findings();
  findings.errors.push(...misread, ...errors);
  const gaps = [...rest.lost, ...lost].map((path) => ({ path }));
  const subject = new Subject(rest.document.without(lost), [], findings, {
    lost: new Lost(gaps),
    written: rest.document,
  });
  const loader = new Loader(subject, data, resolve(path), options);
  const { config, known } = await loader.load();
  const tidied = (found: readonly Located[]) => found.map((each) => hideFilledIn(each, filledIn)).sort(byPlace);
  const warnings = tidied(findings.warnings);
  if (config === null || findings.errors.length > 0) {
    return { ok: false, errors: tidied(findings.errors), warnings, known };
  }
  return { ok: true, config: { ...config, warnings } };
}

/** Of people alone nothing can be concluded about work. */
function seesWork(probe: ProbeConfig): boolean {
  return probe.kind !== 'prometheus' || probe.judges === 'work';
}

/** What compiling policies needs of a configuration. */
export function compileOptions(config: Config, now: number): CompileOptions {
  const { accounts, timezone, mode } = config;
  const notifiers = config.notifiers.map(({ name }) => name);
  const judged = config.activity.filter(({ probes }) => probes.some(seesWork)).map(({ match }) => match);
  return {
    accounts,
    timezone,
    mode,
    notifiers,
    labels: labelValues(config.labels),
    judged,
    labelRules: config.labels,
    now,
  };
}

function labelValues(rules: readonly LabelRule[]): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>();
  for (const [key, value] of rules.flatMap(({ set }) => Object.entries(set))) {
    values.set(key, [...(values.get(key) ?? []), value]);
  }
  return values;
}

/** Reads section by section and piece by piece, so that no mistake hides another. */
class Loader {
  readonly #subject: Subject;
  readonly #data: unknown;
  readonly #path: string;
  readonly #options: ConfigOptions;
  readonly #secrets: SecretTaker;

  constructor(subject: Subject, data: unknown, path: string, options: ConfigOptions) {
    this.#subject = subject;
    this.#data = data;
    this.#path = path;
    this.#options = options;
    const read = options.secrets === 'unneeded' ? null : (options.readSecret ?? readSecretFile);
    this.#secrets = new SecretTaker(dirname(path), read);
  }

  /** `config` is `null`, or something that must not be used, where there are errors. */
  async load(): Promise<{ readonly config: Config | null; readonly known: KnownParts }> {
    if (this.#options.environment.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
      const hint = 'unset it; a private certificate authority is named by NODE_EXTRA_CA_CERTS';
      this.#subject.error([], 'NODE_TLS_REJECT_UNAUTHORIZED=0 would send tokens to anybody', { hint });
    }
    const frame = this.#check(configFrame, frameParts, []);
    const accounts = await this.#accounts();
    const labels = this.#labels(accounts.names);
    const activity: ActivityConfig[] = [];
    for (const { value, parts, subject } of this.#each('activity', activityGrammar, activityParts)) {
      this.#checkNames(subject, parts.match, accounts.names);
      const probes = await toProbes(parts, subject, this.#secrets);
      if (value !== null)
        activity.push({ match: compileMatch(value.match), everyMs: value.every, presenceMs: value.presence, probes });
    }
    const notifiers: NotifierConfig[] = [];
    const tellings = new Map<string, TellingConfig>();
    const names: TellingNames = {
      accounts: accounts.names?.map(({ name }) => name) ?? null,
      labels: labels.isComplete ? labelValues(labels.all) : null,
      timezone: frame.parts?.timezone ?? DEFAULT_ZONE,
    };
    for (const key of keysOf(this.#at(['notifiers']))) {
      const path = ['notifiers', key];
      const schemas = notifierSchemas(this.#at(path));
      if (schemas.known === null) {
        this.#check(schemas.whole, schemas.parts, path);
        continue;
      }
      const { value, parts, subject } = this.#check<z.ZodType<NotifierParts>, z.ZodType<NotifierParts>>(
        schemas.whole,
        schemas.parts,
        path,
      );
      if (parts === null) continue;
      tellings.set(key, toTelling(parts, subject, names));
      const notifier = await toNotifier(key, parts, subject, this.#secrets);
      if (notifier !== null && value !== null) notifiers.push(notifier);
    }
    const redis = this.#redis(frame.parts?.redis);
    const controlToken = await this.#controlToken(frame.parts?.control, frame.subject);
    const console = await this.#console(frame.parts?.console, frame.subject, controlToken);
    const known = this.#known(frame.parts ?? {}, accounts, labels);
    if (frame.value === null) return { config: null, known };
    const { all, tokens } = accounts;
    const own = { ...this.#own(frame.value), controlToken, console, redis };
    return {
      config: { ...own, accounts: all, tokens, labels: labels.all, activity, notifiers, tellings, warnings: [] },
      known,
    };
  }

  async #accounts(): Promise<Accounts> {
    const all: Account[] = [];
    const tokens = new Map<string, Secret>();
    const names: { name: string; provider: Account['provider'] | null }[] = [];
    const likely: Account[] = [];
    const entries = this.#each('accounts', accountGrammar, accountParts);
    for (const { key, value, parts, subject } of entries) {
      names.push({ name: key, provider: parts.provider ?? null });
      checkAccount(key, parts, subject);
      const account = value === null ? likelyAccount(key, parts, subject) : toAccount(key, value);
      if (account !== null) likely.push(account);
      if (account !== null && value !== null) all.push(account);
      const given = { inline: parts.token, file: parts.tokenFile, needed: true };
      const token = await this.#secrets.take(subject, [], 'token', given);
      if (token === null) continue;
      const twin = names.find(
        ({ name, provider }) =>
          name !== key && provider === parts.provider && tokens.get(name)?.reveal() === token.reveal(),
      );
      if (twin !== undefined) {
        const hint = 'whoever must be treated otherwise is matched by id or name; one account is enough';
        const where = parts.tokenFile === undefined ? 'token' : 'tokenFile';
        subject.warn([where], `account ${twin.name} has the same token, so each machine is listed twice`, { hint });
      }
      tokens.set(key, token);
    }
    const count = keysOf(this.#at(['accounts'])).length;
    const isComplete = likely.length === count && count > 0;
    // Names can only be held against the accounts when all of these are known.
    return {
      all,
      tokens,
      likely: isComplete ? likely : null,
      names: names.length === count && count > 0 ? names : null,
    };
  }

  #labels(names: Accounts['names']): Labelling {
    const all: LabelRule[] = [];
    let isComplete = !this.#subject.lost.perhaps(['labels']);
    for (const { value, parts, subject } of this.#each('labels', labelGrammar, labelParts)) {
      this.#checkNames(subject, parts.match, names);
      if (value === null) isComplete = false;
      else all.push({ match: compileMatch(value.match), set: value.set });
    }
    return { all, isComplete };
  }

  #checkNames(subject: Subject, match: MatchText | undefined, names: Accounts['names']): void {
    if (names !== null) checkMatchNames(subject, match, names);
  }

  #known(frame: FrameParts, accounts: Accounts, labels: Labelling): KnownParts {
    const { overrides = {} } = this.#options;
    const { lost } = this.#subject;
    const policies = lost.perhaps(['policies']) ? null : resolve(dirname(this.#path), frame.policies ?? './policies');
    return {
      options: {
        accounts: accounts.likely,
        notifiers: lost.perhaps(['notifiers']) ? null : keysOf(this.#at(['notifiers'])),
        ...(labels.isComplete ? { labels: labelValues(labels.all) } : {}),
        timezone: frame.timezone ?? DEFAULT_ZONE,
        mode: overrides.mode ?? frame.mode ?? 'observe',
      },
      policiesDir: overrides.policiesDir ?? policies,
    };
  }

  #own(frame: ConfigFrame) {
    const { overrides = {} } = this.#options;
    const folder = dirname(this.#path);
    return {
      file: this.#path,
      timezone: frame.timezone,
      mode: overrides.mode ?? frame.mode,
      policiesDir: overrides.policiesDir ?? resolve(folder, frame.policies),
      listen: overrides.listen ?? parseListen(frame.listen) ?? { host: '', port: 0 },
      allowedNetworks: frame.network.allow,
      stateDir: resolve(folder, frame.stateDir),
      recording:
        frame.recording.keep === 0 ? null : { keepMs: frame.recording.keep, maxBytes: frame.recording.maxSize },
      reload: frame.reload,
    };
  }

  /** It guards what changes things, and the tokens of all instances are made from it. */
  async #controlToken(control: FrameParts['control'], subject: Subject): Promise<Secret | null> {
    const given = { inline: control?.token, file: control?.tokenFile, needed: control !== undefined };
    const token = await this.#secrets.take(subject, ['control'], 'token', given);
    if (token === null || token.reveal().length >= SHORTEST_CONTROL_TOKEN) return token;
    const key = control?.token === undefined ? 'tokenFile' : 'token';
    subject.error(['control', key], `the control token is shorter than ${SHORTEST_CONTROL_TOKEN} characters`, {
      hint: 'openssl rand -hex 32 makes a good one',
    });
    return null;
  }

  /** @param control with the same token whoever looks could act as well */
  async #console(text: FrameParts['console'], subject: Subject, control: Secret | null): Promise<ConsoleConfig> {
    const { url: written, viewerToken: inline, viewerTokenFile: file } = text ?? {};
    const url = written === undefined ? null : (URL.parse(written)?.origin ?? null);
    const token = await this.#secrets.take(subject, ['console'], 'viewerToken', { inline, file });
    if (token === null) return { url, viewerToken: null };
    const key = inline === undefined ? 'viewerTokenFile' : 'viewerToken';
    const refuse = (why: string) =>
      subject.error(['console', key], `the viewer token ${why}`, { hint: 'openssl rand -hex 32 makes a good one' });
    if (token.reveal().length < SHORTEST_CONTROL_TOKEN) {
      refuse(`is shorter than ${SHORTEST_CONTROL_TOKEN} characters`);
    } else if (token.reveal() === control?.reveal()) {
      refuse('is the control token, so that whoever may look could act');
    } else {
      return { url, viewerToken: token };
    }
    return { url, viewerToken: null };
  }

  #redis(written: string | undefined): Secret {
    const override = this.#options.environment.REDIS_URL;
    if (override === undefined || override === '') return new Secret(written ?? '');
    const problem = redisProblem(override);
    if (problem !== null) this.#subject.error(['redis'], `the environment variable REDIS_URL ${problem}`);
    return new Secret(override);
  }

  #check<S extends z.ZodType, P extends z.ZodType>(schema: S, partial: P, path: Path) {
    const written = this.#subject.below(path);
    const read = salvage(schema, partial, written.document, path, this.#at(path), this.#subject.lost.inside(path));
    return { value: read.value, parts: read.parts, subject: written.without(read) };
  }

  /** The entries of a map or list, as far as they can be read. */
  #each<S extends z.ZodType, P extends z.ZodType>(section: string, schema: S, partial: P) {
    const whole = this.#at([section]);
    const keys: PropertyKey[] = Array.isArray(whole) ? [...whole.keys()] : keysOf(whole);
    return keys.flatMap((key) => {
      const { value, parts, subject } = this.#check(schema, partial, [section, key]);
      return parts === null ? [] : [{ key: String(key), value, parts, subject }];
    });
  }

  /** What stands at a path, with variables filled in. */
  #at(path: Path): unknown {
    let data: unknown = this.#data;
    for (const step of path) data = isRecord(data) ? data[String(step)] : undefined;
    return data;
  }
}

interface Labelling {
  readonly all: readonly LabelRule[];
  readonly isComplete: boolean;
}

interface Accounts {
  readonly all: readonly Account[];
  readonly tokens: ReadonlyMap<string, Secret>;
  /** All of them for checking policies, also those with mistakes; `null`: of one not even the cloud is known. */
  readonly likely: readonly Account[] | null;
  /** `null`: they are not all known. */
  readonly names: readonly { readonly name: string; readonly provider: Account['provider'] | null }[] | null;
}

function isRecord(data: unknown): data is Record<string, unknown> {
  return typeof data === 'object' && data !== null;
}

function keysOf(data: unknown): string[] {
  return isRecord(data) && !Array.isArray(data) ? Object.keys(data) : [];
}
