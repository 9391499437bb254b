import { expect, test } from 'vitest';
import { simulationView } from '../../../src/app/simulate.ts';
import { DEFAULT_RULES } from '../../../src/simulator/rules.ts';
import { acts, DAY, days, HOUR, line, MINUTE, MONDAY } from './support.ts';

const NIGHT = `
  - { name: night, match: all, when: { during: "Mon-Sun 22:00-08:00" }, do: stop, afterwards: start, limits: { percent: "100%" } }
`;
const IDLE = `
  - { name: lazy, match: all, when: { idleFor: 30m }, do: stop, limits: { percent: "100%" } }
`;
const NOTHING = `
  - { name: none, match: { name: nobody }, when: { runningFor: 1h }, do: { notify: {} } }
`;
const FOREVER = 'gpuType: card, workload: busy';

test('what is done takes the time and the way that the simulated clouds have for it, and costs what they charge', async () => {
  const simulation = await days(NIGHT, `fleet: { a: { ${FOREVER} } }`);
  expect(acts(simulation)).toEqual(['0d 00:00:00 stop hxy/a', '0d 08:00:00 start hxy/a', '0d 22:00:00 stop hxy/a']);
  expect(line(simulation, 'a')).toEqual([
    '0d 00:00:00 busy',
    '0d 00:00:00 moving',
    '0d 00:00:20 off',
    '0d 08:00:00 moving',
    '0d 08:00:40 busy',
    '0d 22:00:00 moving',
    '0d 22:00:20 off',
  ]);
  // 14 hours at 2 yuan less the 40 s in which it starts, 2 × 20 s more in which it stops, and 0.10 an hour while stopped.
  const stopped = (8 + 2) * HOUR - 2 * DEFAULT_RULES.stoppingMs;
  const charged = 14 * HOUR - DEFAULT_RULES.startingMs + 2 * DEFAULT_RULES.stoppingMs;
  const [machine] = simulation.accounts[0]?.machines ?? [];
  expect(machine?.fen).toBeCloseTo((200 * charged + 10 * stopped) / HOUR, 6);
  expect(machine).toMatchObject({
    upMs: 14 * HOUR,
    upWithoutMs: DAY,
    withoutFen: 4800,
    interruptions: 2,
    whileBusy: 2,
  });
});

test('somebody who comes back starts it, and that is respected; what idles is stopped, and not while it works', async () => {
  const simulation = await days(
    IDLE,
    `fleet: { a: { gpuType: card, workload: { hours: "Mon-Fri 09:00-12:00", share: 100% } } }`,
  );
  expect(acts(simulation)).toEqual(['0d 00:00:00 stop hxy/a', '0d 12:30:00 stop hxy/a']);
  expect(simulation.accounts[0]?.happenings.map(({ kind }) => kind)).toEqual(['person-start']);
  expect(line(simulation, 'a').slice(3)).toEqual([
    '0d 09:00:00 moving',
    '0d 09:00:40 busy',
    '0d 12:00:00 idle',
    '0d 12:30:00 moving',
    '0d 12:30:20 off',
  ]);
});

test('an announcement falls with the idleness that it was about', async () => {
  const noticed = IDLE.replace('do: stop', 'do: stop, notice: 20m');
  const work = '{ busyFor: 40m, every: 80m, from: "00:10" }';
  const simulation = await days(noticed, `fleet: { a: { gpuType: card, idleFor: 1m, workload: ${work} } }`);
  expect(acts(simulation)).toEqual([]);
  // Idle from 23:30 to 00:10, from 00:50 to 01:30 and so on: announced after half an hour, and never twenty minutes more.
  const announced = simulation.coming.filter(({ kind }) => kind === 'announce').map(({ at }) => (at - MONDAY) / MINUTE);
  expect(announced).toEqual(Array.from({ length: 18 }, (_, round) => 80 * round));
});

test('what a policy has stopped already would be up without it', async () => {
  const down = 'gpuType: card, status: stopped, workload: busy';
  const { accounts } = await days(NOTHING, `fleet: { a: { ${down}, stoppedBy: none }, b: { ${down} } }`);
  expect(accounts[0]?.machines).toMatchObject([
    { upMs: 0, upWithoutMs: DAY, fen: 240, withoutFen: 4800 },
    { upMs: 0, upWithoutMs: 0, fen: 240, withoutFen: 240 },
  ]);
});

test('paid time that ends stops a machine and gives it back after a while; what is renewed goes on and is paid for', async () => {
  const paid = `
  - { name: paid, match: { name: kept }, when: { expiresWithin: 6h }, do: { renew: { periods: 1 } } }
`;
  const fleet = `fleet: { kept: { ${FOREVER}, billing: daily, expiresIn: 12h }, lost: { ${FOREVER}, billing: daily, expiresIn: 12h } }`;
  const simulation = await days(paid, fleet, { days: 9 });
  expect(acts(simulation).slice(0, 2)).toEqual(['0d 06:00:00 renew hxy/kept', '1d 06:00:00 renew hxy/kept']);
  expect(line(simulation, 'lost')).toEqual(['0d 00:00:00 busy', '0d 12:00:00 off', '7d 12:00:00 gone']);
  expect(line(simulation, 'kept')).toEqual(['0d 00:00:00 busy']);
  const [kept, lost] = simulation.accounts[0]?.machines ?? [];
  expect(kept).toMatchObject({ paidFen: 9 * 4000, fen: 0 });
  expect(lost).toMatchObject({ paidFen: 0, upMs: 12 * HOUR });
});

test('money that ends stops what is paid by the hour; a policy hears of it before', async () => {
  const low = `
  - { name: low, match: { account: chenyu }, when: { balanceBelow: 10 }, do: { notify: {} } }
`;
  const fleet = `
accounts: { chenyu: { balance: 20 } }
fleet: { a: { account: chenyu, ${FOREVER} } }`;
  const simulation = await days(low, fleet);
  expect(
    simulation.coming.map(({ kind, at, reason }) => [kind, new Date(at).toISOString().slice(11, 16), reason]),
  ).toEqual(
    // After five hours at 2 yuan, looked at every ten minutes; times in UTC.
    [['notify', '21:10', 'due']],
  );
  expect(line(simulation, 'a')).toEqual(['0d 00:00:00 busy', '0d 10:00:00 off']);
  const balance = simulation.accounts.find(({ name }) => name === 'chenyu')?.hours.balance;
  expect(balance?.slice(0, 3)).toEqual([1800, 1600, 1400]);
  expect(balance?.at(-1)).toBe(0);
});

test('a start is refused while there are no cards, and tried again', async () => {
  const fleet = `
accounts: { chenyu: { noCards: [{ during: "Mon-Sun 07:50-08:05" }] } }
fleet: { a: { account: chenyu, ${FOREVER} } }`;
  const simulation = await days(NIGHT, fleet);
  expect(acts(simulation).slice(1, 5)).toEqual([
    '0d 08:00:00 start chenyu/a refused: no-stock',
    '0d 08:02:00 start chenyu/a refused: no-stock',
    '0d 08:06:00 start chenyu/a',
    '0d 22:00:00 stop chenyu/a',
  ]);
});

test('saving an image ends in a shutdown at chenyu and nowhere else, and a list waits for it', async () => {
  const list = `
  - { name: list, match: all, when: { cron: "0 3 * * *" }, do: [{ snapshot: { name: "{name}-{date}" } }, restart], limits: { percent: "100%" } }
`;
  const fleet = `fleet: { a: { ${FOREVER} }, b: { account: chenyu, ${FOREVER} } }`;
  const simulation = await days(list, fleet);
  expect(acts(simulation)).toEqual([
    '0d 03:00:00 snapshot hxy/a',
    '0d 03:00:00 snapshot chenyu/b',
    '0d 03:02:00 restart hxy/a',
  ]);
  expect(line(simulation, 'a')).toEqual(['0d 00:00:00 busy', '0d 03:02:00 moving', '0d 03:02:30 busy']);
  expect(line(simulation, 'b')).toEqual(['0d 00:00:00 busy', '0d 03:03:00 moving', '0d 03:03:20 off']);
});

test('the same seed gives the same days to the byte, and another one others', async () => {
  const fleet = `fleet: { a: { count: 6, gpuType: card, workload: office }, b: { gpuType: card, workload: { busyFor: 2h, every: 7h, spread: 1h } } }`;
  const text = async (seed: number) =>
    JSON.stringify(simulationView(await days(IDLE + NIGHT, fleet, { days: 3, seed })));
  const first = await text(7);
  expect(await text(7)).toBe(first);
  const lines = async (seed: number) => line(await days(IDLE, fleet, { days: 3, seed }), 'a-1');
  expect(await lines(8)).not.toEqual(await lines(7));
  // One more machine does not change the days of the others.
  const more = await days(IDLE + NIGHT, fleet.replace('fleet: {', 'fleet: { z: { workload: office },'), {
    days: 3,
    seed: 7,
  });
  const alone = await days(IDLE + NIGHT, fleet, { days: 3, seed: 7 });
  expect(line(more, 'a-1').filter((each) => /busy|idle/.test(each))).toEqual(
    line(alone, 'a-1').filter((each) => /busy|idle/.test(each)),
  );
});

test('the sums agree with the machines and the hours', async () => {
  const fleet = `
accounts: { hxy: { balance: 1000 }, chenyu: { balance: 150, topUp: { below: 100, by: 50 } } }
fleet: { a: { count: 4, gpuType: card, workload: office }, b: { count: 3, account: chenyu, ${FOREVER} }, c: { gpuType: unheard } }`;
  const simulation = await days(NIGHT, fleet, { days: 2 });
  const machines = simulation.accounts.flatMap((account) => account.machines);
  for (const { name, hours } of simulation.accounts) {
    const sum = (of: readonly number[]) => of.reduce((total, fen) => total + fen, 0);
    const own = machines.filter(({ account, isUnpriced }) => account === name && !isUnpriced);
    expect(sum(hours.running)).toBeCloseTo(
      own.reduce((total, { fen }) => total + (fen ?? 0), 0),
      3,
    );
    expect(sum(hours.without)).toBeCloseTo(
      own.reduce((total, { withoutFen }) => total + (withoutFen ?? 0), 0),
      3,
    );
  }
  expect(simulation.bill).toMatchObject({ instances: 8, unpriced: 1 });
  for (const { timeline, upMs } of machines) {
    let up = 0;
    for (const [index, { at, doing }] of timeline.entries()) {
      const next = timeline[index + 1]?.at ?? simulation.reached;
      // On its way: up, but for stopping.
      const isStopping = doing === 'moving' && timeline[index + 1]?.doing === 'off';
      if (doing !== 'off' && !isStopping) up += next - at;
    }
    expect(upMs).toBe(up);
  }
  expect(simulation.accounts[1]?.happenings.filter(({ kind }) => kind === 'top-up').length).toBeGreaterThan(0);
});

test('without a policy that acts nothing is saved, and it is said what was taken for granted', async () => {
  const fleet = `fleet: { a: { count: 2, gpuType: card, workload: office }, u: { gpuType: card } }`;
  const { bill, coming, assumptions } = await days(NOTHING, fleet, { days: 2 });
  expect(coming).toEqual([]);
  expect(bill).toMatchObject({ upMs: bill.upWithoutMs, fen: bill.withoutFen, interruptions: 0 });
  expect(assumptions).toEqual({ work: 'file', unknown: 1, unread: 0, endless: ['hxy', 'chenyu'], observing: [] });
});
