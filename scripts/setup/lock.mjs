import { mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SetupError, say } from './say.mjs';

const BEAT_MS = 2_000;
/** Three dozen missed beats: longer than any stall of a busy machine, short enough to wait for. */
const STALE_MS = 75_000;
/** A first set-up on a slow line takes minutes; nobody should wait for ever. */
const WAIT_MS = 15 * 60_000;

/**
 * Runs `work` while no other bootstrap of this checkout does. The lock is a folder holding one empty file, whose name says who the
 * owner is and whose modification time is the owner's last beat. The lock changes hands only by single renames: a prepared folder
 * is renamed into place (which fails while another's file is inside), and a dead owner's file is renamed to ours (which only one
 * can do). An empty folder is a free lock.
 */
export async function withLock(folder, signal, work) {
  const lock = join(folder, 'lock');
  const mine = `${process.pid}.${Math.random().toString(36).slice(2)}@${encodeURIComponent(hostname())}`;
  await take(folder, lock, mine, signal);
  const beat = setInterval(() => touch(join(lock, mine)), BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    rmSync(join(lock, mine), { force: true });
    try {
      rmdirSync(lock);
    } catch {
      // The next one has it already.
    }
  }
}

async function take(folder, lock, mine, signal) {
  const until = Date.now() + WAIT_MS;
  let told = false;
  for (;;) {
    const owner = ownerOf(lock);
    if (owner === undefined ? takeFree(folder, lock, mine) : isDead(lock, owner) && takeOver(lock, owner, mine)) return;
    if (Date.now() > until) {
      throw new SetupError(
        `another set-up of this checkout holds ${lock}; if none is running, remove that folder and start again`,
      );
    }
    if (!told) say('waiting for another set-up of this checkout to finish');
    told = true;
    await sleep(200, undefined, { signal });
  }
}

function ownerOf(lock) {
  try {
    return readdirSync(lock)[0];
  } catch {
    return undefined;
  }
}

function takeFree(folder, lock, mine) {
  const prepared = join(folder, `lock.${mine}`);
  mkdirSync(prepared);
  writeFileSync(join(prepared, mine), '');
  try {
    renameSync(prepared, lock);
    return true;
  } catch {
    rmSync(prepared, { recursive: true, force: true });
    return false;
  }
}

function takeOver(lock, owner, mine) {
  try {
    // The beat first: a third one that looks between the two lines must not find us dead by the old one's beat.
    touch(join(lock, owner));
    renameSync(join(lock, owner), join(lock, mine));
    return true;
  } catch {
    return false; // Somebody else was quicker.
  }
}

function isDead(lock, owner) {
  try {
    if (Date.now() - statSync(join(lock, owner)).mtimeMs > STALE_MS) return true;
    const [who = '', host] = owner.split('@');
    if (host !== encodeURIComponent(hostname())) return false;
    process.kill(Number.parseInt(who, 10), 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

function touch(file) {
  try {
    const now = new Date();
    utimesSync(file, now, now);
  } catch {
    // Taken over while this machine slept. What the lock guards can be repeated, so let it end.
  }
}
