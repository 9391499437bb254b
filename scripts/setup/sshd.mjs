import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { mustBeInstallable, onPath } from './apt.mjs';
import { run, tail } from './run.mjs';
import { SetupError, say } from './say.mjs';

/**
 * sshd, what it needs beyond what every Debian and Ubuntu has, and a library by which it takes its users from a file of ours: it
 * insists on a user named sshd, and the machine's own list is left alone. And the smallest of the shells that rented machines have.
 */
const PACKAGES = ['openssh-server', 'libwrap0', 'libnss-wrapper', 'busybox-static'];

/** The tests log in to a real sshd, and run what is sent there under busybox, too. */
export function sshdReady(toolchain) {
  // It is no program for users, so their PATH often lacks its folder.
  const has = onPath('sshd') !== undefined || existsSync('/usr/sbin/sshd');
  if (has && onPath('busybox') !== undefined) return true;
  return ['usr/sbin/sshd', 'bin/busybox'].every((file) => existsSync(join(toolchain, 'sshd', file)));
}

/**
 * Takes sshd out of Debian's packages, for which nobody has to be root and nothing is installed: the package itself would start a
 * service that lets people in. Only under the lock.
 */
export async function bringSshd(toolchain, signal) {
  const why = 'an sshd and busybox are needed by the tests';
  if (onPath('apt-get') === undefined || onPath('dpkg-deb') === undefined) {
    throw new SetupError(`${why}: install OpenSSH's server, without starting it, and busybox, and start again`);
  }
  say(`${why}: taking them out of Debian's packages into .toolchain`);
  const part = join(toolchain, 'sshd.part');
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part);
  const log = join(toolchain, 'sshd.log');
  const options = { cwd: part, env: process.env, log, signal };
  const apt = (...args) => run('apt-get', ['-q', ...args], options);
  let code = await apt('download', ...PACKAGES);
  if (code !== 0 && process.getuid?.() === 0) {
    // The machine's package lists are missing or older than its mirror.
    await apt('update');
    code = await apt('download', ...PACKAGES);
  }
  for (const archive of readdirSync(part).filter((name) => name.endsWith('.deb'))) {
    if (code === 0) code = await run('dpkg-deb', ['-x', archive, 'tree'], options);
  }
  if (code !== 0 || !existsSync(join(part, 'tree', 'usr', 'sbin', 'sshd'))) {
    mustBeInstallable({ packages: PACKAGES, why, otherwise: "install OpenSSH's server and busybox" });
    throw new SetupError(`${why}, and apt-get could not fetch it:\n${tail(log)}`);
  }
  // Newer packages have it elsewhere.
  const busybox = join(part, 'tree', 'usr', 'bin', 'busybox');
  if (existsSync(busybox)) {
    mkdirSync(join(part, 'tree', 'bin'), { recursive: true });
    renameSync(busybox, join(part, 'tree', 'bin', 'busybox'));
  }
  rmSync(join(toolchain, 'sshd'), { recursive: true, force: true });
  renameSync(join(part, 'tree'), join(toolchain, 'sshd'));
  rmSync(part, { recursive: true, force: true });
}
