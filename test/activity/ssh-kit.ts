import { AddressGuard } from '../../src/activity/address-guard.ts';
import type { HostKeyStore } from '../../src/activity/ssh/host-keys.ts';
import { SshLogin, type SshLoginOptions } from '../../src/activity/ssh/login.ts';
import { SshProbe, type SshProbeOptions } from '../../src/activity/ssh/ssh-probe.ts';
import { systemClock } from '../../src/app/clock.ts';
import type { ActivitySignal, ProbeReading, SignalReading } from '../../src/fleet/activity.ts';
import { words } from '../support/in-words.ts';
import type { Sshd } from './sshd.ts';

export class HostKeyMemory implements HostKeyStore {
  readonly keys = new Map<string, string>();

  load(account: string, machine: string): Promise<string | null> {
    return Promise.resolve(this.keys.get(`${account}/${machine}`) ?? null);
  }

  remember(account: string, machine: string, key: string): Promise<string> {
    const have = this.keys.get(`${account}/${machine}`) ?? key;
    this.keys.set(`${account}/${machine}`, have);
    return Promise.resolve(have);
  }
}

export type Changes = Partial<SshLoginOptions> & Partial<Omit<SshProbeOptions, 'login'>>;

/** A probe that is led to a port of this machine by the configuration, or by what `changes` says. */
export function probeAt(port: number, changes: Changes = {}): SshProbe {
  const {
    host = '127.0.0.1',
    user = null,
    proof = () => null,
    listing = () => Promise.resolve(null),
    ...rest
  } = changes;
  const { guard = new AddressGuard([]), port: given = port, ...options } = rest;
  return new SshProbe({
    login: new SshLogin({ host, port: given, user, proof, listing, guard }),
    hostKeys: new HostKeyMemory(),
    clock: systemClock,
    everyMs: 60_000,
    ...options,
  });
}

/** A probe that may log in there. */
export function probeOf(sshd: Sshd, changes: Changes = {}): SshProbe {
  const proof = () => ({ kind: 'key', privateKey: sshd.client.private, passphrase: null }) as const;
  return probeAt(sshd.port, { user: sshd.user, proof, ...changes });
}

export function part(reading: ProbeReading, name: ActivitySignal): SignalReading {
  const found = reading.signals?.find(({ signal }) => signal === name);
  if (found === undefined) throw new Error(`no ${name} in: ${reading.verdict} ${words(reading.evidence)}`);
  return found;
}
