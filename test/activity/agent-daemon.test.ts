import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'vitest';
import { useBeds } from '../support/beds.ts';
import { account, idle } from '../support/cloud.ts';
import type { Bed } from '../support/daemon.ts';
import { newFolder } from '../support/folder.ts';
import { expect } from '../support/in-words.ts';

const AGENT = join(import.meta.dirname, '../../deploy/agent/lamplighter-agent');
const beds = useBeds();

/** The agent as it stands on a machine, with a stand-in nvidia-smi, against a daemon that runs. */
async function report(
  bed: Bed,
  options: { readonly token: string; readonly instance: string; readonly keep?: string },
) {
  const folder = await newFolder('lamplighter-agent-');
  await mkdir(join(folder, 'bin'));
  const program = async (name: string, body: string) => {
    await writeFile(join(folder, 'bin', name), `#!/bin/sh\n${body}\n`);
    await chmod(join(folder, 'bin', name), 0o755);
  };
  await program('nvidia-smi', 'echo "0, 0, 45.20, 450.00, 210, 3105, [N/A]"');
  await program('stat', 'case "$*" in *pts*) exit 1 ;; esac\nexec /usr/bin/stat "$@"');
  await writeFile(join(folder, 'token'), options.token, { mode: 0o600 });
  if (options.keep !== undefined) await writeFile(join(folder, '.lamplighter-keep'), options.keep);
  const child = spawn('sh', [AGENT], {
    env: {
      HOME: folder,
      TMPDIR: folder,
      LAMPLIGHTER_PATH: [join(folder, 'bin'), process.env.PATH].join(delimiter),
      LAMPLIGHTER_CONFIG: join(folder, 'none'),
      LAMPLIGHTER_URL: bed.daemon.origin,
      LAMPLIGHTER_INSTANCE: options.instance,
      LAMPLIGHTER_TOKEN_FILE: join(folder, 'token'),
      // What else this machine does is no matter here.
      LAMPLIGHTER_CPU_PERCENT: '1000000',
      LAMPLIGHTER_TRANSFERS: 'nothing-that-runs-here',
      LAMPLIGHTER_DISK_BYTES: '1000000000000',
      LAMPLIGHTER_NETWORK_BYTES: '1000000000000',
      LAMPLIGHTER_SSH_PORTS: '1',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const closed = once(child, 'close');
  const error = await text(child.stderr);
  await closed;
  return { code: child.exitCode, error };
}

async function pushed(bed: Bed, instance: string) {
  const [, id = ''] = instance.split('/');
  const readings = await bed.daemon.store.readings.loadOne('hxy', id);
  return readings.find(({ probe }) => probe === 'push');
}

test('the agent reports to a daemon for its instance and no other, until its token is replaced', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [idle('a'), idle('b')])],
    policies: { 'idle.yaml': 'policies:\n  - { name: idle, match: all, when: { idleFor: 30m }, do: stop }\n' },
    config: { activity: [{ match: 'all', probes: [{ push: null }] }] },
  });
  const { tokens } = bed.daemon;
  if (tokens === null) throw new Error('the daemon of the test has no tokens');
  const first = tokens.tokenFor('hxy/a');

  expect(await report(bed, { token: first, instance: 'hxy/a' })).toEqual({ code: 0, error: '' });
  expect(await pushed(bed, 'hxy/a')).toMatchObject({
    verdict: 'idle',
    signals: expect.arrayContaining([
      expect.objectContaining({ signal: 'gpu', verdict: 'idle', judges: 'work' }),
      expect.objectContaining({ signal: 'cpu' }),
      expect.objectContaining({ signal: 'session' }),
    ]),
  });

  expect(await report(bed, { token: first, instance: 'hxy/a', keep: '4h wang long run' })).toEqual({
    code: 0,
    error: '',
  });
  expect(await pushed(bed, 'hxy/a')).toMatchObject({
    verdict: 'active',
    judges: 'people',
    keepAlive: { owner: 'wang', reason: 'long run' },
  });

  const forged = await report(bed, { token: first, instance: 'hxy/b' });
  expect(forged).toMatchObject({ code: 1, error: expect.stringContaining('refuses the token (401)') });
  expect(await pushed(bed, 'hxy/b')).toBeUndefined();

  // What `lamplighter agent-token --replace` does.
  const generation = await bed.daemon.store.settings.nextAgentGeneration('hxy/a');
  expect(await report(bed, { token: first, instance: 'hxy/a' })).toMatchObject({ code: 1 });
  const second = tokens.tokenFor('hxy/a', generation);
  expect(await report(bed, { token: second, instance: 'hxy/a' })).toEqual({ code: 0, error: '' });
  for (const path of ['/api/v1/pause', '/api/v1/holds', '/-/reload']) {
    expect((await bed.post(path, {}, second)).status).toBe(401);
  }
});
