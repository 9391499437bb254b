/** So many occurrences of one policy on one target are remembered; older ones no longer come up. */
export const REMEMBERED_OCCURRENCES = 8;

/**
 * Lua, for use inside other scripts: what a policy did to a target, one hash field per pair, value
 * `[{ o: occurrence, s: [{ n: step, s: state, at: armed or claimed at, a: how often, r: [rejected at…] }] }]`, oldest first.
 * States: open, done, rejected, closed (a person ended it), none (nothing was sent: free again).
 * `change` gets the step's entry, which is new when `at` is nil. Without `create` only what is there is changed.
 */
export const ACTED = `
local function acted(key, field, occurrence, step, create, change)
  local raw = redis.call('HGET', key, field)
  if not raw and not create then return end
  local list = raw and cjson.decode(raw) or {}
  local entry
  for _, e in ipairs(list) do
    if e.o == occurrence then entry = e end
  end
  if not entry then
    if not create then return end
    entry = { o = occurrence, s = {} }
    if #list >= ${REMEMBERED_OCCURRENCES} then
      local drop = 1
      for i = #list, 1, -1 do
        local open = false
        for _, s in ipairs(list[i].s) do open = open or s.s == 'open' end
        if not open then drop = i end
      end
      table.remove(list, drop)
    end
    list[#list + 1] = entry
  end
  local found
  for _, s in ipairs(entry.s) do
    if s.n == step then found = s end
  end
  if not found then
    found = { n = step, s = 'none', a = 0 }
    entry.s[#entry.s + 1] = found
  end
  if change(found) ~= false then redis.call('HSET', key, field, cjson.encode(list)) end
end
`;
