import { describe, expect, test } from 'vitest';
import { useBeds } from '../support/beds.ts';
import { account, busy } from '../support/cloud.ts';
import type { Bed } from '../support/daemon.ts';

const policy = (name: string) => `
policies:
  - name: ${name}
    match: { name: "dev-*" }
    when: { during: "Mon-Sun 23:00-08:00" }
    do: stop
`;

const beds = useBeds();

async function bedWith(config: object = {}): Promise<Bed> {
  return await beds.start({
    accounts: [account('huixingyun', [busy('a')])],
    policies: { 'one.yaml': policy('first') },
    config,
  });
}

const names = (bed: Bed) => bed.daemon.work.standing().policies.map(({ name }) => name);

async function lastGood(bed: Bed): Promise<string> {
  const kept = await bed.daemon.store.settings.loadPolicies();
  return kept?.files.map(({ text }) => text).join() ?? '';
}

test('a reload while Redis is away is in force at once, says what is missing, and is brought to its end later', async () => {
  const bed = await bedWith();
  await beds.redis.kill();
  await bed.until('it is seen', () => bed.daemon.store.state.kind === 'down');
  await bed.writePolicy('one.yaml', policy('second'));
  const told = await bed.daemon.reload();
  expect(told).toEqual({ kind: 'refused', message: expect.stringContaining('it is tried again by itself') });
  expect(names(bed)).toEqual(['second']);
  await beds.redis.start();
  await bed.until('Redis is back', () => bed.daemon.store.state.kind === 'ready');
  await bed.until('the last good policies are the new ones', async () => (await lastGood(bed)).includes('second'));
});

test('schedules that could not be made in an outage are made when it is over', { timeout: 40_000 }, async () => {
  const bed = await bedWith();
  await beds.redis.kill();
  await bed.until('it is seen', () => bed.daemon.store.state.kind === 'down');
  await bed.writeConfig({ accounts: { other: await otherAccount(bed) } });
  await bed.daemon.reload();
  await beds.redis.start();
  await bed.until('the new account is polled', () => bed.log.some((line) => line.includes('"account":"other"')));
});

/** An account that the cloud refuses: that it is polled shows in the log. */
async function otherAccount(bed: Bed): Promise<object> {
  await bed.secret('other', 'a-token-that-nobody-knows');
  return {
    provider: 'huixingyun',
    baseUrl: bed.sim.origin,
    tokenFile: 'secrets/other',
    statusWords: {},
    requestsPerSecond: 100,
  };
}

test('a person who reloads while the folder’s own reload goes on is answered for himself', async () => {
  const bed = await bedWith({ reload: 'careful' });
  await bed.round();
  await bed.writePolicy('two.yaml', policy('wider').replace('do: stop', 'do: cardless-stop'));
  const held = await bed.until('it is held', () => bed.log.find((line) => line.includes('widens reach is held')));
  expect(held).toBeDefined();
  expect(names(bed)).toEqual(['first']);
  // Both at once: the folder's is held again, the person's is not.
  await bed.writePolicy('two.yaml', policy('widest').replace('do: stop', 'do: cardless-stop'));
  await bed.until('it is held again', () => bed.log.filter((line) => line.includes('widens reach is held')).length > 1);
  expect(await bed.daemon.reload()).toEqual({ kind: 'done', value: { policies: 2 } });
  expect(names(bed)).toEqual(['first', 'widest']);
});

/** A policy that may do more than the first. */
const wider = policy('wider').replace('do: stop', 'do: cardless-stop');

async function heldBed(): Promise<{ readonly bed: Bed; readonly id: string }> {
  const bed = await bedWith({ reload: 'careful' });
  await bed.round();
  await bed.writePolicy('two.yaml', wider);
  const line = await bed.until('it is held', () => bed.log.find((each) => each.includes('widens reach is held')));
  return { bed, id: /"acknowledge":"([0-9a-f]{8})"/.exec(line)?.[1] ?? '' };
}

async function reloaded(bed: Bed, body: object): Promise<{ readonly status: number; readonly text: string }> {
  const response = await bed.control('/-/reload', body);
  return { status: response.status, text: await response.text() };
}

describe('a reload that widens reach, under careful', () => {
  test('is held until a person names it, and everybody is told', async () => {
    const { bed, id } = await heldBed();
    expect(await bed.metric('policy_last_reload_successful')).toBe(0);
    const ready = await (await bed.http('/readyz')).text();
    expect(ready).toContain('the last reload is held');
    expect(ready).toContain(id);
    const told = await bed.until('it is told', () => bed.receiver.told('policy.invalid')[0]);
    expect(told).toMatchObject({ severity: 'warning', reason: 'frozen', details: { actions: 1, acknowledge: id } });
    expect(told.text).toContain('cardless-stop hxy/a');
    // Nobody has named it: a deployment that reloads by itself is no person.
    for (const body of [{}, { acknowledge: 'deadbeef' }]) {
      const refused = await reloaded(bed, body);
      expect(refused.status).toBe(409);
      expect(refused.text).toContain(id);
    }
    expect(names(bed)).toEqual(['first']);
    expect(bed.receiver.told('policy.invalid')).toHaveLength(1);
    expect(await reloaded(bed, { acknowledge: id })).toEqual({ status: 200, text: '{"policies":2}' });
    expect(names(bed)).toEqual(['first', 'wider']);
    expect(await bed.metric('policy_last_reload_successful')).toBe(1);
    await bed.until('it is told', () => bed.receiver.told('policy.recovered').length === 1);
  });

  test('that changes once more needs another yes, and one that is taken back none', async () => {
    const { bed, id } = await heldBed();
    await bed.writePolicy(
      'two.yaml',
      `${wider}${policy('widest').replace('policies:', '').replace('do: stop', 'do: restart')}`,
    );
    expect((await reloaded(bed, { acknowledge: id })).status).toBe(409);
    expect(names(bed)).toEqual(['first']);
    await bed.removePolicy('two.yaml');
    expect((await reloaded(bed, {})).status).toBe(200);
    expect(await bed.metric('policy_last_reload_successful')).toBe(1);
  });

  test('is taken from a signal only once it was told of', async () => {
    const bed = await bedWith({ reload: 'careful' });
    await bed.round();
    await bed.writePolicy('one.yaml', policy('first').replace('dev-*', '*').replace('do: stop', 'do: restart'));
    expect(await bed.daemon.reload()).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('restart hxy/a'),
    });
    expect(await bed.daemon.reload()).toMatchObject({ kind: 'done' });
  });

  test('may come from lamplighter.yaml: a protection that goes', async () => {
    const labels = [{ match: { id: 'a' }, set: { protect: 'true' } }];
    const bed = await bedWith({ reload: 'careful', labels });
    await bed.round();
    await bed.writeConfig({ labels: [] });
    const refused = await reloaded(bed, {});
    expect([refused.status, refused.text]).toEqual([409, expect.stringContaining('stop hxy/a')]);
    // Until then the old labels hold.
    expect(bed.daemon.config.labels).toHaveLength(1);
  });

  test('is not taken by a restart, and held on', async () => {
    const { bed, id } = await heldBed();
    await bed.stopDaemon();
    await bed.start();
    expect(names(bed)).toEqual(['first']);
    expect(await (await bed.http('/readyz')).text()).toContain(id);
    expect((await reloaded(bed, { acknowledge: id })).status).toBe(200);
    await bed.stopDaemon();
    await bed.start();
    expect(names(bed)).toEqual(['first', 'wider']);
    expect(await bed.metric('policy_last_reload_successful')).toBe(1);
  });

  test('is taken by every replica once a person has told one of them', async () => {
    const { bed, id } = await heldBed();
    const second = await bed.start();
    expect(second.work.standing().policies).toHaveLength(1);
    expect((await reloaded(bed, { acknowledge: id })).status).toBe(200);
    // It hears of it when it next looks.
    await second.reload();
    expect(second.work.standing().policies).toHaveLength(2);
  });
});

describe('a reload that widens reach, where nobody asked to be asked', () => {
  const wideBed = async () => {
    const bed = await beds.start({
      accounts: [
        account(
          'huixingyun',
          ['a', 'b', 'c', 'd'].map((id) => busy(id)).concat(busy('x', { name: 'web-x' }), busy('y', { name: 'web-y' })),
        ),
      ],
      policies: { 'one.yaml': policy('first') },
    });
    await bed.round();
    return bed;
  };
  const far = (bed: Bed) => bed.receiver.told('policy.notice').filter(({ text }) => text.includes('reaches further'));

  test('is taken, and told of where it is more than a third', async () => {
    const bed = await wideBed();
    await bed.writePolicy('one.yaml', policy('first').replace('"dev-*"', '["dev-*", web-x]'));
    expect(await bed.daemon.reload()).toMatchObject({ kind: 'done' });
    expect(far(bed)).toEqual([]);
    await bed.writePolicy('two.yaml', policy('second').replace('do: stop', 'do: restart'));
    expect(await bed.daemon.reload()).toMatchObject({ kind: 'done' });
    expect(names(bed)).toEqual(['first', 'second']);
    const told = await bed.until('it is told', () => far(bed)[0]);
    expect(told).toMatchObject({ severity: 'warning', details: { actions: 4, before: 6 } });
    expect(told.text).toContain('4 things are newly allowed besides the 6 before, such as restart hxy/a');
    // Less is never told of, and the same not again by another replica.
    await bed.removePolicy('two.yaml');
    await bed.daemon.reload();
    expect(far(bed)).toHaveLength(1);
  });
});

test('a new control token counts from the reload on, and the tokens of instances with it', async () => {
  const bed = await bedWith({ activity: [{ match: { provider: 'huixingyun' }, probes: [{ push: null }] }] });
  await bed.round();
  const old = bed.daemon.tokens?.tokenFor('hxy/a') ?? '';
  await bed.secret('control', 'a-control-token-that-is-quite-new');
  await bed.daemon.reload();
  expect((await bed.control('/api/v1/pause')).status).toBe(401);
  expect((await bed.post('/api/v1/pause', {}, 'a-control-token-that-is-quite-new')).status).toBe(200);
  const report = { instance: 'hxy/a', verdict: 'active' };
  expect((await bed.post('/api/v1/activity', report, old)).status).toBe(401);
  expect(bed.daemon.tokens?.tokenFor('hxy/a')).not.toBe(old);
  expect(await bed.report('hxy/a', 'active')).toBe(200);
});

test('routes that change things come and go with the control token', async () => {
  const bed = await bedWith({ control: undefined });
  expect((await bed.control('/api/v1/pause')).status).toBe(404);
  await bed.writeConfig({ control: { tokenFile: 'secrets/control' } });
  await bed.daemon.reload();
  expect((await bed.control('/api/v1/pause')).status).toBe(200);
});

test('what needs a restart is said, the address of Redis without its password', async () => {
  const bed = await bedWith();
  await bed.writeConfig({
    redis: 'redis://somebody:a-password-of-redis@127.0.0.1:1/0',
    listen: '127.0.0.1:1',
    stateDir: 'elsewhere',
  });
  expect(await bed.daemon.reload()).toMatchObject({ kind: 'done' });
  const warned = bed.log.filter((line) => line.includes('needs a restart'));
  for (const key of ['redis', 'listen', 'stateDir'])
    expect(warned.some((line) => line.includes(`"key":"${key}"`))).toBe(true);
  expect(bed.log.join('')).not.toContain('a-password-of-redis');
  // What is in use stays what it is known as.
  expect(bed.daemon.config.redis.reveal()).toContain(`${beds.redis.port}`);
});
