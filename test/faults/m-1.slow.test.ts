import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { account, daily, useFaultBeds } from './harness.ts';

const beds = useFaultBeds();

const MACHINES = 20;
const TOLD = `
policies:
  - name: ends-soon
    match: all
    when: { expiresWithin: 12h }
    do: { notify: { severity: warning } }
`;

test('M1: a daemon that is killed while messages wait for their moment loses none, and the next one sends them once, as one', async () => {
  const bodies: string[] = [];
  let tell = () => {};
  const chat = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    request.on('end', () => {
      bodies.push(text);
      response.end('ok');
      tell();
    });
  });
  await new Promise<void>((resolve) => chat.listen(0, '127.0.0.1', resolve));
  const address = chat.address();
  if (address === null || typeof address === 'string') throw new Error('the chat does not listen');
  const names = Array.from({ length: MACHINES }, (_, i) => `m${i}-of-many`);
  const bed = await beds.prepare({
    accounts: [
      account(
        'huixingyun',
        names.map((name) => daily(name, 6, { name })),
      ),
    ],
    policies: { 'told.yaml': TOLD },
    config: {
      notifiers: {
        hook: { type: 'webhook', urlFile: 'secrets/hook' },
        team: { type: 'slack', url: `http://127.0.0.1:${address.port}/services/a/b` },
      },
    },
  });
  tell = bed.happenings.tell;
  const child = await bed.spawn();
  // A program is told at once; whoever has heard of all knows that all wait for the people.
  await bed.until('the program is told of all', () => bed.receiver.told('expiry.soon').length === MACHINES);
  await child.kill();
  // On a machine that is too slow the moment is over before the kill, and there is nothing to see here.
  const early = bodies.length;
  await bed.spawn();
  await bed.until('the people are told of all', () => {
    const text = bodies.join('\n');
    return names.every((name) => text.includes(name));
  });
  if (early === 0) expect(bodies).toHaveLength(1);
  for (const name of names)
    expect(
      bodies.filter((body) => body.includes(`/${name})`)),
      name,
    ).toHaveLength(1);
  expect(bed.receiver.told('expiry.soon')).toHaveLength(MACHINES);
  await bed.expectSound();
  await new Promise((resolve) => chat.close(resolve));
});
