import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { mustBeInstallable, onPath } from './apt.mjs';
import { run, tail } from './run.mjs';
import { SetupError, say } from './say.mjs';

/**
 * What sshd needs beyond what every Debian and Ubuntu has, and a library by which it takes its users from a file of ours: it
 * insists on a user named sshd, and the machine's own list is left alone.
 */
const PACKAGES = ['openssh-server', 'libwrap0', 'libnss-wrapper'];

/** The tests log in to a real sshd. */
export function sshdReady(toolchain) {
  // It is no program for users, so their PATH often lacks its folder.
  return (
    onPath('sshd') !== undefined ||
    existsSync('/usr/sbin/sshd') ||
    existsSync(join(toolchain, 'sshd', 'usr', 'sbin', 'sshd'))
  );
}

/**
 * Takes sshd out of Debian's packages, for which nobody has to be root and nothing is installed: the package itself would start a
 * service that lets people in. Only under the lock.
 */
export async function bringSshd(toolchain, signal) {
  const why = 'an sshd is needed by the tests';
  if (onPath('apt-get') === undefined || onPath('dpkg-deb') === undefined) {
    throw new SetupError(`${why}: install OpenSSH's server, without starting it, and start again`);
  }
  say(`${why}: taking it out of Debian's openssh-server package into .toolchain`);
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
    mustBeInstallable({ packages: PACKAGES, why, otherwise: "install OpenSSH's server" });
    throw new SetupError(`${why}, and apt-get could not fetch it:\n${tail(log)}`);
  }
  rmSync(join(toolchain, 'sshd'), { recursive: true, force: true });
  renameSync(join(part, 'tree'), join(toolchain, 'sshd'));
  rmSync(part, { recursive: true, force: true });
}
