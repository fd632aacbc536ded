-- ACCEPT: stores new messages of one lane, each once, each behind the last of its conversation. At most 100 a call.
-- Run again with the same messages it changes nothing: that is what makes Meta's redelivery harmless.
--
-- KEYS[1]  the lane's prefix, e.g. {p:0}:
-- ARGV     now ms, seconds a dedupe shard lives, then 7 values a message:
--   phone      phone_number_id
--   shard      dedupe shard, "<day>:<0..4095>", of the message's own timestamp, so that a redelivery meets the same one
--   hash       64 bits of the message's id, as a signed integer, so that a shard stays an intset (10 bytes a message)
--   primary    digest of the contact's leading identity (BSUID, else phone number): 2 characters shard, 16 characters field
--   secondary  digest of the other identity, '' when unknown
--   flags      'b' when primary is a BSUID, 'r' when primary is an old identity that secondary
--              replaces, 'R' for the same outside any message, else ''
--   payload    the inbox item; '' when there is nothing to handle, only an identity to learn; P<ms> when staff wrote to the
--              contact then
-- returns one string a message: '' for a duplicate, else its conversation id
--
-- The first write is SADD (deny-oom): a Redis over its memory refuses the call before anything changed.
local P, now, ttl = KEYS[1], ARGV[1], ARGV[2]

-- When a person of the business last wrote to this contact from the phone app. Forward only: echoes come in any order. How
-- long the bot keeps quiet then is the endpoint's business; it is a week at most.
local function staff_wrote(conv, ms)
  local key = P .. 'pw:' .. conv
  if (tonumber(redis.call('GET', key)) or 0) < tonumber(ms) then redis.call('SET', key, ms, 'EX', 8 * 86400) end
end

local function store(phone, primary, secondary, flags, payload)
  local conv = phone .. '.' .. contact_of(P, phone, primary, secondary, flags)
  if string.sub(payload, 1, 1) == 'P' then
    staff_wrote(conv, string.sub(payload, 2))
    return conv
  end
  -- News of somebody who never wrote to this number is learned, and makes no conversation.
  local is_news = flags == 'R' and redis.call('EXISTS', P .. 'c:' .. string.sub(conv, #phone + 2)) == 0
  if payload ~= '' and not is_news then append_inbox(P, conv, payload, now) end
  return conv
end

local out = {}
for i = 3, #ARGV, 7 do
  local shard = P .. 'd:' .. ARGV[i + 1]
  if redis.call('SADD', shard, ARGV[i + 2]) == 0 then
    out[#out + 1] = ''
  else
    if redis.call('SCARD', shard) == 1 then redis.call('EXPIRE', shard, ttl) end
    local ok, conv = pcall(store, ARGV[i], ARGV[i + 3], ARGV[i + 4], ARGV[i + 5], ARGV[i + 6])
    if not ok then
      -- Data that somebody else has damaged. The message must not pass for stored when Meta brings it again.
      redis.call('SREM', shard, ARGV[i + 2])
      error(conv)
    end
    out[#out + 1] = conv
  end
end
return out
