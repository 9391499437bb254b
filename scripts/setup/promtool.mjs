import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { mustBeInstallable, onPath } from './apt.mjs';
import { run, tail } from './run.mjs';
import { SetupError, say } from './say.mjs';

/** The tests let Prometheus' own tool judge the metrics, and ask a real Prometheus. */
const PROGRAMS = ['promtool', 'prometheus'];

export function promtoolReady(toolchain) {
  return PROGRAMS.every((name) => onPath(name) !== undefined || existsSync(ours(toolchain, name)));
}

/**
 * Takes the programs alone out of Debian's prometheus package, for which nobody has to be root and nothing is installed: the package
 * itself would bring a Prometheus service that nobody asked for. Only under the lock.
 */
export async function bringPromtool(toolchain, signal) {
  const why = 'promtool and prometheus are needed by the tests';
  if (onPath('apt-get') === undefined || onPath('dpkg-deb') === undefined) {
    throw new SetupError(`${why}: install Prometheus and start again`);
  }
  say(`${why}: taking them out of Debian's prometheus package into .toolchain`);
  const part = join(toolchain, 'promtool.part');
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part);
  const log = join(toolchain, 'promtool.log');
  const apt = (...args) => run('apt-get', ['-q', ...args], { cwd: part, env: process.env, log, signal });
  let code = await apt('download', 'prometheus');
  if (code !== 0 && process.getuid?.() === 0) {
    // The machine's package lists are missing or older than its mirror.
    await apt('update');
    code = await apt('download', 'prometheus');
  }
  const [archive] = readdirSync(part).filter((name) => name.endsWith('.deb'));
  if (code === 0 && archive !== undefined) {
    code = await run('dpkg-deb', ['-x', archive, 'tree'], { cwd: part, env: process.env, log, signal });
  }
  const file = (name) => join(part, 'tree', 'usr', 'bin', name);
  if (code !== 0 || !PROGRAMS.every((name) => existsSync(file(name)))) {
    mustBeInstallable({ packages: ['prometheus'], why, otherwise: 'install Prometheus' });
    throw new SetupError(`${why}, and apt-get could not fetch it:\n${tail(log)}`);
  }
  mkdirSync(join(toolchain, 'bin'), { recursive: true });
  for (const name of PROGRAMS) renameSync(file(name), ours(toolchain, name));
  rmSync(part, { recursive: true, force: true });
}

function ours(toolchain, name) {
  return join(toolchain, 'bin', name);
}
