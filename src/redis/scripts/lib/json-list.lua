-- Lists of JSON inside hashes.

--- Puts items behind a list that is stored as JSON text. What is no list becomes one: whoever wrote something else there
-- meanwhile is overwritten. Text is joined to text, as cjson would change numbers and make maps of empty lists.
-- @param items  JSON texts with commas between them
local function append_json(key, field, items)
  local old = redis.call('HGET', key, field)
  if not old or string.sub(old, 1, 1) ~= '[' or old == '[]' then
    redis.call('HSET', key, field, '[' .. items .. ']')
  else
    redis.call('HSET', key, field, string.sub(old, 1, -2) .. ',' .. items .. ']')
  end
end
