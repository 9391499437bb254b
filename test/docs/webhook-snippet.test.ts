import { expect, test } from 'vitest';
import { signatureHeaders } from '../../src/notify/standard-webhooks.ts';
import { readPage } from './pages.ts';

const BODY = '{"version":1,"text":"stop of dev-张伟 is done"}';
const NOW = 1_795_307_881_000;
const SECRETS = ['whsec_bGFtcGxpZ2h0ZXItZG9jcy1leGFtcGxlLXNlY3JldA==', 'a secret as it is'];

type Verify = (headers: Record<string, string>, body: string, secret: string, now: number) => unknown;

function isModule(value: unknown): value is { readonly verify: Verify } {
  return typeof value === 'object' && value !== null && 'verify' in value && typeof value.verify === 'function';
}

async function shown(): Promise<Verify> {
  const page = await readPage('docs/notifications.md');
  const snippet = page.blocks.find(({ language }) => language === 'js')?.text ?? '';
  const module: unknown = await import(`data:text/javascript,${encodeURIComponent(snippet)}`);
  if (!isModule(module)) throw new Error('the snippet exports no verify');
  return module.verify;
}

test.each(SECRETS)('the snippet of the page accepts what we sign with "%s", and nothing else', async (secret) => {
  const verify = await shown();
  const headers = { ...signatureHeaders(secret, 'an-id', NOW, BODY) };
  expect(verify(headers, BODY, secret, NOW)).toEqual({ version: 1, text: 'stop of dev-张伟 is done' });
  expect(verify(headers, `${BODY} `, secret, NOW)).toBeNull();
  expect(verify(headers, BODY, `x${secret}`, NOW)).toBeNull();
  expect(verify(headers, BODY, secret, NOW + 301_000)).toBeNull();
  expect(verify({ ...headers, 'webhook-timestamp': 'soon' }, BODY, secret, NOW)).toBeNull();
  expect(verify({}, BODY, secret, NOW)).toBeNull();
});
