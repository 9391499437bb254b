import { access, constants, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { WatermarkFile } from '../../store/watermark.ts';
import { type Finding, findingsOf } from './finding.ts';

const { ok, warning, broken } = findingsOf('files');

/** Less than this and the next rewrite of an append-only file on the same disk may fail. */
const LITTLE_BYTES = 100 * 1024 * 1024;
const MB = 1024 * 1024;

export interface OwnFiles {
  readonly config: string;
  readonly secrets: readonly string[];
  readonly stateDir: string;
  /** Who we are; `null` where the system has no such numbers. */
  readonly uid: number | null;
}

/** Who may read the secrets and change the configuration, and whether the state can be kept. Nothing is written. */
export async function checkFiles({ config, secrets, stateDir, uid }: OwnFiles): Promise<readonly Finding[]> {
  return [
    ...(await changeable(config, uid)),
    ...(await Promise.all(secrets.map((file) => secretFile(file, uid)))),
    ...(await stateFolder(stateDir)),
  ];
}

async function changeable(config: string, uid: number | null): Promise<readonly Finding[]> {
  const { mode, uid: owner } = await stat(config);
  if ((mode & 0o002) !== 0)
    return [broken(config, 'every user of this machine can change the configuration', `chmod o-w ${config}`)];
  if (uid !== null && owner !== uid && owner !== 0)
    return [
      warning(
        config,
        `belongs to the user ${owner}, who can change what is done`,
        `chown it to root, or to whoever runs this`,
      ),
    ];
  return [ok(config, 'can be changed by its owner alone')];
}

async function secretFile(file: string, uid: number | null): Promise<Finding> {
  const { mode, uid: owner } = await stat(file);
  const bits = `0${(mode & 0o777).toString(8).padStart(3, '0')}`;
  if ((mode & 0o002) !== 0)
    return broken(file, `every user of this machine can change it (mode ${bits})`, `chmod 400 ${file}`);
  // Containers mount secrets readable for all, and nobody else is in there.
  if ((mode & 0o004) !== 0 && !file.startsWith('/run/secrets/'))
    return broken(file, `every user of this machine can read it (mode ${bits})`, `chmod 400 ${file}`);
  if (uid !== null && uid !== 0 && owner !== uid && owner !== 0)
    return warning(
      file,
      `belongs to the user ${owner} and not to the one who runs this (${uid})`,
      `chown it to ${uid}`,
    );
  return ok(file, `mode ${bits}`);
}

async function stateFolder(dir: string): Promise<readonly Finding[]> {
  const there = await nearest(dir);
  const findings: Finding[] = [];
  try {
    await access(there, constants.W_OK | constants.X_OK);
    findings.push(ok('stateDir', there === dir ? `${dir} can be written to` : `${dir} will be made`));
  } catch {
    return [
      broken(
        'stateDir',
        `${there} cannot be written to by whoever runs this`,
        `chown ${there} to that user, or name another stateDir`,
      ),
    ];
  }
  const { bavail, bsize } = await statfs(there);
  const free = bavail * bsize;
  if (free < LITTLE_BYTES)
    findings.push(
      warning('disk', `${Math.floor(free / MB)} MB are free at ${there}`, 'make room: a full disk stops paid work'),
    );
  try {
    const mark = await new WatermarkFile(dir).load();
    findings.push(
      ok(
        'watermark',
        mark === null ? 'there is none yet: the first start makes it' : `the ledger had come to ${mark.seq}`,
      ),
    );
  } catch (error) {
    findings.push(
      broken(
        'watermark',
        error instanceof Error ? error.message : 'cannot be read',
        'look in the clouds’ consoles what was paid lately, then move the file away and `lamplighter reconcile`',
      ),
    );
  }
  return findings;
}

/** The folder itself, or the lowest one above it that is there. */
async function nearest(dir: string): Promise<string> {
  try {
    await stat(dir);
    return dir;
  } catch {
    const parent = dirname(dir);
    return parent === dir ? dir : await nearest(parent);
  }
}
