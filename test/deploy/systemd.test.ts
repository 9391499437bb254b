import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EXIT } from '../../src/cli/exit.ts';
import { ROOT } from '../support/child.ts';

const FOLDER = join(ROOT, 'deploy', 'systemd');
const read = (name: string) => readFileSync(join(FOLDER, name), 'utf8');

/** A unit's keys with all of their values, section by section. */
function unit(text: string): ReadonlyMap<string, readonly string[]> {
  const keys = new Map<string, string[]>();
  let section = '';
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [, heading] = /^\[(\w+)\]$/.exec(line) ?? [];
    if (heading !== undefined) section = heading;
    else {
      const [, key = '', value = ''] = /^(\w+)=(.*)$/.exec(line) ?? [];
      expect({ line, key }).toEqual({ line, key: expect.stringMatching(/./) });
      keys.set(`${section}.${key}`, [...(keys.get(`${section}.${key}`) ?? []), value]);
    }
  }
  return keys;
}

const service = unit(read('lamplighter.service'));
const one = (key: string) => service.get(`Service.${key}`)?.[0];

test('the unit starts what the checkout has, and gives it time to end', () => {
  const [program = '', ...args] = (one('ExecStart') ?? '').split(' ');
  expect(statSync(join(ROOT, program.replace('/opt/lamplighter/', ''))).mode & 0o111).toBe(0o111);
  expect(args).toEqual(['run', '--config', '/etc/lamplighter/lamplighter.yaml']);
  // Calls in the air are waited for 32 s.
  expect(Number(one('TimeoutStopSec'))).toBeGreaterThanOrEqual(40);
  expect(one('ExecReload')).toContain('-HUP');
});

test('it is started again, but not into a mistake that only a person can mend', () => {
  expect(one('Restart')).toBe('always');
  expect(one('RestartPreventExitStatus')).toBe(`${EXIT.usage} ${EXIT.invalid}`);
  expect(service.get('Unit.StartLimitIntervalSec')).toEqual(['0']);
});

test.each([
  ['NoNewPrivileges', 'yes'],
  ['ProtectSystem', 'strict'],
  ['ProtectHome', 'yes'],
  ['PrivateTmp', 'yes'],
  ['PrivateDevices', 'yes'],
  ['CapabilityBoundingSet', ''],
  ['RestrictNamespaces', 'yes'],
  ['SystemCallArchitectures', 'native'],
  ['LimitCORE', '0'],
  ['UMask', '0077'],
])('%s=%s', (key, value) => {
  expect(one(key)).toBe(value);
});

test('user and folders are those that sysusers and tmpfiles make, and the secrets end with the daemon’s user', () => {
  const user = one('User') ?? '';
  expect(read('lamplighter.sysusers.conf')).toContain(`\nu ${user} - `);
  const rows = read('lamplighter.tmpfiles.conf')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(/ +/));
  const owner = (path: string) => rows.find(([, where]) => where === path)?.slice(2, 5);
  expect(owner('/var/lib/lamplighter')).toEqual(['0700', user, user]);
  expect(one('StateDirectory')).toBe('lamplighter');
  expect(owner('/etc/lamplighter/secrets/*')).toEqual(['0400', user, user]);
  // A folder of the user's own would keep systemd from changing what root put there.
  expect(owner('/etc/lamplighter/secrets')).toEqual(['0750', 'root', user]);
});
