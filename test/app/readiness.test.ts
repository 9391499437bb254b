import { expect, test } from 'vitest';
import { z } from 'zod';
import { useBeds } from '../support/beds.ts';
import { account, busy } from '../support/cloud.ts';
import type { Bed } from '../support/daemon.ts';

const policy = (name: string, action = 'stop') => `
policies:
  - name: ${name}
    match: { name: "dev-*" }
    when: { during: "Mon-Sun 23:00-08:00" }
    do: ${action}
`;
const READY = z.object({ ready: z.boolean(), checks: z.object({ policies: z.object({ detail: z.string() }) }) });

const beds = useBeds();

async function ready(bed: Bed): Promise<{ readonly status: number; readonly policies: string }> {
  const response = await bed.http('/readyz');
  return { status: response.status, policies: READY.parse(await response.json()).checks.policies.detail };
}

test('readiness tells of a reload that failed until one is in force again, and stays ready', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [busy('a')])],
    policies: { 'one.yaml': policy('first') },
  });
  await bed.round();
  expect(await ready(bed)).toEqual({ status: 200, policies: '1' });
  await bed.writePolicy('one.yaml', policy('first', 'stopp'));
  await bed.daemon.reload();
  const failed = await ready(bed);
  expect(failed.status).toBe(200);
  expect(failed.policies).toMatch(/^1; the last reload was refused: .*one\.yaml:\d+:\d+/);
  await bed.writePolicy('one.yaml', policy('second'));
  await bed.daemon.reload();
  expect(await ready(bed)).toEqual({ status: 200, policies: '1' });
});

test('readiness tells of a reload that is held', async () => {
  const bed = await beds.start({
    accounts: [account('huixingyun', [busy('a')])],
    policies: { 'one.yaml': policy('first') },
    config: { reload: 'careful' },
  });
  await bed.round();
  await bed.writePolicy('two.yaml', policy('wider', 'cardless-stop'));
  await bed.until('it is held', () => bed.log.some((line) => line.includes('widens reach is held')));
  expect((await ready(bed)).policies).toContain('the last reload is held');
});
