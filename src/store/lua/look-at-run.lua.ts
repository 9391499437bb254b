import { Script } from '../script.ts';

/**
 * Notes that this state directory (`me`) is looking, and tells since which Redis process the ledger is being kept. A Redis
 * that was started anew may be older than it was by what only another directory's daemons knew: then what costs or destroys
 * is held, for everybody, unless `me` vouches that it was the only one a short while ago. Whoever is new here waits, too, so
 * that the others have seen it before it pays for anything.
 *
 * A ledger in which nothing was ever armed has nothing to forget.
 */
export const LOOK_AT_RUN = new Script(
  'look-at-run',
  `
local p = KEYS[1]
local me, now, lookedAt, alone, believe, hold, probation, keep = unpack(ARGV)
now = tonumber(now)
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
if not run then return { '', 0, 0, 0 } end
local was = redis.call('HMGET', p .. 'ledger:run', 'id', 'until')
local isNew = not was[1] and tonumber(redis.call('GET', p .. 'ledger:seq') or '0') == 0

local others, joined = 0, nil
local all = redis.call('HGETALL', p .. 'ledger:witnesses')
for i = 1, #all, 2 do
  local since, last = string.match(all[i + 1], '^(%d+) (%d+)$')
  if all[i] == me then joined = tonumber(since)
  elseif not last or math.abs(now - tonumber(last)) > tonumber(keep) then redis.call('HDEL', p .. 'ledger:witnesses', all[i])
  else others = others + 1 end
end
if not joined then joined = isNew and 0 or now end
redis.call('HSET', p .. 'ledger:witnesses', me, string.format('%.0f %.0f', joined, now))

local till = tonumber(was[2] or '0')
if was[1] ~= run then
  local vouched = lookedAt ~= '' and alone == '1' and math.abs(now - tonumber(lookedAt)) <= tonumber(believe)
  if not isNew and not vouched then till = math.max(till, now + tonumber(hold)) end
  redis.call('HSET', p .. 'ledger:run', 'id', run, 'until', string.format('%.0f', till))
end
local mine = joined == 0 and 0 or joined + tonumber(probation)
return { run, till, mine, others }
`,
);
