import { hash } from 'node:crypto';
import { AddressGuard } from '../activity/address-guard.ts';
import { JupyterProbe } from '../activity/jupyter-probe.ts';
import { ActivityObserver, type ActivityRule, type ReadingStore, type WatchStore } from '../activity/observer.ts';
import { PrometheusProbe } from '../activity/prometheus-probe.ts';
import { PUSH_STALE_AFTER_MS, pushProbe } from '../activity/push-probe.ts';
import type { AskAddress } from '../activity/service-address.ts';
import { ServiceProbe } from '../activity/service-probe.ts';
import { serviceRules } from '../activity/service-rules.ts';
import type { HostKeyStore } from '../activity/ssh/host-keys.ts';
import { SshLogin } from '../activity/ssh/login.ts';
import type { SshProof } from '../activity/ssh/ssh-client.ts';
import { limitsOf, SshProbe } from '../activity/ssh/ssh-probe.ts';
import { zoneNamed } from '../calendar/zone.ts';
import type { Config, ProbeConfig, SshConfig } from '../config/config.ts';
import { labelsOf } from '../config/labels-of.ts';
import type { NotifierConfig } from '../config/notifier-config.ts';
import type { Account } from '../fleet/account.ts';
import { assertNever } from '../fleet/assert-never.ts';
import type { Clock } from '../fleet/clock.ts';
import { Notifier } from '../notify/notifier.ts';
import type { PolicyFile } from '../policy/compile.ts';
import type { Policy } from '../policy/policy.ts';
import type { AnswerTime } from '../providers/http/http-client.ts';
import type { HttpLimits } from '../providers/http/limits.ts';
import { metered } from '../providers/metered.ts';
import { openProvider } from '../providers/open-provider.ts';
import type { Log } from '../telemetry/log.ts';
import { countReading, type Metrics, unknownWordCounter } from '../telemetry/metrics.ts';
import type { AccountRuntime, Standing } from '../work/ports.ts';
import { notifierSecrets, openChannel } from './open-channel.ts';

export interface StandingParts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly readings: ReadingStore;
  readonly watches: WatchStore;
  readonly hostKeys: HostKeyStore;
  /** Told of the time in every answer of a cloud that has one. */
  readonly onServerTime?: (account: string, time: AnswerTime) => void;
  /** How long and large one exchange may get, where not as usual. */
  readonly limits?: Partial<HttpLimits>;
}

/** What probes are made of beside their own part of the configuration. */
interface ProbeContext {
  readonly guard: AddressGuard;
  readonly everyMs: number;
  readonly accounts: ReadonlyMap<string, AccountRuntime>;
}

/** An account's client with what it was made from, so that a reload keeps the ones that did not change. */
interface Kept {
  readonly made: string;
  readonly token: string;
  readonly runtime: AccountRuntime;
}

/** Builds what is in force from a configuration and policies, and carries unchanged account clients over a reload. */
export class StandingBuilder {
  readonly #parts: StandingParts;
  readonly #onWord: (account: string, field: string, word: string) => void;
  #kept = new Map<string, Kept>();

  constructor(parts: StandingParts) {
    this.#parts = parts;
    this.#onWord = unknownWordCounter(parts.metrics);
  }

  /** Everything that can fail happens in here, before the caller swaps. Clients that are not needed any more are closed. */
  build(config: Config, policies: readonly Policy[], files: readonly PolicyFile[] = []): Standing {
    const accounts = new Map<string, AccountRuntime>();
    const kept = new Map<string, Kept>();
    for (const account of config.accounts) {
      const next = this.#open(account, config);
      kept.set(account.name, next);
      accounts.set(account.name, next.runtime);
    }
    const guard = new AddressGuard(config.allowedNetworks);
    const rules = config.activity.map(
      (rule): ActivityRule => ({
        covers: (instance, labels) => rule.match.instance(instance, labels),
        everyMs: rule.everyMs,
        presenceMs: rule.presenceMs,
        probes: rule.probes.map((probe) => this.#probe(probe, { guard, everyMs: rule.everyMs, accounts })),
      }),
    );
    const observer = new ActivityObserver({
      rules,
      store: this.#parts.readings,
      watches: this.#parts.watches,
      clock: this.#parts.clock,
      onReading: (news) => countReading(this.#parts.metrics, news),
    });
    const notifiers = new Map(config.notifiers.map((notifier) => [notifier.name, this.#notifier(notifier, config)]));
    const previous = this.#kept;
    this.#kept = kept;
    for (const [name, old] of previous) if (kept.get(name) !== old) void this.#close(old.runtime);
    return {
      policies,
      accounts,
      observer,
      notifiers,
      zone: zoneNamed(config.timezone),
      labels: (instance) => labelsOf(config.labels, instance),
      source: { files, timezone: config.timezone, mode: config.mode, at: this.#parts.clock.now() },
    };
  }

  async close(): Promise<void> {
    const all = [...this.#kept.values()];
    this.#kept = new Map();
    await Promise.all(all.map(({ runtime }) => this.#close(runtime)));
  }

  #open(account: Account, config: Config): Kept {
    const token = config.tokens.get(account.name)?.reveal();
    if (token === undefined) throw new Error(`account ${account.name} has no token; the configuration was not checked`);
    const keepSshPasswords = asksListings(config);
    const parts = { account, keepSshPasswords };
    const made = JSON.stringify(parts, (_key, value: unknown) => (value instanceof Map ? [...value] : value));
    const old = this.#kept.get(account.name);
    if (old !== undefined && old.made === made && old.token === token) return old;
    const { clock, random, metrics, log, limits, onServerTime = () => {} } = this.#parts;
    const onAnswer = (time: AnswerTime) => onServerTime(account.name, time);
    const extra = limits === undefined ? {} : { limits };
    const provider = metered(openProvider({ account, token, clock, random, onAnswer, keepSshPasswords, ...extra }), {
      clock,
      onCall: (call) => {
        metrics.providerRequests.inc({ account: call.account, operation: call.operation, outcome: call.outcome });
        metrics.providerRequestDuration.observe({ account: call.account, operation: call.operation }, call.seconds);
      },
      onUnknownWord: (word) => {
        this.#onWord(word.account, word.field, word.word);
        log.warn(
          { account: word.account, field: word.field, word: word.word },
          'a cloud used a word that nobody has taught us; statusWords and billingWords of the account can',
        );
      },
    });
    return { made, token, runtime: { account, provider, mark: markOf(account, token) } };
  }

  async #close(runtime: AccountRuntime): Promise<void> {
    try {
      await runtime.provider.close();
    } catch (error) {
      this.#parts.log.warn({ err: error, account: runtime.account.name }, 'a client did not close');
    }
  }

  #probe(probe: ProbeConfig, context: ProbeContext): ActivityRule['probes'][number] {
    const { guard } = context;
    switch (probe.kind) {
      case 'ssh':
        return { probe: this.#ssh(probe, context), staleAfterMs: null };
      case 'service': {
        const { service, url, optional, token } = probe;
        const options = {
          url,
          optional,
          token: () => token?.reveal() ?? null,
          guard,
          address: addressIn(context),
          clock: this.#parts.clock,
        };
        const made =
          service === 'jupyter' ? new JupyterProbe(options) : new ServiceProbe(serviceRules(service), options);
        return { probe: made, staleAfterMs: null };
      }
      case 'prometheus': {
        const { kind: _kind, token, ...options } = probe;
        const prometheus = new PrometheusProbe({
          ...options,
          token: () => token?.reveal() ?? null,
          address: addressIn(context),
          clock: this.#parts.clock,
        });
        return { probe: prometheus, staleAfterMs: null };
      }
      case 'push':
        return { probe: pushProbe, staleAfterMs: probe.staleAfterMs ?? PUSH_STALE_AFTER_MS };
      default:
        return assertNever(probe);
    }
  }

  #ssh(config: SshConfig, { guard, everyMs, accounts }: ProbeContext): SshProbe {
    const { host, port, user, keepAliveFile, timeoutMs, optional, thresholds } = config;
    const login = new SshLogin({
      host,
      port,
      user,
      proof: () => proofOf(config),
      listing: async ({ account, id, createdAt }, maxAgeMs, signal) =>
        (await accounts.get(account)?.provider.sshAccess?.({ id, createdAt, maxAgeMs }, signal)) ?? null,
      guard,
    });
    return new SshProbe({
      login,
      hostKeys: this.#parts.hostKeys,
      clock: this.#parts.clock,
      everyMs,
      optional,
      thresholds,
      ...(keepAliveFile === null ? {} : { keepAliveFile }),
      ...(timeoutMs === null ? {} : { limits: limitsOf(timeoutMs) }),
    });
  }

  #notifier(notifier: NotifierConfig, config: Config): Notifier {
    const telling = config.tellings.get(notifier.name);
    if (telling === undefined)
      throw new Error(`notifier ${notifier.name} is not known; the configuration was not checked`);
    const { routes, language, timezone, quietHours, repeatEveryMs } = telling;
    const channel = openChannel(notifier, this.#parts.clock, repeatEveryMs);
    return new Notifier({
      channel,
      routes,
      language,
      zone: timezone,
      quietUntil: (at) => {
        const state = quietHours?.state(at);
        return state?.inside === true ? state.closesAt : null;
      },
      repeatEveryMs: repeatEveryMs ?? channel.repeatEveryMs ?? null,
    });
  }
}

/** For the one login that it is asked for. */
function proofOf({ proof }: SshConfig): SshProof | null {
  if (proof === null) return null;
  if (proof.kind === 'password') return { kind: 'password', password: proof.password.reveal() };
  return { kind: 'key', privateKey: proof.privateKey.reveal(), passphrase: proof.passphrase?.reveal() ?? null };
}

/** How old the listing may be that names a machine's address. */
const ADDRESS_BELIEVED_MS = 5 * 60_000;

function addressIn({ accounts }: ProbeContext): AskAddress {
  return async ({ account, id, createdAt }, signal) => {
    const request = { id, createdAt, maxAgeMs: ADDRESS_BELIEVED_MS };
    return (await accounts.get(account)?.provider.sshAccess?.(request, signal))?.host ?? null;
  };
}

/**
 * Does any probe log in, or fill in an address, by what a listing says? Only then are the ways in that it names kept in
 * memory, with their passwords.
 */
function asksListings(config: Config): boolean {
  return config.activity.some(({ probes }) => probes.some(asksListing));
}

function asksListing(probe: ProbeConfig): boolean {
  switch (probe.kind) {
    case 'ssh':
      return probe.host === null || probe.proof === null;
    case 'service':
      return probe.url?.includes('{ip}') === true;
    case 'prometheus':
      return probe.query.some((part) => part.kind === 'value' && part.of === 'ip');
    case 'push':
      return false;
    default:
      return assertNever(probe);
  }
}

/** 64 bits of a token's digest: enough to see that it was changed, and nothing to be made of by who reads it. */
function markOf({ name, provider }: Account, token: string): string {
  return hash('sha256', `${provider} ${name} ${token}`).slice(0, 16);
}

/** Every secret that is in use, for the last net under the log. */
export function secretsOf(config: Config): readonly string[] {
  return [
    config.redis.reveal(),
    ...[...config.tokens.values()].map((token) => token.reveal()),
    ...(config.controlToken === null ? [] : [config.controlToken.reveal()]),
    ...(config.console.viewerToken === null ? [] : [config.console.viewerToken.reveal()]),
    ...config.notifiers.flatMap(notifierSecrets),
    ...config.activity.flatMap(({ probes }) =>
      probes.flatMap((probe) => ('token' in probe && probe.token !== null ? [probe.token.reveal()] : [])),
    ),
    ...config.activity.flatMap(({ probes }) =>
      probes.flatMap((probe) => (probe.kind === 'ssh' ? sshSecrets(probe) : [])),
    ),
  ];
}

function sshSecrets({ proof }: SshConfig): readonly string[] {
  if (proof === null) return [];
  if (proof.kind === 'password') return [proof.password.reveal()];
  return [proof.privateKey.reveal(), ...(proof.passphrase === null ? [] : [proof.passphrase.reveal()])];
}
