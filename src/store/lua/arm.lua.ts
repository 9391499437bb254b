import { Script } from '../script.ts';
import { ACTED } from './acted.lua.ts';

/** The audit keeps about so many entries: weeks of a busy fleet in some tens of megabytes. */
export const AUDIT_LENGTH = 100_000;

/**
 * Arms an operation, or says why not. One hash per operation:
 *
 *     draft      what was asked for, JSON, never changes
 *     head       account, instance, action, policy as a piece of JSON, for audit entries
 *     state, version, class, account, instance, action, policy, occurrence, step, at
 *     owed       obligations of a stop: [[id, JSON without its end]…]
 *     caps       keys of the caps it counts in, by line, so that they are given back when nothing was sent
 *     spent      "day fen" of the last sending, likewise
 *     sends      how many requests of a paid or destructive operation may have left
 *     t:VERSION  "SEQ JSON" of each transition, with the fields that it set; the operation is draft plus these, in order
 *     x:TXID     the version that this transaction made
 *
 * The order of the questions matters: what exists already is a duplicate whatever else holds, a frozen ledger decides
 * nothing new, and caps are counted last, so that no refusal uses one up.
 */
export const ARM = new Script(
  'arm',
  `${ACTED}
local p = KEYS[1]
local id, account, instance, class, action, policy, occurrence, step, now = unpack(ARGV, 1, 9)
local draft, head, body, owed, epoch, floor, interrupts, ncaps = unpack(ARGV, 10, 17)
local op = p .. 'op:' .. id
if redis.call('EXISTS', op) == 1 then return { 'duplicate', redis.call('HGETALL', op) } end

local guarded = class ~= 'reversible'
local why = redis.call('HGET', p .. 'frozen', guarded and class or 'reversible:' .. account)
if why then return { 'frozen', why } end
if guarded then
  local mine = redis.call('MGET', p .. 'ledger:epoch', p .. 'ledger:seq')
  if mine[1] ~= epoch or tonumber(mine[2] or '0') < tonumber(floor) then return { 'amnesia' } end
end

local open = redis.call('HGET', p .. 'open:' .. account, instance)
if not open and guarded then open = redis.call('HGET', p .. 'open-paid:' .. account, instance) end
if open then return { 'open', open } end
-- One order at a time on an account, until a person has settled it: what is new there is then the one that was ordered.
if action == 'create' then
  local orders = redis.call('HGETALL', p .. 'open-paid:' .. account)
  for i = 1, #orders, 2 do
    if string.find(orders[i], account .. '/slot:', 1, true) == 1 then return { 'open', orders[i + 1] } end
  end
end

ncaps = tonumber(ncaps)
local keys = {}
for i = 0, ncaps - 1 do
  local key, max, window, reason = unpack(ARGV, 18 + 4 * i, 21 + 4 * i)
  key = p .. 'cap:' .. window .. ':' .. key
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now - window)
  if redis.call('ZCARD', key) >= tonumber(max) then return { 'capped', reason } end
  keys[#keys + 1] = key
end
for i, key in ipairs(keys) do
  redis.call('ZADD', key, now, id)
  redis.call('PEXPIRE', key, ARGV[20 + 4 * (i - 1)])
end

local seq = redis.call('INCR', p .. 'ledger:seq')
redis.call('HSET', op, 'draft', draft, 'head', head, 'state', 'armed', 'version', 1, 'class', class, 'account', account,
  'instance', instance, 'action', action, 'policy', policy, 'occurrence', occurrence, 'step', step, 'at', now,
  'owed', owed, 'caps', table.concat(keys, '\\n'), 't:1', seq .. ' ' .. body)
redis.call('ZADD', p .. 'ops', seq, id)
redis.call('ZADD', p .. 'ops:account:' .. account, seq, id)
redis.call('ZADD', p .. 'ops:instance:' .. instance, seq, id)
redis.call('ZADD', p .. 'ops:open', '+inf', id)
redis.call('HSET', p .. 'open:' .. account, instance, id)
if guarded then redis.call('HSET', p .. 'open-paid:' .. account, instance, id) end
local recent = p .. 'recent:' .. account
redis.call('ZREMRANGEBYSCORE', recent, '-inf', now - 3600000)
redis.call('ZADD', recent, now, interrupts .. '\\n' .. policy .. '\\n' .. id)
if policy ~= '' then
  acted(p .. 'acted:' .. account, policy .. '\\n' .. instance, occurrence, tonumber(step), true, function(s)
    s.s = 'open'
    s.at = tonumber(now)
    s.a = s.a + 1
  end)
end
redis.call('XADD', p .. 'audit', 'MAXLEN', '~', ${AUDIT_LENGTH}, '*', 'kind', 'transition', 'operation', id, 'head', head, 'body', body)
return { 'armed', seq }
`,
);
