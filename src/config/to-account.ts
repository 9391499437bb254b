import type { Account, Price } from '../fleet/account.ts';
import { CLOUD_ACTIONS, DEFAULT_ACCOUNT_ACTIONS, offers } from '../fleet/action.ts';
import { DEFAULT_BASE_URL } from '../fleet/provider-kind.ts';
import type { Subject } from '../policy/findings.ts';
import type { AccountParts, AccountText } from './account-grammar.ts';

/** Holds the pieces of an account against each other. `subject` is the account's own map. */
export function checkAccount(name: string, text: AccountParts, subject: Subject): void {
  const noPrices = Object.keys(text.prices ?? {}).length === 0 && !subject.lost.perhaps(['prices']);
  if (text.spendLimit?.perDay !== undefined && noPrices) {
    const message = `perDay needs prices to count with; set accounts.${name}.prices, or callsPerDay instead`;
    subject.error(['spendLimit', 'perDay'], message, { part: 'key' });
  }
  for (const [index, action] of (text.actions ?? []).entries()) {
    if (text.provider === undefined || offers(text.provider, action)) continue;
    subject.warn(['actions', index], `${text.provider} has no ${action}, so this allows nothing`);
  }
}

/** Fills in an account's defaults. */
export function toAccount(name: string, text: AccountText): Account {
  const { perDay = null, callsPerDay = null } = text.spendLimit ?? {};
  return {
    name,
    provider: text.provider,
    baseUrl: text.baseUrl === undefined ? DEFAULT_BASE_URL[text.provider] : new URL(text.baseUrl).origin,
    pollEveryMs: text.pollEvery,
    requestsPerSecond: text.requestsPerSecond,
    actions: text.actions ?? DEFAULT_ACCOUNT_ACTIONS,
    statusWords: inLowerCase(text.statusWords ?? {}),
    billingWords: inLowerCase(text.billingWords ?? {}),
    prices: new Map(Object.entries(text.prices ?? {}).map(([key, price]) => [key, toPrice(price)])),
    spendLimit: text.spendLimit === undefined ? null : { perDayFen: perDay, callsPerDay },
  };
}

/**
 * As much of an account as policies are held against, for one with mistakes: what could not be read is taken for
 * allowed. `null`: not even its cloud is known.
 */
export function likelyAccount(name: string, parts: AccountParts, { lost }: Subject): Account | null {
  if (parts.provider === undefined) return null;
  const isLimited = parts.spendLimit !== undefined || lost.perhaps(['spendLimit']);
  return {
    name,
    provider: parts.provider,
    baseUrl: DEFAULT_BASE_URL[parts.provider],
    pollEveryMs: 0,
    requestsPerSecond: 0,
    actions: lost.perhaps(['actions']) ? CLOUD_ACTIONS : (parts.actions ?? DEFAULT_ACCOUNT_ACTIONS),
    statusWords: new Map(),
    billingWords: new Map(),
    prices: new Map(),
    spendLimit: isLimited ? { perDayFen: null, callsPerDay: null } : null,
  };
}

function toPrice(text: NonNullable<AccountText['prices']>[string]): Price {
  const { hourly = null, daily = null, monthly = null, stopped, cardless } = text;
  return {
    hourlyFen: hourly,
    dailyFen: daily,
    monthlyFen: monthly,
    ...(stopped !== undefined && { stoppedFen: stopped }),
    ...(cardless !== undefined && { cardlessFen: cardless }),
  };
}

function inLowerCase<V>(words: Readonly<Record<string, V>>): ReadonlyMap<string, V> {
  return new Map(Object.entries(words).map(([word, value]) => [word.toLowerCase(), value]));
}
