import { createPrivateKey } from 'node:crypto';

/** Made for these tests, signed by itself, good for localhost until 2126, and of no use anywhere else. */
const KEY = [
  'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgdZnk0VZezt0AEofEODoYJdCzkJxoS+hfITWnZBWjOGahRANCAASy',
  'y0PHYuX9rcxOku+5LDYcxAzzsF1Xte5mV7M0izI2fI5SEo/uNp2vdfbNiXj2pcV8xRtAF9yRWrY/vGx3i9ne',
].join('');

const CERTIFICATE = [
  'MIIBrzCCAVWgAwIBAgIUFBz5LSW8pQVcq9rOsKO5fkyxUL8wCgYIKoZIzj0EAwIwGzEZMBcGA1UEAwwQbWFpbC5leGFtcGxlLmNv',
  'bTAgFw0yNjExMjIwNjQ2MTBaGA8yMTI2MTAyOTA2NDYxMFowGzEZMBcGA1UEAwwQbWFpbC5leGFtcGxlLmNvbTBZMBMGByqGSM49',
  'AgEGCCqGSM49AwEHA0IABLLLQ8di5f2tzE6S77ksNhzEDPOwXVe17mZXszSLMjZ8jlISj+42na919s2JePalxXzFG0AX3JFatj+8',
  'bHeL2d6jdTBzMB0GA1UdDgQWBBQgMQMqB2G5RRHM37DHjUl/xU4QgzAfBgNVHSMEGDAWgBQgMQMqB2G5RRHM37DHjUl/xU4QgzAP',
  'BgNVHRMBAf8EBTADAQH/MCAGA1UdEQQZMBeCCWxvY2FsaG9zdIcEfwAAAYcEAAAAADAKBggqhkjOPQQDAgNIADBFAiB/kzM+Vdw6',
  'arBN2mVxLd8tAmQ4nVcdXiVLkGRFzTZ1MQIhAK4fPYzXVoFnhjFNy6BjavRvhXvokBahIvxuc4dtsmR0',
].join('');

/** As PEM. */
export const certificate = `-----BEGIN CERTIFICATE-----\n${CERTIFICATE.replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;

/** As PEM, made out of what stands here so that nobody takes it for a key that matters. */
export function privateKey(): string {
  const key = createPrivateKey({ key: Buffer.from(KEY, 'base64'), format: 'der', type: 'pkcs8' });
  return key.export({ format: 'pem', type: 'pkcs8' }).toString();
}
