-- BEGIN SEND: may the head of this outbox go out now? If so it is marked as on its way, before Meta hears of it.
--
-- KEYS[1]  the lane's prefix
-- ARGV[1]  conversation  ARGV[2] epoch  ARGV[3] now ms
-- ARGV[4]  ms between two messages of the number (1000 / throughput)
-- ARGV[5]  ms between two messages of the pair (0: no pair budget)  ARGV[6] messages the pair may send in a burst
-- ARGV[7]  ms a send of unknown fate waits for a status before it is sent again
-- ARGV[8]  ms a paused number is left alone behind the one message that tries whether it works again
-- returns  { 'stale' }            not the owner, or nothing to send
--          { 'wait', ms, why }    a later job will send it: 'throughput' 'pair' 'unsettled' 'paused'
--          { 'settled', oid, payload, attempts, faults }   a status proved that Meta has it: ack without sending
--          { 'send', oid, payload, attempts, faults, '1' if Meta may have it already, phone number, BSUID,
--            when the contact last wrote, who had the word beside the bot }
--            the contact's ids as known now ('' when unknown): they may have changed since the turn
local P, conv, epoch, now = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3])
local oid, payload = owned_head(P, conv, epoch)
if not oid then return { 'stale' } end

local tried = redis.call('HGET', P .. 'oatt', conv) or ''
local tried_oid, attempts, faults = string.match(tried, '^(%d+):(%d+):(%d+)$')
if tried_oid ~= oid then attempts, faults = '0', '0' end

local function wait(ms, why)
  send_again(P, conv, now, ms)
  return { 'wait', ms, why }
end

local phone, contact = string.match(conv, '^(.-)%.(.*)$')
local marker, hold = P .. 'f:' .. conv, P .. 'hold:' .. phone
local number_key, went_key = P .. 'tat:' .. phone, P .. 'went:' .. phone
local pair_key, slot_key = P .. 'pt:' .. conv, P .. 'rs:' .. conv
local known = redis.call('MGET', marker, hold, pair_key, went_key, slot_key, number_key)

-- 1. A marker of this very message: some sender began and did not finish.
local doubtful = '0'
local marked_oid, state, since = string.match(known[1] or '', '^(%d+)|(%u?)(%d*)$')
if marked_oid == oid then
  if state == 'S' then return { 'settled', oid, payload, attempts, faults } end
  local rest = tonumber(since) + tonumber(ARGV[7]) - now
  if rest > 0 then
    redis.call('SET', marker, oid .. '|' .. (state == 'U' and 'U' or 'C') .. since, 'EX', 86400)
    return wait(rest, 'unsettled')
  end
  doubtful = '1'
  -- Nobody has counted a try whose process died (U: the sender itself reported it). A message that kills is given up.
  if state ~= 'U' then faults = string.format('%d', faults + 1) end
end

-- 2. A number that Meta refuses as a whole (token, account): one message at a time tries whether it works again.
local held_until, reason = string.match(known[2] or '', '^(%d+)|(.*)$')
if held_until then
  local rest = tonumber(held_until) - now
  if rest > 0 then return wait(rest, 'paused') end
end

-- 3. Budgets (GCRA). Over the number's budget a slot is reserved, so that each message waits once. `tat` keeps the slots
-- apart, `went` what really goes out. Who comes late for its slot goes at once, as senders that are slower than the number
-- would else reserve anew for ever, unless so many catch up that what goes out is over the budget.
local interval, pair_interval = tonumber(ARGV[4]), tonumber(ARGV[5])
local pair_tat = math.max(tonumber(known[3] or 0), now)
if pair_interval > 0 then
  local rest = math.ceil(pair_tat - (tonumber(ARGV[6]) - 1) * pair_interval - now)
  if rest > 0 then return wait(rest, 'pair') end
end
local went = math.max(tonumber(known[4] or 0), now)
local slot = tonumber(known[5] or -1)
local crowded = went - now > math.max(100, 4 * interval)
if slot < 0 or (now > slot and crowded) then
  local tat = math.max(tonumber(known[6] or 0), now)
  -- A sender begins with many at once.
  slot = math.max(now, math.ceil(tat - math.max(50, 4 * interval)))
  -- It must outlive the slots it gave away.
  redis.call('SET', number_key, string.format('%.3f', tat + interval), 'PX', math.ceil(tat - now) + 60000)
end
if slot > now then
  redis.call('SET', slot_key, string.format('%.0f', slot), 'PX', math.ceil(slot - now) + 60000)
  return wait(slot - now, 'throughput')
end
if known[5] then redis.call('DEL', slot_key) end
redis.call('SET', went_key, string.format('%.3f', went + interval), 'PX', math.ceil(went - now + interval) + 1000)
if pair_interval > 0 then
  redis.call('SET', pair_key, string.format('%.0f', pair_tat + pair_interval), 'PX', math.ceil(pair_tat - now) + 60000)
end

if held_until then
  -- This message is the one that tries; it is not sent in vain, so nothing above can keep it any more.
  redis.call('SET', hold, string.format('%.0f', now + tonumber(ARGV[8])) .. '|' .. reason)
  if reason == GRAPH_FAILING then redis.call('HSET', P .. 'brk:' .. phone, 'probe', conv .. '|' .. oid) end
end
if doubtful == '1' then redis.call('HSET', P .. 'oatt', conv, oid .. ':' .. attempts .. ':' .. faults) end
redis.call('SET', marker, oid .. '|' .. string.format('%.0f', now), 'EX', 86400)
local ids = redis.call('HMGET', P .. 'c:' .. contact, '@waId', '@bsuid', '~w:' .. phone, '~a:' .. phone, '~c:' .. phone)
return { 'send', oid, payload, attempts, faults, doubtful, ids[1] or '', ids[2] or '', ids[3] or '',
  redis.call('GET', P .. 'pw:' .. conv) or '', ids[4] or '', ids[5] or '' }
