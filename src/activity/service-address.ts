import type { Instance, Service } from '../fleet/instance.ts';
import { Unreadable } from './unreadable.ts';

/** Where a service is. `trusted`: by the configuration's word alone; else the address guard is asked. */
export interface ServiceAddress {
  readonly url: URL;
  readonly trusted: boolean;
}

/** How a listing's entry is told to be this service, where the configuration does not name it. */
export interface Listed {
  /** In its title or address. */
  readonly words: RegExp;
  /** The port it is served on by itself; an entry that says so counts where none has the words. */
  readonly port: number;
}

/**
 * The address of a service of an instance: the configured template with the instance filled in, or what the cloud's
 * listing (chenyu v2 `server_map` and `server_url`) calls so. `null`: neither. @throws Unreadable where the template with
 * this instance in it is no address.
 */
export function serviceAddress(
  instance: Instance,
  template: string | null,
  listed: Listed,
  ip: string | null,
): ServiceAddress | null {
  if (template !== null) return { url: fill(template, instance, ip), trusted: isTrusted(template) };
  const service = findListed(instance.services, listed);
  return service === null ? null : { url: withSlash(service), trusted: false };
}

/** Asks the cloud's listing for a machine's address, where that is no part of the instance; `null`: it names none. */
export type AskAddress = (instance: Instance, signal: AbortSignal) => Promise<string | null>;

/**
 * The machine's own address as the cloud's listing has it, for `{ip}`, without brackets; `null`: it has none.
 * @throws Unreadable where the listing could not be read
 */
export async function machineAddress(
  instance: Instance,
  ask: AskAddress | undefined,
  signal: AbortSignal,
): Promise<string | null> {
  for (const { kind, url } of instance.services) {
    const parsed = kind === 'ssh' ? URL.parse(url) : null;
    if (parsed !== null && parsed.hostname !== '') return parsed.hostname.replace(/^\[|\]$/g, '');
  }
  try {
    return (await ask?.(instance, signal)) ?? null;
  } catch {
    signal.throwIfAborted();
    throw new Unreadable('no-reading', { kind: 'address-unread' });
  }
}

function findListed(services: readonly Service[], { words, port }: Listed): URL | null {
  const web = services.flatMap(({ title, url: text }) => {
    const url = URL.parse(text);
    return url !== null && (url.protocol === 'http:' || url.protocol === 'https:') ? [{ title, text, url }] : [];
  });
  const found =
    web.find(({ title, text }) => words.test(title) || words.test(text)) ??
    web.find(({ url }) => url.port === String(port));
  return found?.url ?? null;
}

function fill(template: string, instance: Instance, ip: string | null): URL {
  const text = template
    .replaceAll('{id}', () => segment(instance.id))
    .replaceAll('{name}', () => segment(instance.name))
    .replaceAll('{account}', () => segment(instance.account))
    .replaceAll('{ip}', () => addressText(ip));
  const url = URL.parse(text);
  if (url === null) throw new Unreadable('no-reading', { kind: 'url-unfit' });
  return withSlash(url);
}

function addressText(ip: string | null): string {
  if (ip === null) throw new Unreadable('no-reading', { kind: 'no-address' });
  return ip.includes(':') ? `[${ip}]` : ip;
}

/**
 * A template whose host is filled in to its end leads where the listing says: such an address is no more trusted than one
 * that stands in the listing. With a domain of the operator's behind the value it stays in that domain.
 */
function isTrusted(template: string): boolean {
  const [, authority = ''] = /^[a-z]+:\/\/([^/?#]*)/i.exec(template) ?? [];
  const host = authority.slice(authority.lastIndexOf('@') + 1).replace(/:(?:\d*|\{[a-z]+\})$/, '');
  return !host.includes('{') || /\}[^{}]*\.[^.{}]+$/.test(host);
}

/** A value from a listing as one path segment. `.` and `..` would lead elsewhere, and no escape keeps them from it. */
function segment(value: string): string {
  if (value === '.' || value === '..') {
    throw new Unreadable('no-reading', { kind: 'url-cannot-hold', value });
  }
  return encodeURIComponent(value.toWellFormed());
}

function withSlash(url: URL): URL {
  if (url.pathname.endsWith('/')) return url;
  const slashed = new URL(url);
  slashed.pathname += '/';
  return slashed;
}
