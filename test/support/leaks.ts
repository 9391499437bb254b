import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { Redis } from 'ioredis';

/** With which every zstd frame begins; snapshots are kept that way. */
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** A text and everything that was packed into it, however it got there. */
export function unpacked(bytes: Buffer): string {
  const texts = [bytes.toString('latin1')];
  for (let at = bytes.indexOf(ZSTD); at !== -1; at = bytes.indexOf(ZSTD, at + 1)) {
    const next = bytes.indexOf(ZSTD, at + 1);
    for (const end of next === -1 ? [bytes.length] : [next, bytes.length]) {
      try {
        texts.push(zstdDecompressSync(bytes.subarray(at, end)).toString('latin1'));
        break;
      } catch {
        // Those four bytes may stand anywhere.
      }
    }
  }
  return texts.join('\n');
}

/** Everything in a Redis: keys, and values of whatever kind, unpacked. */
export async function redisText(url: string): Promise<string> {
  const redis = new Redis(url);
  try {
    const parts: string[] = [];
    for (const key of await redis.keys('*')) {
      const values = await valuesOf(redis, key);
      parts.push(key, ...values.map((value) => unpacked(Buffer.from(value))));
    }
    return parts.join('\n');
  } finally {
    redis.disconnect();
  }
}

/**
 * Everything under one key. Lists and sets of a queue come and go while it works: one that is gone when its kind is asked
 * for may be there again, and of another kind than is guessed, a moment later.
 */
async function valuesOf(redis: Redis, key: string): Promise<readonly (Buffer | string)[]> {
  const type = await redis.type(key);
  switch (type) {
    case 'none':
      return [];
    case 'string':
      return [(await redis.getBuffer(key)) ?? ''];
    case 'hash':
      return Object.entries(await redis.hgetallBuffer(key)).flat();
    case 'zset':
      return await redis.zrangeBuffer(key, '0', '-1');
    case 'set':
      return await redis.smembersBuffer(key);
    case 'list':
      return await redis.lrangeBuffer(key, 0, -1);
    case 'stream':
      return [JSON.stringify(await redis.xrange(key, '-', '+'))];
    default:
      throw new Error(`${key} is a ${type}, which nobody looks into`);
  }
}

/** Commands of an append-only file, each argument by itself and unpacked; any other file as it stands. */
function fileText(bytes: Buffer): string {
  if (bytes[0] !== 0x2a) return unpacked(bytes);
  const texts: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd === -1) break;
    const head = bytes.toString('latin1', at, lineEnd);
    const length = head.startsWith('$') ? Number(head.slice(1)) : -1;
    at = lineEnd + 2;
    if (length < 0) continue;
    texts.push(unpacked(bytes.subarray(at, at + length)));
    at += length + 2;
  }
  return texts.join('\n');
}

/** Everything in the files below a folder, with their names. */
export async function filesText(folder: string, except: readonly string[] = []): Promise<string> {
  const parts: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (except.includes(entry.name)) continue;
    if (entry.isDirectory()) parts.push(await filesText(path, except));
    else if (entry.isFile()) parts.push(entry.name, fileText(await readFile(path)));
  }
  return parts.join('\n');
}

/** Where which secret came up, with what stands around it; empty where none did. Also as base64 and as a URL has it. */
export function leaks(places: Readonly<Record<string, string>>, secrets: readonly string[]): readonly string[] {
  const found: string[] = [];
  for (const [place, text] of Object.entries(places)) {
    for (const secret of secrets) {
      const forms = [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)];
      // Whatever stands before and after it, the middle of its base64 is one of three.
      for (let shift = 0; shift < 3; shift += 1) {
        const coded = Buffer.from(`${'x'.repeat(shift)}${secret}`)
          .toString('base64')
          .replace(/=+$/, '');
        forms.push(coded.slice(Math.ceil((shift * 4) / 3), -1));
      }
      const form = forms.find((each) => text.includes(each));
      if (form === undefined) continue;
      const at = text.indexOf(form);
      found.push(`${place}: …${text.slice(Math.max(0, at - 150), at + form.length + 50)}…`);
    }
  }
  return found;
}
