import { isTerminal, OPERATION_EDGES, OPERATION_STATES } from '../../fleet/operation.ts';
import { Script } from '../script.ts';
import { ACTED } from './acted.lua.ts';
import { AUDIT_LENGTH } from './arm.lua.ts';

/**
 * The map of src/fleet/operation.ts, so that there is one map; as a text to look in, since a Lua table would be built anew
 * with every call.
 */
const EDGES = OPERATION_STATES.flatMap((from) => OPERATION_EDGES[from].map((to) => `${from}>${to}`)).join(' ');
/** Longer than any row of attempts; an id that only looks like one must not send the script around for long. */
const MOST_ATTEMPTS_LOOKED_AT = 100;
const TERMINAL = OPERATION_STATES.filter(isTerminal).join(' ');

/**
 * One step along the map, as a compare-and-set on (state, version). The same transaction id again changes nothing and
 * gets what it got before. With `brief` the caller knows the operation as it was at that version, and is told only the
 * sequence number. A limit on spending is asked for and counted at `sending`, and given back when it is known
 * that nothing was sent. While a destruction of an account is under way no other of it gets to `sending`.
 */
export const TRANSITION = new Script(
  'transition',
  `${ACTED}
local p = KEYS[1]
local id, from, version, to, txid, now, body, check, outcome, epoch, floor, sendingAt, day, fen, maxCalls, maxFen, brief = unpack(ARGV)
local op = p .. 'op:' .. id
local h = redis.call('HMGET', op, 'state', 'version', 'x:' .. txid, 'account', 'instance', 'class', 'action', 'policy', 'occurrence', 'step', 'head', 'caps', 'spent', 'owed', 'sends')
local state, have, replayed, account, instance, class, action, policy, occurrence, step, head, caps, spent, owed, sends = unpack(h)
if not state then return { 'absent' } end
if replayed then return { 'replayed', redis.call('HGETALL', op) } end
if state ~= from or have ~= version then return { 'stale', redis.call('HGETALL', op) } end
if not string.find(' ${EDGES} ', ' ' .. from .. '>' .. to .. ' ', 1, true) then return { 'illegal' } end

local guarded = class ~= 'reversible'
local function breach(invariant, detail)
  local text = cjson.encode({ reason = 'invariant', detail = invariant .. ': ' .. detail, at = tonumber(now) })
  redis.call('HSETNX', p .. 'frozen', class, text)
  return { 'breach', invariant, detail }
end

local recordSpent
if to == 'sending' then
  local why = redis.call('HGET', p .. 'frozen', guarded and class or 'reversible:' .. account)
  if why then return { 'frozen', why } end
  if guarded then
    if tonumber(sends or '0') > 0 then return breach('I1', 'a request of ' .. id .. ' may have left before') end
    -- The attempts before this one: each has ended without a request, was refused, or a person authorised what follows.
    local key, attempt = string.match(id, '^(%x+)%-(%d+)$')
    if not key or #key ~= 32 then attempt = 1 end
    for before = 1, math.min(tonumber(attempt), ${MOST_ATTEMPTS_LOOKED_AT}) - 1 do
      local was = redis.call('HMGET', p .. 'op:' .. key .. '-' .. before, 'state', 'sends')
      local left = tonumber(was[2] or '0') > 0
      if was[1] and not (was[1] == 'rejected' or was[1] == 'superseded' or (was[1] == 'cancelled' and not left)) then
        return breach('I1', 'attempt ' .. before .. ' of ' .. id .. ' is ' .. was[1])
      end
    end
    local held = redis.call('HGET', p .. 'open-paid:' .. account, instance)
    if held ~= id then return breach('I4', (held or 'nothing') .. ' holds ' .. instance .. ', not ' .. id) end
    local mine = redis.call('MGET', p .. 'ledger:epoch', p .. 'ledger:seq')
    if mine[1] ~= epoch or tonumber(mine[2] or '0') < tonumber(floor) then return { 'amnesia' } end
    -- One destruction at a time on an account, whoever sends it: what goes wrong with the first is seen before the second.
    local other = action == 'destroy' and redis.call('HGET', p .. 'destroying', account)
    if other and other ~= id then return { 'busy', other } end
  end
  if day ~= '' then
    local key = p .. 'spend:' .. account .. ':' .. day
    local so = redis.call('HMGET', key, 'calls', 'fen')
    if maxCalls ~= '' and tonumber(so[1] or '0') + 1 > tonumber(maxCalls) then return { 'spend-limit', 'calls' } end
    if maxFen ~= '' then
      if fen == '' then return { 'spend-limit', 'price' } end
      if tonumber(so[2] or '0') + tonumber(fen) > tonumber(maxFen) then return { 'spend-limit', 'fen' } end
    end
    local calls = redis.call('HINCRBY', key, 'calls', 1)
    if maxCalls ~= '' and calls > tonumber(maxCalls) then
      return breach('I7', calls .. ' paid requests of ' .. account .. ' on ' .. day .. ', and ' .. maxCalls .. ' are allowed')
    end
    if fen ~= '' then redis.call('HINCRBY', key, 'fen', fen) end
    redis.call('PEXPIRE', key, 3456000000)
    recordSpent = day .. ' ' .. (fen == '' and '0' or fen)
  end
elseif from == 'sending' and to == 'armed' and spent and spent ~= '' then
  local spentDay, spentFen = string.match(spent, '^(%S+) (%d+)$')
  local key = p .. 'spend:' .. account .. ':' .. spentDay
  redis.call('HINCRBY', key, 'calls', -1)
  if spentFen ~= '0' then redis.call('HINCRBY', key, 'fen', '-' .. spentFen) end
  recordSpent = ''
end

local seq = redis.call('INCR', p .. 'ledger:seq')
local new = tonumber(version) + 1
redis.call('HSET', op, 'state', to, 'version', new, 't:' .. new, seq .. ' ' .. body, 'x:' .. txid, new)
if to == 'sending' then redis.call('HSET', op, 'sendingAt', sendingAt) end
if recordSpent then redis.call('HSET', op, 'spent', recordSpent) end
if guarded and to == 'sending' then redis.call('HINCRBY', op, 'sends', 1) end
if guarded and from == 'sending' and to == 'armed' then redis.call('HSET', op, 'sends', 0) end

if to == 'confirmed' or to == 'rejected' or to == 'escalated' or to == 'superseded' then
  redis.call('ZADD', p .. 'untold', now, id)
end

local function release(key)
  if redis.call('HGET', key, instance) == id then redis.call('HDEL', key, instance) end
end
if action == 'destroy' then
  if to == 'sending' then
    redis.call('HSET', p .. 'destroying', account, id)
  elseif string.find(' armed escalated ${TERMINAL} ', ' ' .. to .. ' ', 1, true)
    and redis.call('HGET', p .. 'destroying', account) == id then
    redis.call('HDEL', p .. 'destroying', account)
  end
end
if string.find(' ${TERMINAL} ', ' ' .. to .. ' ', 1, true) then
  redis.call('ZREM', p .. 'ops:open', id)
  release(p .. 'open:' .. account)
  if guarded then release(p .. 'open-paid:' .. account) end
else
  if check ~= '' then redis.call('ZADD', p .. 'ops:open', check, id) end
  if to == 'escalated' then release(p .. 'open:' .. account) end
end

if guarded and to == 'uncertain' then
  redis.call('ZADD', p .. 'unclear:' .. account, now, id)
  redis.call('ZREMRANGEBYSCORE', p .. 'unclear:' .. account, '-inf', now - 86400000)
elseif guarded and to == 'confirmed' then
  redis.call('ZREM', p .. 'unclear:' .. account, id)
end

if to == 'confirmed' and action == 'renew' then
  redis.call('HSET', p .. 'renewed:' .. account, instance, redis.call('HGET', op, 'sendingAt') or now)
end
-- Owed from when the stop may have left: one that takes effect late is owed its start as well.
if (to == 'accepted' or to == 'uncertain' or to == 'confirmed') and owed and owed ~= '' then
  for _, o in ipairs(cjson.decode(owed)) do
    redis.call('HSETNX', p .. 'obligations:' .. account, o[1], o[2] .. ',"stoppedAt":' .. now .. '}')
  end
end

if outcome == 'none' then
  if caps and caps ~= '' then
    for key in string.gmatch(caps, '[^\\n]+') do redis.call('ZREM', key, id) end
  end
  redis.call('ZREM', p .. 'recent:' .. account, 'i\\n' .. policy .. '\\n' .. id, '-\\n' .. policy .. '\\n' .. id)
end
if policy ~= '' and outcome ~= '' then
  acted(p .. 'acted:' .. account, policy .. '\\n' .. instance, occurrence, tonumber(step), false, function(s)
    s.s = outcome
    if outcome == 'rejected' then
      s.r = s.r or {}
      s.r[#s.r + 1] = tonumber(now)
      if #s.r > 3 then table.remove(s.r, 1) end
    end
  end)
end
redis.call('XADD', p .. 'audit', 'MAXLEN', '~', ${AUDIT_LENGTH}, '*', 'kind', 'transition', 'operation', id, 'head', head, 'body', body)
if brief ~= '' then return { 'moved', seq } end
return { 'moved', seq, redis.call('HGETALL', op) }
`,
);
