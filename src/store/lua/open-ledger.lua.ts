import { Script } from '../script.ts';

/**
 * Compares the ledger with what this machine's watermark file remembers of it (`epoch` empty: there is no file).
 * Nothing anywhere is a first start and gets an epoch; a ledger without a file is adopted; a ledger that is older than
 * the file, or another one, has lost something: paid and destructive work is frozen for everybody until a person has looked.
 * An epoch that a person reconciled counts as the present one. `sent` is the last paid or destructive sending that this
 * machine knows of: a ledger may have gone back and been moved on by others past our mark, and then only that is missing.
 */
export const OPEN_LEDGER = new Script(
  'open-ledger',
  `
local p = KEYS[1]
local epoch, seq, fresh, frozen, sent, sentVersion = unpack(ARGV)
local have = redis.call('GET', p .. 'ledger:epoch')
local at = tonumber(redis.call('GET', p .. 'ledger:seq') or '0')
local known = redis.call('EXISTS', p .. 'ledger:seq', p .. 'frozen', p .. 'ledger:reconciled') > 0
if not have and not known and epoch == '' then
  redis.call('SET', p .. 'ledger:epoch', fresh)
  redis.call('SET', p .. 'ledger:seq', 0)
  return { 'first-start', fresh, 0 }
end
if have then
  if epoch == '' then return { 'adopted', have, at } end
  local lost = false
  if sent ~= '' then
    local version = redis.call('HGET', p .. 'op:' .. sent, 'version')
    lost = not version or tonumber(version) < tonumber(sentVersion)
  end
  if epoch == have and at >= tonumber(seq) and not lost then return { 'continued', have, at } end
  if epoch ~= have and redis.call('SISMEMBER', p .. 'ledger:reconciled', epoch) == 1 then return { 'adopted', have, at } end
end
redis.call('HSETNX', p .. 'frozen', 'paid', frozen)
redis.call('HSETNX', p .. 'frozen', 'destructive', frozen)
if epoch ~= '' then redis.call('SADD', p .. 'ledger:missed', epoch) end
return { 'amnesia', have or '', at }
`,
);

/**
 * A person has looked: what is there counts from now on, under a new epoch. The old epochs (the stored one, the ones that
 * the daemons missed who froze it, and what this machine remembers) are kept, so that every daemon adopts the new one
 * instead of freezing again, wherever the person sat.
 */
export const RECONCILE = new Script(
  'reconcile',
  `
local p = KEYS[1]
local old, fresh, audit = unpack(ARGV)
local have = redis.call('GET', p .. 'ledger:epoch')
if have then redis.call('SADD', p .. 'ledger:reconciled', have) end
if old ~= '' then redis.call('SADD', p .. 'ledger:reconciled', old) end
redis.call('SUNIONSTORE', p .. 'ledger:reconciled', p .. 'ledger:reconciled', p .. 'ledger:missed')
redis.call('DEL', p .. 'ledger:missed')
redis.call('SET', p .. 'ledger:epoch', fresh)
local seq = redis.call('INCR', p .. 'ledger:seq')
redis.call('DEL', p .. 'frozen')
redis.call('XADD', p .. 'audit', '*', 'kind', 'reconcile', 'body', audit)
return { fresh, seq }
`,
);
