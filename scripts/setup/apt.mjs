import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run, tail } from './run.mjs';
import { SetupError, say } from './say.mjs';

/** Debian's maintainer scripts ask this program before they start a service; 101 means "not allowed". */
const POLICY = '/usr/sbin/policy-rc.d';
const POLICY_TEXT =
  '#!/bin/sh\n# Temporary, while lamplighter installs a package whose service nobody asked for.\nexit 101\n';

/**
 * Installs Debian packages as root; anyone else, and any other system, gets one message with the exact command. A service that such
 * a package brings is neither started nor enabled; one that ran before is left alone.
 */
export async function installSystemPackage(request) {
  mustBeInstallable(request);
  const { packages, service, why, toolchain, signal } = request;
  say(`${why}: installing ${packages.join(', ')} with apt-get`);
  const log = join(toolchain, 'apt.log');
  const options = ['-o', 'DPkg::Lock::Timeout=120', '-q'];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = () =>
    run('apt-get', [...options, 'install', '-y', '--no-install-recommends', ...packages], { env, log, signal });
  const lift = service === undefined ? () => {} : forbidServices();
  try {
    let code = await install();
    if (code !== 0) {
      // The machine's package lists are missing or older than its mirror.
      await run('apt-get', [...options, 'update'], { env, log: `${log}.update`, signal });
      code = await install();
    }
    if (code !== 0) {
      throw new SetupError(`${why}, and apt-get could not install it. Try: ${commandFor(packages)}\n${tail(log)}`);
    }
    if (service !== undefined && existsSync('/run/systemd/system')) {
      spawnSync('systemctl', ['disable', '--quiet', service], { stdio: 'ignore' });
    }
  } finally {
    lift();
  }
}

/** Throws the message for whoever cannot install packages here. Asked first of all, because it needs no right to write anywhere. */
export function mustBeInstallable({ packages, why, otherwise }) {
  if (onPath('apt-get') === undefined) throw new SetupError(`${why}: ${otherwise} and start again`);
  if (process.getuid?.() === 0) return;
  throw new SetupError(`${why}. Run this once, then start again:\n\n    sudo sh -c '${commandFor(packages)}'\n`);
}

function commandFor(packages) {
  return `apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')}`;
}

function forbidServices() {
  const present = existsSync(POLICY);
  // One that an interrupted set-up of ours left behind is ours to remove; any other stays.
  if (present && readFileSync(POLICY, 'utf8') !== POLICY_TEXT) return () => {};
  writeFileSync(POLICY, POLICY_TEXT);
  chmodSync(POLICY, 0o755);
  return () => rmSync(POLICY, { force: true });
}

/** The file of a program on PATH, or undefined. */
export function onPath(program) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, program))
    .find((file) => existsSync(file));
}
