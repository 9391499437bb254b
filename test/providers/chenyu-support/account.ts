import type { Account } from '../../../src/fleet/account.ts';
import { DEFAULT_ACCOUNT_ACTIONS } from '../../../src/fleet/action.ts';
import type { Clock } from '../../../src/fleet/clock.ts';
import type { ProviderKind } from '../../../src/fleet/provider-kind.ts';
import { ChenyuProvider } from '../../../src/providers/chenyu/chenyu-provider.ts';
import { ChenyuV1Provider } from '../../../src/providers/chenyu-v1/chenyu-v1-provider.ts';
import type { ActOptions } from '../../../src/providers/port.ts';
import type { ProviderOptions } from '../../../src/providers/provider-options.ts';

/** A key that must never be seen in an answer, an error or a log. */
export const KEY = 'cy_0123456789abcdef-canary';

/** 2026-03-02 10:20:30.500 in Shanghai. */
export const NOW = Date.UTC(2026, 2, 2, 2, 20, 30, 500);

export const never = new AbortController().signal;

export const go: ActOptions = { signal: never, gate: () => true };

/** A clock that stands still, except that sleeping moves it. */
export class StillClock implements Clock {
  #at: number;

  constructor(at = NOW) {
    this.#at = at;
  }

  now(): number {
    return this.#at;
  }

  monotonic(): number {
    return this.#at;
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#at += ms;
  }

  toReal(ms: number): number {
    return ms;
  }

  advance(ms: number): void {
    this.#at += ms;
  }
}

export function account(provider: ProviderKind, baseUrl: string, more: Partial<Account> = {}): Account {
  return {
    name: 'cy',
    provider,
    baseUrl,
    pollEveryMs: 60_000,
    requestsPerSecond: 100_000,
    actions: DEFAULT_ACCOUNT_ACTIONS,
    statusWords: new Map(),
    billingWords: new Map(),
    prices: new Map(),
    spendLimit: null,
    ...more,
  };
}

export function options(
  provider: ProviderKind,
  baseUrl: string,
  more: Partial<Account> = {},
  clock: Clock = new StillClock(),
): ProviderOptions {
  return { account: account(provider, baseUrl, more), token: KEY, clock, random: () => 0 };
}

export function chenyu(baseUrl: string, more: Partial<Account> = {}, clock?: Clock): ChenyuProvider {
  return new ChenyuProvider(options('chenyu', baseUrl, more, clock));
}

export function chenyuV1(baseUrl: string, more: Partial<Account> = {}, clock?: Clock): ChenyuV1Provider {
  return new ChenyuV1Provider(options('chenyu-v1', baseUrl, more, clock));
}
