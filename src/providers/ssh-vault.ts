import type { Clock } from '../fleet/clock.ts';
import type { Instance } from '../fleet/instance.ts';
import type { Listing } from '../fleet/snapshot.ts';
import { SshAccess } from '../fleet/ssh-access.ts';
import type { SshAccessRequest } from './port.ts';

/** A name, an IPv4 address, or an IPv6 address with or without brackets. */
const HOST = /^(?:[A-Za-z0-9_](?:[\w.-]{0,252})|\[?[\da-fA-F:.]{2,45}\]?)$/;
const USER = /^[A-Za-z_][\w.-]{0,63}$/;
const LONGEST_PASSWORD = 1_024;

/** A listing so young is not read again, whoever asks: the next one would say the same. */
const FRESH_MS = 10_000;

/**
 * The passwords that the listings hold, in this process's memory and nowhere else. They hang on the decoded instances from
 * outside: an instance that is copied, stored or shown does not have one, and with the instance its password goes.
 */
export class SshVault {
  readonly #of = new WeakMap<Instance, SshAccess>();
  #last: Listing | null = null;
  #lastAtMs = 0;
  /** Made when somebody asks: most fleets are never logged in to. */
  #index: ReadonlyMap<string, Instance> | null = null;

  /** Hangs the way in on the instance that its row became. */
  note(instance: Instance, access: SshAccess | null): void {
    if (access !== null) this.#of.set(instance, access);
  }

  /** `nowMs`: monotonic. */
  see(listing: Listing, nowMs: number): void {
    this.#last = listing;
    this.#lastAtMs = nowMs;
    this.#index = null;
  }

  /**
   * The way in to this very machine, by a listing of the last `maxAgeMs`; where there is none with it, `list` is asked for
   * one. A machine that a fresh listing does not have is not asked after again within moments.
   */
  async lookUp(
    request: SshAccessRequest,
    clock: Pick<Clock, 'monotonic'>,
    list: () => Promise<Listing>,
  ): Promise<SshAccess | null> {
    const { id, createdAt, maxAgeMs, onListing } = request;
    const ageMs = this.#last === null ? Number.POSITIVE_INFINITY : clock.monotonic() - this.#lastAtMs;
    const known = ageMs <= maxAgeMs ? this.#find(id, createdAt) : undefined;
    if (known !== undefined || ageMs <= FRESH_MS) return known ?? null;
    onListing?.();
    await list();
    return this.#find(id, createdAt) ?? null;
  }

  /** `undefined`: the last listing has no such machine. */
  #find(id: string, createdAt: number | null): SshAccess | null | undefined {
    if (this.#last === null) return undefined;
    this.#index ??= new Map(this.#last.instances.map((instance) => [instance.id, instance]));
    const instance = this.#index.get(id);
    if (instance === undefined || instance.createdAt !== createdAt) return undefined;
    return this.#of.get(instance) ?? null;
  }
}

/** Checks what a row says. `null`: there is no way in that could be used. */
export function sshAccess(host: unknown, port: unknown, user: unknown, password: unknown): SshAccess | null {
  const number = typeof port === 'string' && /^\d{1,5}$/.test(port) ? Number(port) : port;
  if (typeof host !== 'string' || !HOST.test(host)) return null;
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 1 || number > 65_535) return null;
  const name = typeof user === 'string' && USER.test(user) ? user : 'root';
  const secret = typeof password === 'string' && password !== '' && password.length <= LONGEST_PASSWORD;
  return new SshAccess(host.replace(/^\[|\]$/g, ''), number, name, secret ? password : null);
}
