import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { findNpm, npmEnvironment, npmRunner, PATIENCE } from './npm.mjs';
import { run, tail } from './run.mjs';
import { SetupError, say } from './say.mjs';

/** Whether node_modules holds exactly what the lockfile says, by the stamp that the last complete installation left. */
export function packagesReady(root, toolchain) {
  // npm writes this file last, so a folder that was removed or half made lacks it.
  if (!existsSync(join(root, 'node_modules', '.package-lock.json'))) return false;
  const stamp = join(toolchain, 'packages.stamp');
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted(root);
}

/** Installs the locked packages, run by Node 26 because npm leaves out optional packages that its own Node is too old for. */
export async function installPackages(root, toolchain, node, signal) {
  say('installing the locked packages');
  const stamp = join(toolchain, 'packages.stamp');
  const log = join(toolchain, 'packages.log');
  const want = wanted(root);
  rmSync(stamp, { force: true });
  const npm = findNpm();
  const runner = npmRunner(npm, node);
  const base = npmEnvironment(toolchain);
  const env = { ...base, ...runner.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` };
  const args = [npm, 'ci', '--ignore-scripts', '--include=dev', '--include=optional', ...PATIENCE, '--loglevel=error'];
  const code = await run(runner.node, args, { cwd: root, env, log, signal });
  if (code !== 0) throw new SetupError(`npm could not install the locked packages:\n${tail(log)}`);
  writeFileSync(stamp, want);
}

function wanted(root) {
  const hash = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  return `${process.platform}-${process.arch} ${hash}\n`;
}
