import { Script } from '../script.ts';

/** Adds numbers to those of a field, one by one. A day's hash ends by itself, so long after its first entry. */
export const ADD_SAVED = `
local function addSaved(key, field, numbers, keepSeconds)
  local have = redis.call('HGET', key, field)
  if have then
    local sums, i = {}, 0
    local more = string.gmatch(numbers, '%-?%d+')
    for each in string.gmatch(have, '%-?%d+') do
      i = i + 1
      sums[i] = string.format('%.0f', tonumber(each) + tonumber(more() or '0'))
    end
    numbers = table.concat(sums, ' ')
  end
  redis.call('HSET', key, field, numbers)
  if redis.call('TTL', key) < 0 then redis.call('EXPIRE', key, keepSeconds) end
end
`;

/**
 * Writes one entry into the ledger of savings, if the ledger still stands where the entry begins: whoever counts the same
 * time again is told where it stands now. KEYS[1]: the hash of marks. ARGV: account, from, to, seconds to keep a day, the
 * hash of totals, the hash of names, how many names, then id and text of each, then key, field, numbers and policy of each
 * addition; those without a policy are not part of any total.
 */
export const COUNT_SAVINGS = new Script(
  'count-savings',
  `${ADD_SAVED}
local account, from, to, keep, totals, names, count = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], tonumber(ARGV[7])
local mark = redis.call('HGET', KEYS[1], account) or ''
if mark ~= from then return { 0, mark } end
redis.call('HSET', KEYS[1], account, to)
local at = 8
for i = 1, count do
  redis.call('HSET', names, ARGV[at], ARGV[at + 1])
  at = at + 2
end
local words = { 'ms', 'milliGpuSeconds', 'milliGrossFen', 'milliKeptFen', 'unpricedMs', 'unkeptMs', 'stops', 'wrong' }
local sums = {}
while at <= #ARGV do
  local key, field, numbers, policy = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  addSaved(key, field, numbers, keep)
  if policy ~= '' then
    local i = 0
    for each in string.gmatch(numbers, '%-?%d+') do
      i = i + 1
      local name = policy .. '\\n' .. words[i]
      sums[name] = (sums[name] or 0) + tonumber(each)
    end
  end
  at = at + 4
end
for name, sum in pairs(sums) do
  if sum ~= 0 then redis.call('HINCRBY', totals, name, string.format('%.0f', sum)) end
end
return { 1, to }
`,
);
