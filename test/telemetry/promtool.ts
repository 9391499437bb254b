import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/**
 * What `promtool check metrics` has to say about a scrape; empty: nothing. It is Prometheus' own parser and its naming
 * rules. @throws Error saying what to install, where it is absent.
 */
export async function promtool(scrape: string): Promise<string> {
  const child = spawn('promtool', ['check', 'metrics'], { stdio: ['pipe', 'pipe', 'pipe'] });
  const spawned = once(child, 'spawn').catch((cause: unknown) => {
    throw new Error('promtool is not on the PATH; install it (on Debian or Ubuntu: apt-get install prometheus)', {
      cause,
    });
  });
  await spawned;
  const closed = once(child, 'close');
  child.stdin.end(scrape);
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await closed;
  return `${out}${err}${child.exitCode === 0 ? '' : `exit ${child.exitCode}`}`;
}
