import type { RedisCheck, RedisChecks } from '../../store/checks.ts';
import type { RedisHealth } from '../../store/health.ts';
import { type Finding, findingsOf } from './finding.ts';

const { ok, warning, broken } = findingsOf('redis');

/** From here on a Redis that has a limit is nearly full. */
const NEARLY_FULL = 0.8;
const MB = 1024 * 1024;

export function redisFindings({ checks }: RedisChecks, health: RedisHealth): readonly Finding[] {
  return [...checks.map(aboutSetting), aboutMemory(health), ...aboutWrites(health)];
}

function aboutSetting({ name, found, wanted, ok: fits, why, mend }: RedisCheck): Finding {
  const told = found ?? '(not told)';
  if (fits) return ok(name, told);
  return broken(name, `${told}, and ${wanted} is needed: ${why}; until then paid and destructive work is off`, mend);
}

function aboutMemory({ usedBytes, limitBytes, machineBytes }: RedisHealth): Finding {
  if (usedBytes === null) return warning('memory', 'Redis does not tell how much it uses', 'watch it where it runs');
  const used = `${Math.ceil(usedBytes / MB)} MB used`;
  // Without a limit of its own it is the machine's memory that runs out.
  const limit = limitBytes === null || limitBytes === 0 ? machineBytes : limitBytes;
  if (limit === null || limit === 0) return ok('memory', used);
  const text = `${used} of ${Math.floor(limit / MB)} MB`;
  if (usedBytes < limit * NEARLY_FULL) return ok('memory', text);
  const mend = 'give it more (maxmemory, or the container’s limit)';
  if (usedBytes >= limit) return broken('memory', `${text}: full, so that it refuses every write`, mend);
  return warning('memory', `${text}: nearly full, and a full Redis refuses every write`, mend);
}

function aboutWrites({ lastWriteOk, lastRewriteOk }: RedisHealth): readonly Finding[] {
  const findings: Finding[] = [];
  if (lastWriteOk === false)
    findings.push(
      broken('writes', 'the last write to its append-only file failed', 'make room on its disk, and look at its log'),
    );
  if (lastRewriteOk === false)
    findings.push(
      warning(
        'rewrite',
        'the last rewrite of its append-only file failed, so that it only grows',
        'make room on its disk for twice the file, then BGREWRITEAOF',
      ),
    );
  return findings;
}
