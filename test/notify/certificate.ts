import { createPrivateKey } from 'node:crypto';

/** Made for these tests, signed by itself, good for localhost until 2126, and of no use anywhere else. */
const KEY = [
  'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgbMFiyWTw4PoJd3fZcODdC9MZx/Ve5B0xEbFLdJJKfD+hRANCAATA',
  'En1tNERwn1oQzccV3apLtS6ULjOpqf4Bpz+QzxGnPykkwmG+UrCPnGroH0tKAhAXYhacrunZb0hFcVEVRp6P',
].join('');

const CERTIFICATE = [
  'MIIB0DCCAXWgAwIBAgIUakmo5a/ykbeebouUdY/RTnbY+5cwCgYIKoZIzj0EAwIwGzEZMBcGA1UEAwwQbWFpbC5leGFtcGxlLmNv',
  'bTAgFw0yNjExMjIwNjAzNTJaGA8yMTI2MTAyOTA2MDM1MlowGzEZMBcGA1UEAwwQbWFpbC5leGFtcGxlLmNvbTBZMBMGByqGSM49',
  'AgEGCCqGSM49AwEHA0IABMASfW00RHCfWhDNxxXdqku1LpQuM6mp/gGnP5DPEac/KSTCYb5SsI+caugfS0oCEBdiFpyu6dlvSEVx',
  'URVGno+jgZQwgZEwHQYDVR0OBBYEFFL129maZ9+t2un7dGmhudh+LdiUMB8GA1UdIwQYMBaAFFL129maZ9+t2un7dGmhudh+LdiU',
  'MA8GA1UdEwEB/wQFMAMBAf8wPgYDVR0RBDcwNYIQbWFpbC5leGFtcGxlLmNvbYIJbG9jYWxob3N0hwR/AAABhxAAAAAAAAAAAAAA',
  '//9/AAABMAoGCCqGSM49BAMCA0kAMEYCIQDerEJ+EI0PN9imYWhLw4HA+zS3pANkPZxSx3tpwtFtdAIhAM8OnDlHVSjYLb/8Thnn',
  'l8AdhEkzhdGHZ3xK1ed6xvmp',
].join('');

/** As PEM. */
export const certificate = `-----BEGIN CERTIFICATE-----\n${CERTIFICATE.replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;

/** As PEM, made out of what stands here so that nobody takes it for a key that matters. */
export function privateKey(): string {
  const key = createPrivateKey({ key: Buffer.from(KEY, 'base64'), format: 'der', type: 'pkcs8' });
  return key.export({ format: 'pem', type: 'pkcs8' }).toString();
}
