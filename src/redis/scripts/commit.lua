-- COMMIT: everything one turn did, or nothing.
-- Refused when another job owns the conversation by now, when the head is no longer the item that was handled, or when
-- another run of the same turn has checkpointed further: of two runs of one item only one counts.
--
-- KEYS[1]  the lane's prefix
-- ARGV[1]  conversation        ARGV[2]  epoch        ARGV[3]  seq of the head item
-- ARGV[4]  'done'   the item is handled: take it off
--          'yield'  the same, and whoever waits behind this conversation goes first
--          'keep'   checkpoint: write, but the item stays the head until the turn is done
-- ARGV[5]  checkpoints of this item before this one
-- ARGV[6]  now ms
-- ARGV[7]  session JSON; '' deletes it, '=' leaves it
-- ARGV[8]  seconds after which Redis collects a session nobody touched (0: never)
-- ARGV[9]  checkpoint JSON for 'keep', else ''
-- ARGV[10] '1' when the item had failed before: its failure count is cleared
-- ARGV[11] items wanted back (0: none)
-- ARGV[12] entries the lane's event stream keeps (0: none written)
-- ARGV[13] items the turn has handled, from the head
-- ARGV[14] when the contact wrote this item, ms ('' for what no contact wrote): the 24-hour window opens, and replies that
--          were parked for that go out first; 'a' behind it when it came from an advertisement
-- then eight counted lists (a number n, then n values):
--   contact fields to set (pairs), contact fields to delete, items for contact lists (pairs field, JSON texts with commas
--   between them), timers to set (pairs token, due ms), timers to cancel,
--   replies for the outbox, effects outside the lane, events (one JSON each)
-- returns  { 'lost' }   no owner any more, or the head has moved on: drop the result
--          { 'kept' }   checkpoint written
--          { 'idle' }   the inbox is empty
--          { 'yielded' }
--          { 'more', item, … }
local P, conv, epoch, seq, mode, now = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[6]
local inbox = P .. 'i:' .. conv
if redis.call('ZSCORE', P .. 'pend', conv) ~= epoch then return { 'lost' } end
local head = redis.call('LINDEX', inbox, 0)
if not head or string.sub(head, 1, #seq + 1) ~= seq .. '|' then return { 'lost' } end
local checkpoints = string.match(redis.call('HGET', P .. 'ck', conv) or '0|', '^(%d+)|')
if checkpoints ~= ARGV[5] then return { 'lost' } end

if ARGV[7] == '' then
  redis.call('DEL', P .. 's:' .. conv)
elseif ARGV[7] ~= '=' then
  if ARGV[8] == '0' then
    redis.call('SET', P .. 's:' .. conv, ARGV[7])
  else
    redis.call('SET', P .. 's:' .. conv, ARGV[7], 'EX', ARGV[8])
  end
end

local at = 15
local function list()
  local n = tonumber(ARGV[at])
  local first = at + 1
  at = first + n
  return first, at - 1
end

local phone, contact_id = string.match(conv, '^(.-)%.(.*)$')
local contact = P .. 'c:' .. contact_id
if ARGV[14] ~= '' then
  local wrote, from_ad = string.match(ARGV[14], '^(.-)(a?)$')
  for _, field in ipairs(from_ad == 'a' and { '~w:', '~a:' } or { '~w:' }) do
    -- A webhook that was delivered late does not close a window.
    if (tonumber(redis.call('HGET', contact, field .. phone)) or 0) < tonumber(wrote) then
      redis.call('HSET', contact, field .. phone, wrote)
    end
  end
  unpark(P, conv, now)
end
local from, to = list()
-- Lua passes on some thousands of values at most.
for i = from, to, 1000 do redis.call('HSET', contact, unpack(ARGV, i, math.min(i + 999, to))) end
from, to = list()
for i = from, to, 1000 do redis.call('HDEL', contact, unpack(ARGV, i, math.min(i + 999, to))) end
from, to = list()
for i = from, to, 2 do append_json(contact, ARGV[i], ARGV[i + 1]) end
from, to = list()
for i = from, to, 2 do redis.call('ZADD', P .. 'tm', ARGV[i + 1], conv .. '|' .. ARGV[i]) end
from, to = list()
for i = from, to do redis.call('ZREM', P .. 'tm', conv .. '|' .. ARGV[i]) end
from, to = list()
for i = from, to do
  local oid = redis.call('INCR', P .. 'oseq')
  if redis.call('RPUSH', P .. 'o:' .. conv, string.format('%.0f', oid) .. '|' .. ARGV[i]) == 1 then
    -- The message delay also holds between the answers to two messages.
    local rest = math.max(0, redis.call('PTTL', P .. 'ls:' .. conv))
    local own = own_delay(ARGV[i])
    -- Its own pause stands in place of the message delay, not of the wait for a status.
    if own and redis.call('GET', P .. 'ls:' .. conv) ~= 'T' then rest = own end
    wake(P, 'out', conv, oid, now, math.max(rest, own or 0))
  end
end
from, to = list()
for i = from, to do
  local id = redis.call('INCR', P .. 'fxseq')
  redis.call('RPUSH', P .. 'fx', string.format('%.0f', id) .. '|' .. ARGV[i])
end
from, to = list()
if ARGV[12] ~= '0' then
  for i = from, to do redis.call('XADD', P .. 'ev', 'MAXLEN', '~', ARGV[12], '*', 'e', ARGV[i]) end
end

if mode == 'keep' then
  redis.call('HSET', P .. 'ck', conv, string.format('%d', checkpoints + 1) .. '|' .. ARGV[9])
  return { 'kept' }
end

redis.call('LPOP', inbox, ARGV[13])
if checkpoints ~= '0' then redis.call('HDEL', P .. 'ck', conv) end
if ARGV[10] == '1' then redis.call('HDEL', P .. 'att', conv) end
if redis.call('EXISTS', inbox) == 0 then
  redis.call('ZREM', P .. 'pend', conv)
  return { 'idle' }
end
if mode == 'yield' then
  wake(P, 'in', conv, redis.call('INCR', P .. 'seq'), now, 0)
  return { 'yielded' }
end
local out, wanted = { 'more' }, tonumber(ARGV[11])
-- To LRANGE an end of -1 would mean all of them.
if wanted > 0 then
  for _, item in ipairs(redis.call('LRANGE', inbox, 0, wanted - 1)) do out[#out + 1] = item end
end
return out
