import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { onPath } from './apt.mjs';
import { unpackPackage } from './unpack.mjs';

/** The tests let Prometheus' own tool judge the metrics, and ask a real Prometheus. */
const PROGRAMS = ['promtool', 'prometheus'];

export function promtoolReady(toolchain) {
  return PROGRAMS.every((name) => onPath(name) !== undefined || existsSync(ours(toolchain, name)));
}

/** Takes the programs alone out of Debian's prometheus package. Only under the lock. */
export async function bringPromtool(toolchain, signal) {
  const file = (tree, name) => join(tree, 'usr', 'bin', name);
  const { part, tree } = await unpackPackage({
    name: 'prometheus',
    why: 'promtool and prometheus are needed by the tests',
    otherwise: 'install Prometheus',
    isWhole: (files) => PROGRAMS.every((name) => existsSync(file(files, name))),
    toolchain,
    signal,
  });
  mkdirSync(join(toolchain, 'bin'), { recursive: true });
  for (const name of PROGRAMS) renameSync(file(tree, name), ours(toolchain, name));
  rmSync(part, { recursive: true, force: true });
}

function ours(toolchain, name) {
  return join(toolchain, 'bin', name);
}
