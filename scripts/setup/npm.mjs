import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { SetupError } from './say.mjs';

/** Where Debian's own npm package keeps the modules that its patched Node finds by itself and ours does not. */
const DEBIAN_MODULES = '/usr/share/nodejs';

/** Retries within seconds: npm's own pauses of up to a minute make a machine without a network look hung. */
export const PATIENCE = ['--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=8000'];

/** Finds npm's program file: the npm that started us, else the first on PATH, else the one beside this Node. */
export function findNpm() {
  const started = process.env.npm_execpath;
  const candidates = [
    ...(started === undefined ? [] : [started]),
    ...(process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'npm')),
    join(dirname(process.execPath), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
  ];
  for (const candidate of candidates) {
    if (!existsSync(candidate)) continue;
    const real = realpathSync(candidate);
    if (real.endsWith('npm-cli.js')) return real;
  }
  throw new SetupError(
    'npm is needed to begin and is not on PATH. Install it and start again (Debian, Ubuntu: apt-get install npm)',
  );
}

/** Which Node can run that npm: ours, ours with Debian's module folder, else the one we began with. */
export function npmRunner(npm, node) {
  const attempts = [
    { node, env: {} },
    { node, env: { NODE_PATH: DEBIAN_MODULES } },
    { node: process.execPath, env: {} },
  ];
  const works = ({ node: file, env }) =>
    spawnSync(file, [npm, '--version'], { env: { ...process.env, ...env }, stdio: 'ignore' }).status === 0;
  const found = attempts.find(works);
  if (found === undefined) throw new SetupError(`npm does not start: run \`node ${npm} --version\` to see why`);
  return found;
}

/**
 * The environment for npm: what the person has, without what the npm that started us has put there for its own script (it would send
 * the new npm to the wrong folder, or leave packages out), and with a cache of our own where there is no usable home.
 */
export function npmEnvironment(toolchain) {
  const env = {
    ...process.env,
    npm_config_update_notifier: 'false',
    npm_config_fund: 'false',
    npm_config_audit: 'false',
  };
  for (const name of Object.keys(env)) {
    if (/^npm_(package|lifecycle)_/i.test(name) || NOT_OURS.has(name.toLowerCase())) delete env[name];
  }
  // An empty HOME would make the current folder home; without one, npm asks the system.
  if (env.HOME === '') delete env.HOME;
  // npm looks for the machine's npmrc (a mirror, a certificate) beside the Node that runs it, and ours has none beside it.
  if (env.npm_config_globalconfig === undefined) {
    const asked = spawnSync('npm', ['config', 'get', 'globalconfig'], { env, encoding: 'utf8' });
    if (asked.status === 0) env.npm_config_globalconfig = asked.stdout.trim();
  }
  if (!usableHome()) env.npm_config_cache = join(toolchain, 'npm-cache');
  return env;
}

const NOT_OURS = new Set(
  [
    'prefix',
    'local_prefix',
    'global_prefix',
    'global',
    'location',
    'omit',
    'include',
    'only',
    'production',
    'dry_run',
    'workspace',
    'workspaces',
  ]
    .map((name) => `npm_config_${name}`)
    .concat('node_env', 'init_cwd', 'npm_command', 'npm_execpath', 'npm_node_execpath'),
);

function usableHome() {
  const home = process.env.HOME;
  if (home === undefined || home === '') return false;
  try {
    accessSync(home, constants.W_OK);
    const cache = process.env.npm_config_cache ?? join(home, '.npm');
    if (existsSync(cache)) accessSync(cache, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
