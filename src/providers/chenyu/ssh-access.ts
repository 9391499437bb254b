import type { SshAccess } from '../../fleet/ssh-access.ts';
import { sshAccess } from '../ssh-vault.ts';
import { isRecord } from './envelope.ts';

/**
 * The way in that a row names (chenyu v2 "instance/list", `server_map[].ssh_info`): the first entry that has one, whatever
 * its title. Beside the instance and not part of it.
 */
export function sshAccessOf(row: unknown): SshAccess | null {
  const entries = isRecord(row) && Array.isArray(row.server_map) ? row.server_map : [];
  for (const entry of entries) {
    const info: unknown = isRecord(entry) ? entry.ssh_info : null;
    const access = isRecord(info) ? sshAccess(info.host, info.port, info.username, info.password) : null;
    if (access !== null) return access;
  }
  return null;
}
