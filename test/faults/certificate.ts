import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

// Just enough DER (ITU-T X.690) and X.509 (RFC 5280) to make certificates of 127.0.0.1 that are good or past their time.

export interface TestCertificate {
  readonly key: string;
  readonly cert: string;
}

/** A certificate of 127.0.0.1, and of a host called `name`, that vouches for itself, for those who are told to believe it. */
export function certificate(name: string, validFrom: number, validTo: number): TestCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(oid([42, 134, 72, 206, 61, 4, 3, 2]));
  const subject = sequence(set(sequence(oid([85, 4, 3]), der(0x0c, Buffer.from(name)))));
  const body = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    subject,
    sequence(time(validFrom), time(validTo)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(isAuthority(), isHost(name))),
  );
  const cert = sequence(body, algorithm, bits(sign('sha256', body, privateKey)));
  return { key: pemOf(privateKey), cert: pem('CERTIFICATE', cert) };
}

function isAuthority(): Buffer {
  return sequence(oid([85, 29, 19]), der(0x01, Buffer.from([0xff])), octets(sequence(der(0x01, Buffer.from([0xff])))));
}

function isHost(name: string): Buffer {
  const address = der(0x87, Buffer.from([127, 0, 0, 1]));
  return sequence(oid([85, 29, 17]), octets(sequence(address, der(0x82, Buffer.from(name)))));
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const size = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...parts: readonly Buffer[]) => der(0x30, ...parts);
const set = (part: Buffer) => der(0x31, part);
const integer = (bytes: Buffer) => der(0x02, bytes);
const octets = (part: Buffer) => der(0x04, part);
const bits = (bytes: Buffer) => der(0x03, Buffer.from([0]), bytes);
const oid = (bytes: readonly number[]) => der(0x06, Buffer.from(bytes));

/** GeneralizedTime: YYYYMMDDHHMMSSZ. */
function time(at: number): Buffer {
  return der(0x18, Buffer.from(`${new Date(at).toISOString().replace(/\D/g, '').slice(0, 14)}Z`));
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
