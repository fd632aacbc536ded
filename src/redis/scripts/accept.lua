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
--   payload    the inbox item; '' when there is nothing to handle, only an identity to learn
-- returns one string a message: '' for a duplicate, else its conversation id
--
-- The first write is SADD (deny-oom): a Redis over its memory refuses the call before anything changed.
local P, now, ttl = KEYS[1], ARGV[1], ARGV[2]

-- A contact is known by its identities; each maps to the contact's id, a phone number's entry with '*' behind it when
-- that contact has a BSUID. A number seen with another BSUID than before belongs to another person now.
local function bind(identity, contact)
  redis.call('HSET', P .. 'a:' .. string.sub(identity, 1, 2), string.sub(identity, 3), contact)
end

local function lookup(identity)
  if identity == '' then return false end
  return redis.call('HGET', P .. 'a:' .. string.sub(identity, 1, 2), string.sub(identity, 3))
end

-- Only what waits is in the way of a change. A session is not: by Meta's word it is another person's from now on.
local function idle(phone, contact)
  local conv = phone .. '.' .. contact
  return redis.call('EXISTS', P .. 'i:' .. conv, P .. 'o:' .. conv) == 0
end

local function contact_of(phone, primary, secondary, flags)
  local known = lookup(primary)
  if flags == 'r' or flags == 'R' then
    -- The announcement that `primary` is `secondary` from now on. A conversation with items waiting under the new
    -- identity keeps its contact: queued items are never moved.
    local contact = known and string.sub(known, 1, 16) or string.sub(primary, 3)
    -- Late messages under the old identity still find it; a user id never seen before beside the old number is its
    -- next owner.
    bind(primary, contact .. '*')
    local other = lookup(secondary)
    if not other or (string.sub(other, 1, 16) ~= contact and idle(phone, string.sub(other, 1, 16))) then
      bind(secondary, contact)
    end
    return contact
  end
  if known then
    local contact = string.sub(known, 1, 16)
    if flags == 'b' and secondary ~= '' and lookup(secondary) ~= contact .. '*' then
      bind(secondary, contact .. '*')
    end
    return contact
  end
  local other = lookup(secondary)
  local contact = string.sub(primary, 3)
  if other and string.sub(other, 17) ~= '*' then contact = other end
  bind(primary, contact)
  if secondary ~= '' then bind(secondary, contact .. '*') end
  return contact
end

local out = {}
for i = 3, #ARGV, 7 do
  local phone, payload = ARGV[i], ARGV[i + 6]
  local shard = P .. 'd:' .. ARGV[i + 1]
  if redis.call('SADD', shard, ARGV[i + 2]) == 0 then
    out[#out + 1] = ''
  else
    if redis.call('SCARD', shard) == 1 then redis.call('EXPIRE', shard, ttl) end
    local conv = phone .. '.' .. contact_of(phone, ARGV[i + 3], ARGV[i + 4], ARGV[i + 5])
    -- News of somebody who never wrote to this number is learned, and makes no conversation.
    local is_news = ARGV[i + 5] == 'R' and redis.call('EXISTS', P .. 'c:' .. string.sub(conv, #phone + 2)) == 0
    if payload ~= '' and not is_news then append_inbox(P, conv, payload, now) end
    out[#out + 1] = conv
  end
end
return out
