import type { Instance } from '../../fleet/instance.ts';
import type { SshAccess } from '../../fleet/ssh-access.ts';
import type { AddressGuard } from '../address-guard.ts';
import { Unreadable } from '../unreadable.ts';
import type { SshProof, SshTarget } from './ssh-client.ts';

/** The way in as a listing of the last `maxAgeMs` names it; `null`: it names none. */
export type AskListing = (instance: Instance, maxAgeMs: number, signal: AbortSignal) => Promise<SshAccess | null>;

export interface SshLoginOptions {
  /** With `{id}`, `{name}` and `{account}` filled in; `null`: as the listing says. */
  readonly host: string | null;
  readonly port: number | null;
  readonly user: string | null;
  /** From the configuration; `null`: the listing's password. */
  readonly proof: () => SshProof | null;
  readonly listing: AskListing;
  /** Checks addresses that a listing names, or has a part in. */
  readonly guard: AddressGuard;
}

export type Way = Omit<SshTarget, 'hostKey'>;

const LISTING_BELIEVED_MS = 5 * 60_000;
const SSH_PORT = 22;
const LABEL = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/** Finds out where and as whom to log in, and keeps nothing of it. */
export class SshLogin {
  readonly #options: SshLoginOptions;

  constructor(options: SshLoginOptions) {
    this.#options = options;
  }

  /** Is there anything in it that a new listing may change? */
  get asksListing(): boolean {
    return this.#options.host === null || this.#options.proof() === null;
  }

  /** @throws Unreadable when the listing and the configuration together do not say how */
  async way(instance: Instance, signal: AbortSignal, maxAgeMs = LISTING_BELIEVED_MS): Promise<Way> {
    const { port, user, guard } = this.#options;
    const configured = this.#options.host === null ? null : filledIn(this.#options.host, instance);
    const configuredProof = this.#options.proof();
    const access = configured === null || configuredProof === null ? await this.#ask(instance, maxAgeMs, signal) : null;
    const host = configured?.host ?? access?.host ?? null;
    if (host === null) {
      throw new Unreadable('no-reading', { kind: 'no-ssh-way' });
    }
    const password = access?.revealPassword() ?? null;
    const proof = configuredProof ?? (password === null ? null : ({ kind: 'password', password } as const));
    if (proof === null) {
      throw new Unreadable('no-credentials', { kind: 'no-ssh-proof' });
    }
    return {
      host,
      // A listing's port belongs to the listing's host.
      port: port ?? (configured === null ? access?.port : null) ?? SSH_PORT,
      user: user ?? access?.user ?? 'root',
      proof,
      guard: configured?.trusted === true ? null : guard,
    };
  }

  async #ask(instance: Instance, maxAgeMs: number, signal: AbortSignal): Promise<SshAccess | null> {
    try {
      return await this.#options.listing(instance, maxAgeMs, signal);
    } catch {
      signal.throwIfAborted();
      throw new Unreadable('no-reading', { kind: 'way-unread' });
    }
  }
}

/**
 * The configured host of one instance. Trusted is what the configuration decides: where the end of the name is its own,
 * whatever stands before it leads to a place of the operator's.
 */
function filledIn(template: string, instance: Instance): { readonly host: string; readonly trusted: boolean } {
  const values: ReadonlyMap<string, string> = new Map([
    ['{id}', instance.id],
    ['{name}', instance.name],
    ['{account}', instance.account],
  ]);
  const host = template.replaceAll(/\{[a-z]+\}/g, (placeholder) => {
    const value = values.get(placeholder) ?? '';
    // One label, so that a name cannot lead to another domain.
    if (LABEL.test(value)) return value;
    throw new Unreadable('no-reading', { kind: 'host-unfit', of: placeholder.slice(1, -1) });
  });
  const hasPlaceholder = template.includes('{');
  return { host, trusted: !hasPlaceholder || /[.][A-Za-z][A-Za-z0-9-]*$/.test(template) };
}
