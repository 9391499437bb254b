import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/app/clock.ts';
import { ChenyuProvider } from '../../src/providers/chenyu/chenyu-provider.ts';
import { HuixingyunProvider } from '../../src/providers/huixingyun/huixingyun-provider.ts';
import { sshAccess } from '../../src/providers/ssh-vault.ts';
import { instanceRow, list } from './chenyu-support/rows.ts';
import { accountOf } from './support/accounts.ts';
import { forever, SHORT, TOKEN } from './support/clients.ts';
import { HttpServer, json } from './support/http-server.ts';
import { listOf, ROW } from './support/huixingyun.ts';

const CREATED = Date.parse(ROW.create_at);
const HOUR = 3_600_000;

const parts = (baseUrl: string, keepSshPasswords: boolean) => ({
  account: accountOf(baseUrl),
  token: TOKEN,
  clock: systemClock,
  random: () => 0,
  limits: SHORT,
  keepSshPasswords,
});

test('huixingyun: a row that comes again unchanged keeps its way in, a changed password is a new one', async () => {
  let password = 'root-password-canary';
  await using server = await new HttpServer((_, response) => json(response, listOf({ ...ROW, password }))).start();
  const provider = new HuixingyunProvider(parts(server.origin, true));
  const ask = (maxAgeMs = HOUR) => provider.sshAccess({ id: ROW.gid, createdAt: CREATED, maxAgeMs }, forever());
  const first = await ask();
  expect([first?.host, first?.port, first?.user, first?.revealPassword()]).toEqual([
    '203.0.113.7',
    30_022,
    'root',
    'root-password-canary',
  ]);
  await ask();
  expect(server.requests).toHaveLength(1);

  const listing = await provider.list(forever());
  await provider.list(forever());
  expect((await ask())?.revealPassword()).toBe('root-password-canary');
  password = 'another-canary';
  await provider.list(forever());
  expect((await ask())?.revealPassword()).toBe('another-canary');

  const shown = [JSON.stringify(listing), inspect(listing, { depth: 9, showHidden: true }), JSON.stringify(first)];
  for (const text of [...shown, inspect(first, { showHidden: true })]) expect(text).not.toContain('canary');
  await provider.close();
});

test('a machine of another creation under the same id has no way in of the old one', async () => {
  await using server = await new HttpServer((_, response) => json(response, listOf(ROW))).start();
  const provider = new HuixingyunProvider(parts(server.origin, true));
  await provider.list(forever());
  const request = { id: ROW.gid, createdAt: CREATED + 1, maxAgeMs: HOUR };
  expect(await provider.sshAccess(request, forever())).toBeNull();
  // The listing is of this moment: nobody is asked again.
  expect(server.requests).toHaveLength(1);
  await provider.close();
});

test('where nobody wants passwords none is kept', async () => {
  await using server = await new HttpServer((_, response) => json(response, listOf(ROW))).start();
  const provider = new HuixingyunProvider(parts(server.origin, false));
  await provider.list(forever());
  expect(await provider.sshAccess({ id: ROW.gid, createdAt: CREATED, maxAgeMs: HOUR }, forever())).toBeNull();
  await provider.close();
});

test('chenyu: the way in is that of ssh_info, by its presence and not by its title', async () => {
  const row = instanceRow({
    server_map: [
      { title: 'SSH', url: 'ssh://ssh-inst123.chenyu.cn:22', port_type: 'ssh', protocol: 'tcp' },
      { title: 'x', ssh_info: { host: 'ssh.chenyu.cn', port: 22_001, username: 'root', password: 'p-canary' } },
    ],
  });
  await using server = await new HttpServer((_, response) => json(response, list('instance_list', [row]))).start();
  const provider = new ChenyuProvider(parts(server.origin, true));
  const listing = await provider.list(forever());
  const [instance] = listing.instances;
  if (instance === undefined) throw new Error('the row was not decoded');
  const access = await provider.sshAccess({ ...instance, maxAgeMs: HOUR }, forever());
  expect([access?.host, access?.port, access?.revealPassword()]).toEqual(['ssh.chenyu.cn', 22_001, 'p-canary']);
  expect(JSON.stringify(listing)).not.toContain('p-canary');
  await provider.close();
});

test.each([
  ['-oProxyCommand=x', 22, 'root'],
  ['a b', 22, 'root'],
  ['', 22, 'root'],
  ['host', 0, 'root'],
  ['host', 65_536, 'root'],
  ['host', '22x', 'root'],
  ['host', null, 'root'],
])('no way in: %s port %s', (host, port, user) => {
  expect(sshAccess(host, port, user, 'x')).toBeNull();
});

test('a user name that is none becomes root, a missing password stays missing', () => {
  expect(sshAccess('h', '22', '-x', '')).toMatchObject({ host: 'h', port: 22, user: 'root' });
  expect(sshAccess('h', '22', '-x', '')?.revealPassword()).toBeNull();
  expect(sshAccess('[2001:db8::1]', 22, 'u', 'p')?.host).toBe('2001:db8::1');
});
