import { Script } from '../script.ts';
import { ACTED } from './acted.lua.ts';

/** Notes a step that needs no operation (a notification) as done, once: 1 for the first, 0 for everybody after. */
export const CLAIM = new Script(
  'claim',
  `${ACTED}
local p = KEYS[1]
local account, policy, target, occurrence, step, now = unpack(ARGV)
local first = 0
acted(p .. 'acted:' .. account, policy .. '\\n' .. target, occurrence, tonumber(step), true, function(s)
  if s.s ~= 'none' then return false end
  s.s = 'done'
  s.at = tonumber(now)
  s.a = s.a + 1
  first = 1
end)
if first == 1 then
  local recent = p .. 'recent:' .. account
  redis.call('ZREMRANGEBYSCORE', recent, '-inf', now - 3600000)
  redis.call('ZADD', recent, now, '-\\n' .. policy .. '\\n' .. target .. '|' .. occurrence .. '|' .. step)
end
return first
`,
);

/** One sample a minute at most, the newest first, about so many; a later one within the minute is left out. */
export const ADD_BALANCE = new Script(
  'add-balance',
  `
local newest = redis.call('LINDEX', KEYS[1], 0)
if newest then
  local at, fen = string.match(newest, '^(-?%d+) (-?%d+)$')
  local apart = tonumber(ARGV[1]) - tonumber(at)
  if apart < 0 or (apart < 60000 and fen == ARGV[2]) then return 0 end
  if apart < 60000 then redis.call('LPOP', KEYS[1]) end
end
redis.call('LPUSH', KEYS[1], ARGV[1] .. ' ' .. ARGV[2])
redis.call('LTRIM', KEYS[1], 0, ARGV[3] - 1)
return 1
`,
);

/** Replaces one probe's reading among those of an instance (JSON object by probe), unless a later one is there. */
export const SAVE_READING = new Script(
  'save-reading',
  `
local raw = redis.call('HGET', KEYS[1], ARGV[1])
local all = raw and cjson.decode(raw) or {}
local reading = cjson.decode(ARGV[3])
local have = all[ARGV[2]]
if have and have.at > reading.at and have.at - reading.at < tonumber(ARGV[4]) then return 0 end
all[ARGV[2]] = reading
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(all))
return 1
`,
);
/**
 * Keeps an announcement. The same one again (announced at the same time, or while the first is still running) may only
 * lengthen its deadline; one that is announced after the earlier deadline has passed is a new one.
 */
export const PUT_NOTICE = new Script(
  'put-notice',
  `
local key = KEYS[1]
local id, text, announcedAt, deadlineAt, delivered = unpack(ARGV)
local raw = redis.call('HGET', key, id)
local have = raw and cjson.decode(raw)
if not have or (tonumber(announcedAt) > have.announcedAt and tonumber(announcedAt) > have.deadlineAt) then
  redis.call('HSET', key, id, text)
  return 1
end
local longer = tonumber(deadlineAt) > have.deadlineAt
if longer or (delivered == '1' and not have.delivered) then
  if longer then have.deadlineAt = tonumber(deadlineAt) end
  have.delivered = have.delivered or delivered == '1'
  redis.call('HSET', key, id, cjson.encode(have))
end
return 0
`,
);

/** Replaces one field of a hash, but only where it is: what was dropped meanwhile does not come back. */
export const REPLACE_FIELD = new Script(
  'replace-field',
  `
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
`,
);

/** Notes the delivery of a notice that is still there. */
export const NOTICE_DELIVERED = new Script(
  'notice-delivered',
  `
local raw = redis.call('HGET', KEYS[1], ARGV[1])
if not raw then return 0 end
local notice = cjson.decode(raw)
if not notice.delivered then notice.deliveredAt = tonumber(ARGV[2]) end
notice.delivered = true
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(notice))
return 1
`,
);

/** The versions of operations, parted by spaces; 0 for one that is not there. One answer, since a thousand are dear to take apart. */
export const VERSIONS = new Script(
  'versions',
  `
local versions = {}
for i, id in ipairs(ARGV) do versions[i] = redis.call('HGET', KEYS[1] .. 'op:' .. id, 'version') or '0' end
return table.concat(versions, ' ')
`,
);

/** Adds the delay of one confirmation to those of its account and action; the settle time follows the slowest, and only grows. */
export const LEARN_SETTLE = new Script(
  'learn-settle',
  `
local raw = redis.call('HGET', KEYS[1], ARGV[1])
local known = raw and cjson.decode(raw) or { settle = 0, samples = {} }
local samples = known.samples
samples[#samples + 1] = tonumber(ARGV[2])
while #samples > tonumber(ARGV[3]) do table.remove(samples, 1) end
local sorted = { unpack(samples) }
table.sort(sorted)
local p99 = sorted[math.ceil(#sorted * 0.99)]
known.settle = math.max(known.settle, math.min(tonumber(ARGV[5]), tonumber(ARGV[4]) * p99))
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(known))
return known.settle
`,
);
