import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { StandingBuilder, secretsOf } from '../../src/app/standing.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import type { Snapshot } from '../../src/fleet/snapshot.ts';
import { Store } from '../../src/store/store.ts';
import { makeLog } from '../../src/telemetry/log.ts';
import { makeMetrics } from '../../src/telemetry/metrics.ts';
import { renderAll } from '../../src/yaml/located.ts';
import { snapshot, tracked } from '../activity/fleet.ts';
import { answer, MARK } from '../activity/ssh-facts.ts';
import { SshServer, says } from '../activity/ssh-server.ts';
import { TOKEN } from '../providers/support/clients.ts';
import { HttpServer, json } from '../providers/support/http-server.ts';
import { listOf, ROW } from '../providers/support/huixingyun.ts';
import { newFolder } from '../support/folder.ts';
import { redisText } from '../support/leaks.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

test('from the configuration to a reading: the password goes from the listing to the machine and nowhere else', async () => {
  await using machine = await SshServer.start(says((mark) => answer().replaceAll(MARK, mark)));
  const row = { ...ROW, ip: '127.0.0.1', port: machine.port, status: 'Running' };
  await using cloud = await new HttpServer((_, response) => json(response, listOf(row))).start();
  const logged: string[] = [];
  const log = makeLog({
    level: 'trace',
    // No net under it: what is told here must not hold the secret to begin with.
    scrub: (line) => line,
    destination: { write: (line: string) => void logged.push(line) },
  });
  const store = new Store({
    url: redis.url,
    prefix: 'ssh:',
    stateDir: await newFolder('ssh-standing-'),
    clock: () => systemClock.now(),
    random: () => 0.5,
    newId: () => 'id',
  });
  await store.connect({ waitMs: 5_000 });
  const result = await loadConfig(
    `accounts: { a: { provider: huixingyun, baseUrl: "${cloud.origin}", token: "${TOKEN}" } }
network: { allow: [127.0.0.0/8] }
activity: [{ match: all, probes: [{ ssh: }] }]
`,
    '/etc/l/lamplighter.yaml',
    'lamplighter.yaml',
    { environment: {} },
  );
  if (!result.ok) throw new Error(renderAll(result.errors));
  const builder = new StandingBuilder({
    clock: systemClock,
    random: () => 0.5,
    metrics: makeMetrics(),
    log,
    readings: store.readings,
    watches: store.watches,
    hostKeys: store.hostKeys,
  });
  const standing = builder.build(result.config, []);
  const { signal } = new AbortController();
  const [account] = [...standing.accounts.values()];
  const listing = await account?.provider.list(signal);
  const [instance] = listing?.instances ?? [];
  if (instance === undefined) throw new Error('the listing is empty');
  const seen: Snapshot = { ...snapshot([tracked(instance)]), account: 'a', provider: 'huixingyun' };
  await standing.observer.observe(seen, standing.labels, signal);
  const readings = await store.readings.load('a');

  expect(readings.get(ROW.gid)).toMatchObject([{ probe: 'ssh', verdict: 'idle', judges: 'work' }]);
  expect(machine.proofs).toEqual([`password ${ROW.password}`]);
  const kept = await redisText(redis.url);
  expect(kept).toMatch(/ssh:host-key:a\/.*@\d+/);
  expect(kept).toContain('ssh-ed25519 SHA256:');
  const everything = [kept, logged.join(), inspect(standing, { depth: 12, showHidden: true }), JSON.stringify(listing)];
  for (const text of everything) expect(text).not.toContain(ROW.password);

  // The key that Redis remembers is the one that counts, for whichever replica looks next.
  await using impostor = await SshServer.start(says((mark) => answer().replaceAll(MARK, mark)));
  row.port = impostor.port;
  await account?.provider.list(signal);
  const looked = await standing.observer.look(tracked(instance), standing.labels(instance), signal);
  expect(looked).toMatchObject({ kind: 'unknown', reason: 'host-key-changed' });
  expect(impostor.proofs).toEqual([]);
  await builder.close();
  await store.close();
});

test('what stands in the configuration is in the last net under the log', async () => {
  const key = '-----BEGIN OPENSSH PRIVATE KEY-----\nk\n-----END OPENSSH PRIVATE KEY-----';
  const files = new Map([
    ['/etc/l/key', key],
    ['/etc/l/phrase', 'open sesame'],
    ['/etc/l/pass', 'pass word'],
  ]);
  const result = await loadConfig(
    `accounts: { a: { provider: huixingyun, token: "${TOKEN}" } }
activity:
  - { match: all, probes: [{ ssh: { privateKeyFile: key, passphraseFile: phrase } }] }
  - { match: all, probes: [{ ssh: { passwordFile: pass } }] }
`,
    '/etc/l/lamplighter.yaml',
    'lamplighter.yaml',
    { environment: {}, readSecret: (path) => Promise.resolve({ text: files.get(path) ?? '', worldReadable: false }) },
  );
  if (!result.ok) throw new Error(renderAll(result.errors));
  expect(secretsOf(result.config)).toEqual(expect.arrayContaining([key, 'open sesame', 'pass word']));
});
