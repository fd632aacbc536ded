-- PATCH PROFILE: one change of a contact's profile, made in another lane, applied once and in that lane's order.
--
-- KEYS[1]  the contact's hash     ARGV  name of the lane it comes from, number of the effect in that lane,
--          '1' to create the hash when it is missing, n, field, value, … (n values),
--          m, field, items to put behind its list, … (m values), fields to delete …
-- returns  'applied', 'behind' when this or a later change of that lane was applied before, 'unknown' contact
local version = '~' .. ARGV[1]
if ARGV[3] ~= '1' and redis.call('EXISTS', KEYS[1]) == 0 then return 'unknown' end
local known = tonumber(redis.call('HGET', KEYS[1], version) or -1)
if known >= tonumber(ARGV[2]) then return 'behind' end
redis.call('HSET', KEYS[1], version, ARGV[2])
local n = tonumber(ARGV[4])
for i = 5, 4 + n, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
local m = tonumber(ARGV[5 + n])
for i = 6 + n, 5 + n + m, 2 do append_json(KEYS[1], ARGV[i], ARGV[i + 1]) end
for i = 6 + n + m, #ARGV do redis.call('HDEL', KEYS[1], ARGV[i]) end
return 'applied'
