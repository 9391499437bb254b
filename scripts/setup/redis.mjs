import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { installSystemPackage, mustBeInstallable, onPath } from './apt.mjs';

/**
 * Whether a redis-server can be started, or REDIS_URL names one that runs. Valkey's server is offered under Redis' name in
 * `.toolchain/bin`, which the tasks have on PATH, so that everything below knows one name.
 */
export function redisReady(toolchain) {
  if ((process.env.REDIS_URL ?? '') !== '' || onPath('redis-server') !== undefined) return true;
  return existsSync(alias(toolchain)) && onPath('valkey-server') !== undefined;
}

const REDIS = {
  packages: ['redis-server'],
  service: 'redis-server',
  why: 'a redis-server is needed (or REDIS_URL=redis://… for one that runs)',
  otherwise: 'install Redis 7 or newer, or Valkey,',
};

/** Throws the message for whoever has no redis-server and cannot install one. */
export function mustHaveRedis() {
  if (onPath('valkey-server') === undefined) mustBeInstallable(REDIS);
}

/** Finds or installs a redis-server. Only under the lock. */
export async function bringRedis(toolchain, signal) {
  const valkey = onPath('valkey-server');
  if (valkey === undefined) {
    await installSystemPackage({ ...REDIS, toolchain, signal });
    return;
  }
  mkdirSync(join(toolchain, 'bin'), { recursive: true });
  rmSync(alias(toolchain), { force: true });
  symlinkSync(valkey, alias(toolchain));
}

function alias(toolchain) {
  return join(toolchain, 'bin', 'redis-server');
}
