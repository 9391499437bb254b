import { expect, test } from 'vitest';
import { z } from 'zod';
import { HttpServer, json } from '../providers/support/http-server.ts';
import { useBeds } from '../support/beds.ts';
import { MINUTE } from '../support/clock.ts';
import { account, busy } from '../support/cloud.ts';

const ALERTS = z.array(
  z.object({ labels: z.record(z.string(), z.string()), startsAt: z.iso.datetime(), endsAt: z.iso.datetime() }),
);

const beds = useBeds();

test('what is open at the daemon is kept open at Alertmanager, and ends there when it is over', async () => {
  const alerts: z.infer<typeof ALERTS> = [];
  await using alertmanager = await new HttpServer(({ body }, response) => {
    alerts.push(...ALERTS.parse(JSON.parse(body)));
    json(response, {});
  }).start();
  const bed = await beds.prepare({
    accounts: [account('huixingyun', [busy('a')]), account('chenyu', [busy('b')])],
    policies: { 'long.yaml': 'policies: [{ name: long, match: all, when: { runningFor: 900d }, do: notify }]\n' },
    config: { notifiers: { am: { type: 'alertmanager', url: alertmanager.origin, severity: 'warning' } } },
  });
  await bed.start();
  await bed.round();
  const open = () =>
    alerts.filter(
      ({ labels, startsAt, endsAt }) => labels.alertname === 'LamplighterAccountUnreachable' && endsAt > startsAt,
    );
  const key = (alert: (typeof alerts)[number] | undefined): string => JSON.stringify(alert?.labels);
  bed.sim.account('hxy').down = true;
  await bed.rollUntil('it is told', MINUTE, () => open().length > 0);
  const [first] = open();
  // One alert, which began when it did and lasts longer each time that it is told.
  const again = await bed.rollUntil('it is told again', MINUTE, () =>
    open().find(({ endsAt }) => endsAt > (first?.endsAt ?? '')),
  );
  expect(first?.labels).toEqual({
    alertname: 'LamplighterAccountUnreachable',
    severity: 'critical',
    account: 'hxy',
  });
  expect([key(again), again.startsAt]).toEqual([key(first), first?.startsAt]);
  bed.sim.account('hxy').down = false;
  await bed.rollUntil('its end is told', MINUTE, () =>
    alerts.some((alert) => key(alert) === key(first) && alert.endsAt === alert.startsAt),
  );
  const told = open().length;
  await bed.roll(MINUTE, 3);
  expect(open()).toHaveLength(told);
});
