import { hash } from 'node:crypto';

/**
 * Where the host keys of machines are remembered. Keyed by the incarnation of an instance: a machine made anew under an old
 * id has a new key by right.
 */
export interface HostKeyStore {
  /** The key remembered, as {@link hostKeyText} writes it; `null`: none yet. */
  load(account: string, incarnation: string): Promise<string | null>;
  /** Remembers a first key. Answers with the one that is remembered then: somebody else may have been first. */
  remember(account: string, incarnation: string, key: string): Promise<string>;
}

/** "ssh-ed25519 SHA256:…", as ssh-keygen -l shows fingerprints. @throws RangeError when the blob is no public key */
export function hostKeyText(blob: Buffer): string {
  // RFC 4253, 6.6: a public key begins with its format's name as a string.
  const length = blob.length >= 4 ? blob.readUInt32BE(0) : 0;
  const type = blob.subarray(4, 4 + length).toString('latin1');
  if (!/^[a-z0-9@.-]{4,64}$/.test(type)) throw new RangeError('the host key is in no known format');
  return `${type} SHA256:${hash('sha256', blob, 'base64').replace(/=+$/, '')}`;
}

/** Which algorithms show a key of that type: a machine with several keys must show the one that is remembered. */
export function algorithmsFor(remembered: string): readonly string[] {
  const [type = ''] = remembered.split(' ');
  return type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [type];
}
