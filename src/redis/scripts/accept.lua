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
--   payload    the inbox item; '' when there is nothing to handle, only an identity to learn; or what happened beside the
--              bot, with its time: P<ms> staff wrote to the contact, T<ms> another app took the conversation, S<ms> the
--              contact wrote to that app, G<ms> it gave the conversation back, C<ms> the contact called
-- returns one string a message: '' for a duplicate, else its conversation id
--
-- The first write is SADD (deny-oom): a Redis over its memory refuses the call before anything changed.
local P, now, ttl = KEYS[1], ARGV[1], ARGV[2]

-- What happened beside the bot.
local function beside(conv, phone, what, ms)
  if what == 'P' then return heard_of(P, conv, 1, ms) end
  local contact = P .. 'c:' .. string.sub(conv, #phone + 2)
  local is_known = redis.call('EXISTS', contact) == 1
  if what == 'G' then
    -- Told late, of a return before it was taken again: the flow's handover goes on.
    if heard_of(P, conv, 3, ms) and is_known then give_back(P, conv, '{"k":"handoverEnded","at":' .. now .. '}', now) end
    return
  end
  if what ~= 'C' then heard_of(P, conv, 2, ms) end
  -- Whichever app it went to, by whichever means: the business may answer for a day.
  if what ~= 'T' and is_known and (tonumber(redis.call('HGET', contact, '~w:' .. phone)) or 0) < tonumber(ms) then
    redis.call('HSET', contact, '~w:' .. phone, ms)
  end
end

local function store(phone, primary, secondary, flags, payload)
  local conv = phone .. '.' .. contact_of(P, phone, primary, secondary, flags)
  if payload ~= '' and string.sub(payload, 1, 1) ~= '{' then
    beside(conv, phone, string.sub(payload, 1, 1), string.sub(payload, 2))
    return conv
  end
  -- News of somebody who never wrote to this number is learned, and makes no conversation.
  local is_news = flags == 'R' and redis.call('EXISTS', P .. 'c:' .. string.sub(conv, #phone + 2)) == 0
  if payload ~= '' and not is_news and append_inbox(P, conv, payload, now) > 1 then
    -- What waits there for another app to give the conversation back waits no longer: the contact writes to us.
    local voices = redis.call('GET', P .. 'pw:' .. conv)
    if voices and string.find(voices, '|', 1, true) then release(P, conv, now) end
  end
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
