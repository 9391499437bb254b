import { describe, test } from 'vitest';
import { AddressGuard, AddressRefused, addressList } from '../../src/activity/address-guard.ts';
import { expect } from '../support/in-words.ts';

const guard = new AddressGuard([]);

test.each(['8.8.8.8', '223.5.5.5', '1.1.1.1', '100.63.255.255', '100.128.0.0', '2400:3200::1', '::ffff:8.8.8.8'])(
  '%s is public',
  (address) => expect(guard.permits(address)).toBe(true),
);

const OURS = `
  0.0.0.1 10.0.0.1 100.64.0.1 127.0.0.1 169.254.169.254 172.16.0.1 172.31.255.255
  0.0.0.0 0.255.255.255 10.255.255.255 100.100.100.200 100.127.255.255 127.255.255.254 168.63.129.16
  192.0.0.1 192.0.0.192 192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.255 224.0.0.1 239.255.255.255 240.0.0.1
  255.255.255.255
  :: ::1 ::7f00:1 ::ffff:10.0.0.1 ::ffff:a00:1 ::FFFF:127.0.0.1 ::ffff:169.254.169.254 ::ffff:a9fe:a9fe
  0:0:0:0:0:ffff:7f00:1 ::ffff:0:127.0.0.1 ::ffff:0:a9fe:a9fe ::ffff:0:808:808
  64:ff9b::7f00:1 64:ff9b::127.0.0.1 64:ff9b:1::1 100::1
  2002:7f00:1:: 2002:a9fe:a9fe::1 2001:0:1::1 2001:10::1 2001:db8::1 3fff::1 5f00::1
  fc00::1 fd12::1 fd00:ec2::254 fe80::1 fe80::1%eth0 ::1%lo fec0::1 ff02::1
  localhost example.org 1.2.3`;
test.each([...OURS.trim().split(/\s+/), '', '127.0.0.1 '])('"%s" is not', (address) => {
  expect(guard.permits(address)).toBe(false);
});

describe('network.allow', () => {
  test('opens what it names and nothing else', () => {
    const open = new AddressGuard(['10.20.0.0/16', 'fd00:1::/32']);
    expect(['10.20.255.1', '::ffff:10.20.0.1', 'fd00:1::5'].map((address) => open.permits(address))).toEqual([
      true,
      true,
      true,
    ]);
    expect(['10.21.0.1', '127.0.0.1', 'fd00:2::1'].some((address) => open.permits(address))).toBe(false);
  });

  test.each(['10.0.0.0', '10.0.0.0/', '10.0.0.0/33', 'net/8', '10.0.0/8', '::/129', '10.0.0.0/8/8', '10.0.0.0/-1'])(
    '"%s" is no CIDR',
    (text) => expect(() => addressList([text])).toThrow('is not a CIDR'),
  );
});

describe('lookup', () => {
  const look = (of: AddressGuard, all: boolean) => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    of.lookup('localhost', { all }, (error, address) => resolve(error ?? address));
    return promise;
  };

  test('refuses a name that leads to a refused address', async () => {
    expect(await look(guard, true)).toBeInstanceOf(AddressRefused);
    expect(await look(guard, false)).toBeInstanceOf(AddressRefused);
  });

  test('refuses a name of which only some addresses are permitted', async () => {
    const half = new AddressGuard(['::1/128']);
    expect(await look(half, true)).toBeInstanceOf(AddressRefused);
  });

  test('answers with what the name stands for', async () => {
    const open = new AddressGuard(['127.0.0.0/8', '::1/128']);
    expect(await look(open, true)).toEqual(expect.arrayContaining([{ address: '127.0.0.1', family: 4 }]));
    expect(['127.0.0.1', '::1']).toContain(await look(open, false));
  });

  test('a name that does not resolve is an error of the resolver', async () => {
    const { promise, resolve } = Promise.withResolvers<NodeJS.ErrnoException | null>();
    guard.lookup('no-such-name.invalid', {}, (error) => resolve(error));
    expect(await promise).not.toBeInstanceOf(AddressRefused);
    expect((await promise)?.code).toMatch(/^E/);
  });
});
