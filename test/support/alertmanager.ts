import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { newFolder } from './folder.ts';
import { freePort } from './prometheus.ts';

export interface TestAlertmanager extends AsyncDisposable {
  readonly origin: string;
}

/**
 * A real Alertmanager that sends what it has to say to one webhook at once. @throws Error saying what to install where it is
 * absent
 */
export async function startAlertmanager(webhook: string): Promise<TestAlertmanager> {
  const route = { receiver: 'hook', group_by: ['...'], group_wait: '0s', group_interval: '1s', repeat_interval: '1h' };
  const receivers = [{ name: 'hook', webhook_configs: [{ url: webhook, send_resolved: true }] }];
  // YAML is a superset of JSON.
  return await startAlertmanagerWith(JSON.stringify({ route, receivers }));
}

/** One with that configuration. @throws Error */
export async function startAlertmanagerWith(text: string): Promise<TestAlertmanager> {
  const folder = await newFolder('lamplighter-alertmanager-');
  const config = join(folder, 'alertmanager.yml');
  await writeFile(config, text);
  // Debian's program wants templates of its own messages: those of no message of ours.
  for (const template of ['default.tmpl', 'email.tmpl']) await writeFile(join(folder, template), '');
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const args = [
    `--config.file=${config}`,
    `--storage.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    // No other of its kind is looked for.
    '--cluster.listen-address=',
  ];
  // Where `npm test` puts it; with a single test file nobody has set the PATH.
  const path = [process.env.PATH ?? '', resolve('.toolchain', 'bin')].join(delimiter);
  const child = spawn('prometheus-alertmanager', args, {
    cwd: folder,
    env: { ...process.env, PATH: path },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await once(child, 'spawn').catch((cause: unknown) => {
    throw new Error('prometheus-alertmanager is not on the PATH; npm test brings it', { cause });
  });
  const closed = once(child, 'close');
  const said: string[] = [];
  const { promise: ready, resolve: listening } = Promise.withResolvers<void>();
  createInterface({ input: child.stderr }).on('line', (line) => {
    said.push(line);
    if (line.includes('Listening on')) listening();
  });
  await Promise.race([
    ready,
    closed.then(() => {
      throw new Error(`prometheus-alertmanager ended:\n${said.join('\n')}`);
    }),
  ]);
  return {
    origin,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await closed;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
