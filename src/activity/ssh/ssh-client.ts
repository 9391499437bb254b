import { connect, isIP, type Socket } from 'node:net';
import type { Client, ClientChannel, ConnectConfig, ServerHostKeyAlgorithm } from 'ssh2';
import { type AddressGuard, AddressRefused } from '../address-guard.ts';
import { Unreadable } from '../unreadable.ts';
import { algorithmsFor, hostKeyText } from './host-keys.ts';

/** What is shown to prove who we are. Held for one login. */
export type SshProof =
  | { readonly kind: 'password'; readonly password: string }
  | { readonly kind: 'key'; readonly privateKey: string; readonly passphrase: string | null };

export interface SshTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly proof: SshProof;
  /** Checks the address that is connected to, after resolving; `null`: the address is trusted. */
  readonly guard: AddressGuard | null;
  /** The host key remembered; `null`: the first one is taken. */
  readonly hostKey: string | null;
}

export interface SshLimits {
  /** Until the login has succeeded. */
  readonly connectMs: number;
  /** For everything, the login included. */
  readonly totalMs: number;
}

export interface SshRun {
  readonly stdout: string;
  /** The host key that was shown, as `hostKeyText` writes it. */
  readonly hostKey: string;
  /** What went over the connection, both ways. */
  readonly bytes: number;
}

/** The script's answer is a few kB even with sixteen cards; more than this is not it. */
const MAX_OUTPUT_BYTES = 64 * 1024;
/** Over the whole connection: handshake, banner and what a server may send without being asked. */
const MAX_WIRE_BYTES = 512 * 1024;

const ANY_HOST_KEY: ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];

/** Refused before anything secret was said. */
export class HostKeyChanged extends Unreadable {
  /** `shown` `null`: of another kind. */
  constructor(remembered: string, shown: string | null) {
    super('host-key-changed', { kind: 'host-key-changed', shown, remembered });
    this.name = 'HostKeyChanged';
  }
}

/** The credentials were refused. */
export class LoginRefused extends Unreadable {
  constructor(user: string) {
    super('unauthorised', { kind: 'login-refused', user });
    this.name = 'LoginRefused';
  }
}

/**
 * Logs in, runs one script with `sh` on its standard input, and hangs up. No terminal, no forwarding of anything, no
 * compression; the host key is looked at before any credentials leave. Messages hold nothing that the other side sent.
 * @throws Unreadable with the reason, AddressRefused, the signal's reason
 */
export async function runOverSsh(
  target: SshTarget,
  script: string,
  limits: SshLimits,
  signal: AbortSignal,
): Promise<SshRun> {
  // Loaded when the first machine is looked at: fleets without this probe do not carry the library.
  const { Client: SshClient } = await import('ssh2');
  const total = AbortSignal.timeout(limits.totalMs);
  const early = AbortSignal.timeout(limits.connectMs);
  const session = new Session(target, new SshClient());
  const stop = (): void => session.fail(signal.reason);
  const late = (): void => session.late(limits.totalMs);
  const slow = (): void => session.slow(limits.connectMs);
  signal.throwIfAborted();
  signal.addEventListener('abort', stop, { once: true });
  total.addEventListener('abort', late, { once: true });
  early.addEventListener('abort', slow, { once: true });
  try {
    return await session.run(script);
  } finally {
    signal.removeEventListener('abort', stop);
    total.removeEventListener('abort', late);
    early.removeEventListener('abort', slow);
    session.close();
  }
}

/** One connection from its beginning to its end. */
class Session {
  readonly #target: SshTarget;
  readonly #client: Client;
  readonly #done = Promise.withResolvers<SshRun>();
  #socket: Socket | null = null;
  #hostKey = '';
  #isIn = false;
  #isSettled = false;

  constructor(target: SshTarget, client: Client) {
    this.#target = target;
    this.#client = client;
  }

  fail(error: unknown): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#done.reject(error);
  }

  late(ms: number): void {
    this.fail(new Unreadable('unreachable', { kind: 'no-answer-within', ms }));
  }

  slow(ms: number): void {
    if (!this.#isIn) this.fail(new Unreadable('unreachable', { kind: 'no-login-within', ms }));
  }

  close(): void {
    this.#client.end();
    // At once, whatever the other side still has to say: a machine that does not hang up must not keep a socket.
    this.#socket?.destroy();
  }

  run(script: string): Promise<SshRun> {
    const { host, port, guard } = this.#target;
    if (guard !== null && isIP(host) !== 0 && !guard.permits(host)) {
      this.fail(new AddressRefused(host, host));
      return this.#done.promise;
    }
    // A login is many small messages back and forth: each would wait for the one before it to be acknowledged.
    const socket = connect({ host, port, noDelay: true, ...(guard === null ? {} : { lookup: guard.lookup }) });
    this.#socket = socket;
    // Kept for the whole life of the socket: it may fail again while it is being closed.
    socket.on('error', (error) => this.fail(problemOf(error)));
    socket.once('connect', () => this.#login(socket, script));
    return this.#done.promise;
  }

  #login(socket: Socket, script: string): void {
    if (this.#isSettled) return;
    const client = this.#client;
    client.on('error', (error) => this.fail(this.#problem(error)));
    client.on('close', () => this.fail(new Unreadable('unreachable', { kind: 'connection-closed' })));
    client.on('keyboard-interactive', (_name, _instructions, _lang, prompts, finish) => {
      const { proof } = this.#target;
      // One question whose answer is not shown: that for the password. Nothing else is answered.
      const [prompt] = prompts;
      const asked = prompts.length === 1 && prompt?.echo !== true && proof.kind === 'password';
      finish(asked ? [proof.password] : []);
    });
    client.once('ready', () => {
      this.#isIn = true;
      this.#start(script);
    });
    try {
      client.connect(this.#config(socket));
    } catch {
      // It throws for a private key that it cannot read, and for nothing else that we give it.
      this.fail(new Unreadable('no-credentials', { kind: 'key-unreadable' }));
      return;
    }
    socket.on('data', () => {
      if (socket.bytesRead > MAX_WIRE_BYTES) this.#tooMuch(MAX_WIRE_BYTES);
    });
  }

  #config(socket: Socket): ConnectConfig {
    const { user, proof, hostKey } = this.#target;
    const known = hostKey === null ? ANY_HOST_KEY : ANY_HOST_KEY.filter((one) => algorithmsFor(hostKey).includes(one));
    return {
      sock: socket,
      username: user,
      ...(proof.kind === 'password'
        ? { password: proof.password, tryKeyboard: true, authHandler: ['password', 'keyboard-interactive'] }
        : {
            privateKey: proof.privateKey,
            ...(proof.passphrase === null ? {} : { passphrase: proof.passphrase }),
            authHandler: ['publickey'],
          }),
      // Ours are the limits.
      readyTimeout: 0,
      algorithms: { serverHostKey: known.length === 0 ? ANY_HOST_KEY : known, compress: ['none'] },
      hostVerifier: (blob: Buffer, verify: (isRight: boolean) => void) => verify(this.#isRightHost(blob)),
    };
  }

  #isRightHost(blob: Buffer): boolean {
    const remembered = this.#target.hostKey;
    try {
      this.#hostKey = hostKeyText(blob);
    } catch {
      this.fail(new Unreadable('bad-answer', { kind: 'host-key-odd' }));
      return false;
    }
    if (remembered === null || remembered === this.#hostKey) return true;
    this.fail(new HostKeyChanged(remembered, this.#hostKey));
    return false;
  }

  #start(script: string): void {
    // The command is fixed and has nothing to quote, whatever the login shell is; the script comes behind it.
    this.#client.exec('exec /bin/sh -s', { pty: false }, (error, channel) => {
      if (error === undefined) this.#read(channel, script);
      else this.fail(new Unreadable('bad-answer', { kind: 'no-commands' }));
    });
  }

  #read(channel: ClientChannel, script: string): void {
    const chunks: Buffer[] = [];
    let size = 0;
    const count = (chunk: Buffer): boolean => {
      size += chunk.length;
      if (size > MAX_OUTPUT_BYTES) this.#tooMuch(MAX_OUTPUT_BYTES);
      return size <= MAX_OUTPUT_BYTES;
    };
    channel.on('data', (chunk: Buffer) => {
      if (count(chunk)) chunks.push(chunk);
    });
    // Read and dropped: login scripts write there, and an unread stream would stop the other one.
    channel.stderr.on('data', count);
    channel.on('error', () => this.fail(new Unreadable('unreachable', { kind: 'connection-closed' })));
    channel.on('close', () => {
      if (this.#isSettled) return;
      this.#isSettled = true;
      const bytes = (this.#socket?.bytesRead ?? 0) + (this.#socket?.bytesWritten ?? 0);
      this.#done.resolve({ stdout: Buffer.concat(chunks).toString('utf8'), hostKey: this.#hostKey, bytes });
    });
    channel.end(script);
  }

  #tooMuch(bytes: number): void {
    this.fail(new Unreadable('bad-answer', { kind: 'sent-too-much', bytes }));
    this.#socket?.destroy();
  }

  /** By where it failed. The library's messages may quote the other side, so they are not passed on. */
  #problem(error: Error): unknown {
    const level = 'level' in error ? error.level : null;
    switch (level) {
      case 'client-authentication':
        return new LoginRefused(this.#target.user);
      case 'client-socket':
        return problemOf(error);
      default: {
        const { hostKey } = this.#target;
        // The remembered kind of key was the only one that we asked for.
        if (hostKey !== null && /no matching host key format/i.test(error.message)) {
          return new HostKeyChanged(hostKey, null);
        }
        return this.#isIn
          ? new Unreadable('unreachable', { kind: 'connection-broke' })
          : new Unreadable('bad-answer', { kind: 'not-ssh' });
      }
    }
  }
}

function problemOf(error: Error): unknown {
  if (error instanceof AddressRefused || error instanceof Unreadable) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
  return new Unreadable('unreachable', { kind: 'not-reachable', code });
}
