-- Who is who: the identities a contact is known by.

-- A contact is known by its identities; each maps to the contact's id, a phone number's entry with '*' behind it when
-- that contact has a BSUID. A number seen with another BSUID than before belongs to another person now.
local function bind(P, identity, contact)
  redis.call('HSET', P .. 'a:' .. string.sub(identity, 1, 2), string.sub(identity, 3), contact)
end

local function lookup(P, identity)
  if identity == '' then return false end
  return redis.call('HGET', P .. 'a:' .. string.sub(identity, 1, 2), string.sub(identity, 3))
end

-- Only what waits is in the way of a change. A session is not: by Meta's word it is another person's from now on.
local function idle(P, phone, contact)
  local conv = phone .. '.' .. contact
  return redis.call('EXISTS', P .. 'i:' .. conv, P .. 'o:' .. conv) == 0
end

local function contact_of(P, phone, primary, secondary, flags)
  local known = lookup(P, primary)
  if flags == 'r' or flags == 'R' then
    -- The announcement that `primary` is `secondary` from now on. A conversation with items waiting under the new
    -- identity keeps its contact: queued items are never moved.
    local contact = known and string.sub(known, 1, 16) or string.sub(primary, 3)
    -- Late messages under the old identity still find it; a user id never seen before beside the old number is its
    -- next owner.
    bind(P, primary, contact .. '*')
    local other = lookup(P, secondary)
    if not other or (string.sub(other, 1, 16) ~= contact and idle(P, phone, string.sub(other, 1, 16))) then
      bind(P, secondary, contact)
    end
    return contact
  end
  if known then
    local contact = string.sub(known, 1, 16)
    if flags == 'b' and secondary ~= '' and lookup(P, secondary) ~= contact .. '*' then
      bind(P, secondary, contact .. '*')
    end
    return contact
  end
  local other = lookup(P, secondary)
  local contact = string.sub(primary, 3)
  if other and string.sub(other, 17) ~= '*' then contact = other end
  bind(P, primary, contact)
  if secondary ~= '' then bind(P, secondary, contact .. '*') end
  return contact
end
