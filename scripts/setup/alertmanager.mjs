import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onPath } from './apt.mjs';
import { unpackPackage } from './unpack.mjs';

const PROGRAM = 'prometheus-alertmanager';
/** Where Debian's program looks for the templates of its own messages, and gives up where it finds none. */
const TEMPLATES = Buffer.from('/usr/share/prometheus/alertmanager');

/** The tests send alerts to a real Alertmanager. */
export function alertmanagerReady(toolchain) {
  return onPath(PROGRAM) !== undefined || existsSync(ours(toolchain));
}

/** Takes the program out of its package. Only under the lock. */
export async function bringAlertmanager(toolchain, signal) {
  const inTree = (tree) => join(tree, 'usr', 'bin', PROGRAM);
  const { part, tree } = await unpackPackage({
    name: PROGRAM,
    why: 'Alertmanager is needed by the tests',
    otherwise: 'install Alertmanager',
    isWhole: (files) => existsSync(inTree(files)),
    toolchain,
    signal,
  });
  mkdirSync(join(toolchain, 'bin'), { recursive: true });
  writeFileSync(ours(toolchain), withTemplatesHere(readFileSync(inTree(tree))));
  chmodSync(ours(toolchain), 0o755);
  rmSync(part, { recursive: true, force: true });
}

/** The program, looking for its templates in the folder it is started in: nothing of the package is installed. */
function withTemplatesHere(program) {
  // As long as what was there: the program knows its texts by place and length.
  const here = Buffer.from('/proc/self/cwd'.padEnd(TEMPLATES.length, '/'));
  for (let at = program.indexOf(TEMPLATES); at >= 0; at = program.indexOf(TEMPLATES, at)) here.copy(program, at);
  return program;
}

function ours(toolchain) {
  return join(toolchain, 'bin', PROGRAM);
}
