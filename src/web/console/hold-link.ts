import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { sameSecret } from '../bearer.ts';
import { keyFrom } from './session.ts';

/** Half of SHA-256: as hard to guess as the token needs, and the address stays short enough for every channel. */
const MAC_BYTES = 16;
const LONGEST_LINK = 1_000;

const ONE = z.tuple([z.string().regex(/^[^/]+\/./), z.number()]);
const MANY = z.tuple([z.string().min(1), z.string().min(1), z.number()]);

export interface HoldLinks {
  /** An address under which one may hold "account/id" until `expiresAt` (epoch ms); `null`: nobody said where the console is. */
  hold(instance: string, expiresAt: number): string | null;
  /** The same for whatever a policy is about to do on an account then, one or all of it. */
  holdMany(account: string, policy: string, expiresAt: number): string | null;
}

/** What a link lets one hold: one instance, "account/id", or what a policy is about to act on. */
export type LinkedTo =
  | { readonly kind: 'instance'; readonly instance: string }
  | { readonly kind: 'policy'; readonly account: string; readonly policy: string };

/**
 * The key of links that hold, from the control token: whoever has a link learns nothing of the token, and a new token
 * makes every link worthless.
 */
export function holdLinkKey(controlToken: string): Uint8Array {
  return keyFrom(controlToken, 'hold links');
}

/** Makes links for messages. `key` is of {@link holdLinkKey}; `null`: without a control token there are none. */
export function makeHoldLinks(options: {
  readonly baseUrl: string | null;
  readonly key: Uint8Array | null;
}): HoldLinks {
  const { baseUrl, key } = options;
  const link = (to: readonly string[], expiresAt: number) =>
    baseUrl === null || key === null ? null : new URL(`/hold/${sign(key, to, expiresAt)}`, baseUrl).href;
  return {
    hold: (instance, expiresAt) => link([instance], expiresAt),
    holdMany: (account, policy, expiresAt) => link([account, policy], expiresAt),
  };
}

function sign(key: Uint8Array, to: readonly string[], expiresAt: number): string {
  const text = Buffer.from(JSON.stringify([...to, Math.floor(expiresAt / 1000)])).toString('base64url');
  return `${text}.${macOf(key, text)}`;
}

function macOf(key: Uint8Array, text: string): string {
  return createHmac('sha256', key).update(text).digest().subarray(0, MAC_BYTES).toString('base64url');
}

export type ReadLink =
  | { readonly kind: 'good'; readonly to: LinkedTo; readonly expiresAt: number }
  | { readonly kind: 'expired'; readonly to: LinkedTo; readonly expiresAt: number }
  | { readonly kind: 'forged' };

/** What the last part of a link's address says. @param now epoch ms, by the clock that the links are made by */
export function readHoldLink(key: Uint8Array, text: string, now: number): ReadLink {
  const [body = '', mac = '', ...more] = text.length > LONGEST_LINK ? [] : text.split('.');
  if (more.length > 0 || !sameSecret(mac, macOf(key, body))) return { kind: 'forged' };
  const read = linkedTo(jsonOf(Buffer.from(body, 'base64url').toString()));
  if (read === null) return { kind: 'forged' };
  const expiresAt = read.seconds * 1000;
  return { kind: now < expiresAt ? 'good' : 'expired', to: read.to, expiresAt };
}

function linkedTo(json: unknown): { readonly to: LinkedTo; readonly seconds: number } | null {
  const one = ONE.safeParse(json);
  if (one.success) return { to: { kind: 'instance', instance: one.data[0] }, seconds: one.data[1] };
  const many = MANY.safeParse(json);
  if (!many.success) return null;
  const [account, policy, seconds] = many.data;
  return { to: { kind: 'policy', account, policy }, seconds };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
