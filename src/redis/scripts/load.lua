-- LOAD: what a turn needs, if this job is the conversation's owner.
--
-- KEYS[1]  the lane's prefix
-- ARGV     conversation, epoch of the job, items wanted, '1' when the job was started before and did not finish,
--          '1' when there are other lanes: a contact that is new here has a record from now on, so that changes made
--          elsewhere reach this lane while it asks what is known of the contact (see adopt-contact)
-- returns  { 'stale' }  another job owns the conversation, or nothing is left to do
--          { 'ok', times the head item has failed or taken its process down, session or false, checkpoint or false,
--            { contact field, value, … }, who had the word beside the bot (voices.lua) or false, item, item, … }
local P, conv, epoch = KEYS[1], ARGV[1], ARGV[2]
if redis.call('ZSCORE', P .. 'pend', conv) ~= epoch then return { 'stale' } end
local items = redis.call('LRANGE', P .. 'i:' .. conv, 0, ARGV[3] - 1)
if #items == 0 then
  redis.call('ZREM', P .. 'pend', conv)
  return { 'stale' }
end
local seq = string.match(items[1], '^%d+')
local head, failures = string.match(redis.call('HGET', P .. 'att', conv) or '', '^(%d+):(%d+)$')
failures = head == seq and tonumber(failures) or 0
if ARGV[4] == '1' then
  -- The process died with this item in its hands. An item that does so again and again is poison: the worker gives it up.
  failures = failures + 1
  redis.call('HSET', P .. 'att', conv, seq .. ':' .. failures)
end
local contact = string.match(conv, '%.(.*)$')
if ARGV[5] == '1' then redis.call('HSETNX', P .. 'c:' .. contact, '~', '1') end
local out = { 'ok', failures, redis.call('GET', P .. 's:' .. conv), redis.call('HGET', P .. 'ck', conv),
  redis.call('HGETALL', P .. 'c:' .. contact), redis.call('GET', P .. 'pw:' .. conv) }
for _, item in ipairs(items) do out[#out + 1] = item end
return out
