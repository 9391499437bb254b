import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { useBeds } from '../support/beds.ts';
import { account, busy } from '../support/cloud.ts';
import { runCommand } from '../support/command.ts';

const policy = (match: string, more: string) =>
  `policies:\n  - { name: night, match: { name: ${match} }, when: { during: "Mon-Sun 23:00-23:03" }, do: stop${more} }\n`;
const beds = useBeds();

test('limits and reach are held against the fleet as last seen, and against the policies in force', async () => {
  const names = ['dev-a', 'dev-b', 'dev-c', 'dev-d', 'web-a', 'web-b'];
  const bed = await beds.start({
    accounts: [
      account(
        'huixingyun',
        names.map((name) => busy(name, { name })),
      ),
    ],
    policies: { 'p.yaml': policy('"dev-*"', ', limits: { percent: "100%" }') },
  });
  await bed.round();
  const validate = (...args: string[]) => runCommand(['validate', ...args], { cwd: bed.dir });
  expect(await validate('--fleet', '--strict')).toMatchObject({ code: 0, out: 'valid: 1 policy\n', err: '' });

  await mkdir(join(bed.dir, 'next'));
  await writeFile(join(bed.dir, 'next', 'p.yaml'), policy('"?*"', ''));
  const next = ['--policies', 'next'];
  expect(await validate('--strict', ...next)).toMatchObject({ code: 0, err: '' });
  const { code, out, err } = await validate('--fleet', ...next);
  expect({ code, out }).toEqual({ code: 0, out: 'valid: 1 policy\n' });
  expect(err.split('\n').filter((line) => line.includes('warning'))).toEqual([
    'next/p.yaml:2:59: warning: the window is open for 3m at most, and in that time the limits that hold where a policy sets none reach 3 of the 6 instances of hxy that it is about: the rest is left as it is',
    'next:1:1: warning: in place of the policies in force 2 things are newly allowed besides the 5 before, such as stop hxy/web-a',
  ]);
  expect((await validate('--fleet', '--strict', ...next)).code).toBe(3);
  const { warnings } = JSON.parse((await validate('--fleet', '--output', 'json', ...next)).out);
  expect(warnings).toHaveLength(2);
  // Of single files it cannot be said what would be in force with them.
  expect((await validate('--fleet', 'next/p.yaml')).err).not.toContain('in place of');

  expect(await validate('--fleet', '--no-config')).toMatchObject({ code: 2 });
});
