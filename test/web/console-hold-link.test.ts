import { describe, expect, test } from 'vitest';
import { holdLinkKey, makeHoldLinks, readHoldLink } from '../../src/web/console/hold-link.ts';

const KEY = holdLinkKey('control-token-0001');
const NOW = Date.parse('2026-11-22T04:00:00Z');
const links = makeHoldLinks({ baseUrl: 'https://lamps.example.com', key: KEY });
const link = links.hold('hxy/gpu-1', NOW + 60_000) ?? '';
const ONE = { kind: 'instance', instance: 'hxy/gpu-1' };
const token = link.split('/').at(-1) ?? '';

describe('a link that holds', () => {
  test('names one instance until one time', () => {
    expect(link).toMatch(/^https:\/\/lamps\.example\.com\/hold\/[\w-]+\.[\w-]+$/);
    expect(readHoldLink(KEY, token, NOW)).toEqual({ kind: 'good', to: ONE, expiresAt: NOW + 60_000 });
    expect(readHoldLink(KEY, token, NOW + 60_000)).toMatchObject({ kind: 'expired', to: ONE });
    const odd =
      links
        .hold('hxy/a b/ü"', NOW + 60_000)
        ?.split('/')
        .at(-1) ?? '';
    expect(readHoldLink(KEY, odd, NOW)).toMatchObject({ to: { kind: 'instance', instance: 'hxy/a b/ü"' } });
  });

  test('names what a policy is about to do on one account, and is then no link to an instance', () => {
    const many =
      links
        .holdMany('hxy', 'lights-out/夜', NOW + 60_000)
        ?.split('/')
        .at(-1) ?? '';
    const to = { kind: 'policy', account: 'hxy', policy: 'lights-out/夜' };
    expect(readHoldLink(KEY, many, NOW)).toEqual({ kind: 'good', to, expiresAt: NOW + 60_000 });
    expect(readHoldLink(KEY, many, NOW + 60_000)).toMatchObject({ kind: 'expired', to });
    // As short as that of one, whatever number of machines is behind it.
    expect(many.length).toBeLessThan(100);
  });

  test('cannot be made or changed without the key', () => {
    const [body = '', mac = ''] = token.split('.');
    const other = Buffer.from(JSON.stringify(['hxy/gpu-2', (NOW + 9e9) / 1000])).toString('base64url');
    for (const forged of [
      `${other}.${mac}`,
      body,
      `${body}.`,
      `${body}.${mac}.`,
      `.${mac}`,
      '',
      'x'.repeat(2_000),
      `${body}.${mac.slice(2)}`,
    ]) {
      expect(readHoldLink(KEY, forged, NOW)).toEqual({ kind: 'forged' });
    }
    expect(readHoldLink(holdLinkKey('control-token-0002'), token, NOW)).toEqual({ kind: 'forged' });
  });

  test('is not made where the console has no address, or there is no control token', () => {
    expect(makeHoldLinks({ baseUrl: null, key: KEY }).hold('hxy/a', NOW)).toBeNull();
    expect(makeHoldLinks({ baseUrl: 'https://l.example', key: null }).hold('hxy/a', NOW)).toBeNull();
  });
});
