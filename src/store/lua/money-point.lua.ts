import { Script } from '../script.ts';

/**
 * Adds one point to every grain of an account's money history. Within a step of its grain a later point replaces the one
 * before it; one that is older than the newest is left out. ARGV: the time in seconds, what is known then, and for each
 * grain its key, its step in seconds and how many points it keeps.
 */
export const ADD_MONEY_POINT = new Script(
  'add-money-point',
  `
local at = tonumber(ARGV[1])
local line = ARGV[1] .. ' ' .. ARGV[2]
local added = 0
for i = 3, #ARGV, 3 do
  local key, step, most = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
  local newest = redis.call('LINDEX', key, 0)
  local last = newest and tonumber(string.match(newest, '^%d+'))
  if not last or math.floor(at / step) > math.floor(last / step) then
    redis.call('LPUSH', key, line)
    redis.call('LTRIM', key, 0, most - 1)
    added = added + 1
  elseif at >= last then
    redis.call('LSET', key, 0, line)
  end
  -- Of an account that is gone.
  redis.call('EXPIRE', key, step * most)
end
return added
`,
);
