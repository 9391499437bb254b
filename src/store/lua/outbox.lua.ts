import { Script } from '../script.ts';

/*
 * The outbox of one notifier. KEYS[1] is the beginning of its keys:
 *   items    hash, id → "seq json" of what is to be delivered
 *   came     sorted set of the same ids by when they came
 *   waiting  sorted set of ids by when they may leave
 *   leased   sorted set of ids that somebody is just sending, by when that is no longer believed
 *   tries    hash, id → how often it was tried in vain
 *   seen     sorted set of ids by when they came: the same again is the same
 *   open     hash, thread → JSON of what was told and is not over
 *   due      sorted set of threads by when to look at them again
 *   state    hash: until, why, detail (nothing leaves before), fails, digest
 *   sent     sorted set of sends by Redis' own time, for the rate limits
 */

/** 1: taken; 0: it has been here before; -1: full. ARGV: id, json, now, dueAt, most, seen since, most seen, opens, its JSON, when to look, closes. */
export const PUT_PARCEL = new Script(
  'put-parcel',
  `
local p = KEYS[1]
local id, json, now, due, most, since, keep, opens, open, look, closes = unpack(ARGV)
if redis.call('ZSCORE', p .. 'seen', id) then return 0 end
if redis.call('HLEN', p .. 'items') >= tonumber(most) then return -1 end
local seq = redis.call('HINCRBY', p .. 'state', 'seq', 1)
redis.call('HSET', p .. 'items', id, seq .. ' ' .. json)
redis.call('ZADD', p .. 'came', now, id)
redis.call('ZADD', p .. 'waiting', due, id)
redis.call('ZADD', p .. 'seen', now, id)
redis.call('ZREMRANGEBYSCORE', p .. 'seen', '-inf', '(' .. since)
redis.call('ZREMRANGEBYRANK', p .. 'seen', 0, -1 - tonumber(keep))
if opens ~= '' then
  redis.call('HSET', p .. 'open', opens, open)
  redis.call('ZADD', p .. 'due', look, opens)
end
if closes ~= '' then
  redis.call('HDEL', p .. 'open', closes)
  redis.call('ZREM', p .. 'due', closes)
end
return 1
`,
);

/** What waits, first due first, after taking back what was leased and not heard of again. ARGV: now, most. */
export const LOAD_OUTBOX = new Script(
  'load-outbox',
  `
local p = KEYS[1]
local now, most = ARGV[1], tonumber(ARGV[2])
for _, id in ipairs(redis.call('ZRANGEBYSCORE', p .. 'leased', '-inf', now)) do
  redis.call('ZREM', p .. 'leased', id)
  redis.call('ZADD', p .. 'waiting', now, id)
end
local rows = {}
local waiting = redis.call('ZRANGE', p .. 'waiting', 0, most - 1, 'WITHSCORES')
for i = 1, #waiting, 2 do
  local item = redis.call('HGET', p .. 'items', waiting[i])
  if item then
    rows[#rows + 1] = { waiting[i], waiting[i + 1], redis.call('HGET', p .. 'tries', waiting[i]) or '0', redis.call('ZSCORE', p .. 'came', waiting[i]) or now, item }
  else
    redis.call('ZREM', p .. 'waiting', waiting[i])
  end
end
local leased = redis.call('ZRANGE', p .. 'leased', 0, 0, 'WITHSCORES')
local state = redis.call('HMGET', p .. 'state', 'until', 'why', 'detail', 'fails', 'digest')
for i = 1, 5 do state[i] = state[i] or '' end
return { rows, leased[2] or '', state, redis.call('ZCARD', p .. 'waiting') }
`,
);

/** Takes what still waits for one sender; answers which. ARGV: until when, ids. */
export const LEASE_PARCELS = new Script(
  'lease-parcels',
  `
local p = KEYS[1]
local taken = {}
for i = 2, #ARGV do
  if redis.call('ZREM', p .. 'waiting', ARGV[i]) == 1 then
    redis.call('ZADD', p .. 'leased', ARGV[1], ARGV[i])
    taken[#taken + 1] = ARGV[i]
  end
end
return taken
`,
);

/** They are delivered, or given up. ARGV: ids. */
export const DROP_PARCELS = new Script(
  'drop-parcels',
  `
local p = KEYS[1]
for i = 1, #ARGV do
  redis.call('ZREM', p .. 'leased', ARGV[i])
  redis.call('ZREM', p .. 'waiting', ARGV[i])
  redis.call('HDEL', p .. 'items', ARGV[i])
  redis.call('HDEL', p .. 'tries', ARGV[i])
  redis.call('ZREM', p .. 'came', ARGV[i])
end
return #ARGV
`,
);

/** They wait again. ARGV: until when, 1 where the try counts, ids. */
export const RETURN_PARCELS = new Script(
  'return-parcels',
  `
local p = KEYS[1]
for i = 3, #ARGV do
  if redis.call('HEXISTS', p .. 'items', ARGV[i]) == 1 then
    redis.call('ZREM', p .. 'leased', ARGV[i])
    redis.call('ZADD', p .. 'waiting', ARGV[1], ARGV[i])
    if ARGV[2] == '1' then redis.call('HINCRBY', p .. 'tries', ARGV[i], 1) end
  end
end
return 1
`,
);

/**
 * Takes one send out of every limit, or answers in how many ms there is one. By Redis' own clock: all replicas share it,
 * and the receivers count real time. ARGV: max and per ms of each limit, a name for this send.
 */
export const TAKE_SEND = new Script(
  'take-send',
  `
local key = KEYS[1] .. 'sent'
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local wait, longest = 0, 0
for i = 1, #ARGV - 1, 2 do
  local max, per = tonumber(ARGV[i]), tonumber(ARGV[i + 1])
  longest = math.max(longest, per)
  local within = redis.call('ZRANGE', key, '(' .. (now - per), '+inf', 'BYSCORE', 'WITHSCORES')
  local count = #within / 2
  -- A clock that was set back leaves sends in the future; they are not waited for longer than the limit itself.
  if count >= max then wait = math.max(wait, math.min(per, tonumber(within[(count - max) * 2 + 2]) + per - now)) end
end
if wait > 0 then return math.ceil(wait) end
redis.call('ZREMRANGEBYSCORE', key, '-inf', now - longest)
redis.call('ZADD', key, now, ARGV[#ARGV])
redis.call('PEXPIRE', key, longest + 1000)
return 0
`,
);

/** Looks at an open thread again later, unless it was closed meanwhile. ARGV: thread, when, its JSON (empty: as it is). */
export const LOOK_LATER = new Script(
  'look-later',
  `
local p = KEYS[1]
if redis.call('HEXISTS', p .. 'open', ARGV[1]) == 0 then return 0 end
redis.call('ZADD', p .. 'due', ARGV[2], ARGV[1])
if ARGV[3] ~= '' then redis.call('HSET', p .. 'open', ARGV[1], ARGV[3]) end
return 1
`,
);
