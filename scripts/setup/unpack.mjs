import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { mustBeInstallable, onPath } from './apt.mjs';
import { run, tail } from './run.mjs';
import { SetupError, say } from './say.mjs';

/**
 * Fetches one of Debian's packages and takes it apart, for which nobody has to be root and nothing is installed: the package itself
 * would bring a service that nobody asked for. Answers the folder that holds its files; whoever has taken what it wants removes
 * `part`. Only under the lock.
 */
export async function unpackPackage({ name, why, otherwise, isWhole, toolchain, signal }) {
  if (onPath('apt-get') === undefined || onPath('dpkg-deb') === undefined) {
    throw new SetupError(`${why}: ${otherwise} and start again`);
  }
  say(`${why}: taking what they need out of Debian's ${name} package into .toolchain`);
  const part = join(toolchain, `${name}.part`);
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part);
  const log = join(toolchain, `${name}.log`);
  const options = { cwd: part, env: process.env, log, signal };
  const apt = (...args) => run('apt-get', ['-q', ...args], options);
  let code = await apt('download', name);
  if (code !== 0 && process.getuid?.() === 0) {
    // The machine's package lists are missing or older than its mirror.
    await apt('update');
    code = await apt('download', name);
  }
  const [archive] = readdirSync(part).filter((file) => file.endsWith('.deb'));
  if (code === 0 && archive !== undefined) code = await run('dpkg-deb', ['-x', archive, 'tree'], options);
  const tree = join(part, 'tree');
  if (code !== 0 || !isWhole(tree)) {
    mustBeInstallable({ packages: [name], why, otherwise });
    throw new SetupError(`${why}, and apt-get could not fetch it:\n${tail(log)}`);
  }
  return { part, tree };
}
