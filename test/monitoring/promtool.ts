import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The folder of the rules and of their tests. */
export const PROMETHEUS_DIR = fileURLToPath(new URL('../../deploy/prometheus', import.meta.url));

/** What promtool says, run in the folder of the rules; it throws with that where promtool is not content. */
export async function promtool(...args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await run('promtool', args, { cwd: PROMETHEUS_DIR });
  return `${stdout}${stderr}`;
}
