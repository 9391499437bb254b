import type { SshAccess } from '../../fleet/ssh-access.ts';
import { sshAccess } from '../ssh-vault.ts';
import { isRecord } from './wire-values.ts';

/**
 * The way in that a row of the instance list names (慧星云 API doc, 获取实例列表: `ip`, `port`, `username`, `password`).
 * Beside the instance and not part of it.
 */
export function sshAccessOf(row: unknown): SshAccess | null {
  return isRecord(row) ? sshAccess(row.ip, row.port, row.username, row.password) : null;
}
