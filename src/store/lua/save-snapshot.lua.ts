import { Script } from '../script.ts';

/**
 * Stores a snapshot unless a newer one is there; one from after `latest` is no newer one: it was taken by a clock that has
 * been set back since. Hash of an account: `meta` JSON, `takenAt`, `generation`, `digest` of the rows, `table` the rows
 * compressed. Rows that are there already are not sent again: without `rows` and with another digest the answer is `rows`, and
 * the caller brings them. `meta` is JSON that lacks its end, so that the generation is given here.
 */
export const SAVE_SNAPSHOT = new Script(
  'save-snapshot',
  `
local key = KEYS[1]
local takenAt, latest, wanted, meta, digest, rows = unpack(ARGV)
local have = redis.call('HMGET', key, 'takenAt', 'generation', 'digest')
local known = tonumber(have[1] or '-1')
if known >= tonumber(takenAt) and known <= tonumber(latest) then return { 'older', tonumber(have[2] or '0') } end
if rows == '' and have[3] ~= digest then return { 'rows' } end
local generation = math.max(tonumber(have[2] or '0') + 1, tonumber(wanted))
redis.call('HSET', key, 'takenAt', takenAt, 'generation', generation, 'digest', digest,
  'meta', meta .. ',"generation":' .. string.format('%d', generation) .. '}')
if rows ~= '' then redis.call('HSET', key, 'table', rows) end
return { 'stored', generation }
`,
);
