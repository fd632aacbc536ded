-- What the outbox scripts share: who owns it, what its head is, and when its next wake-up comes.

--- The head of the outbox if this job owns it, else nil.
-- @return oid as text, payload
local function owned_head(P, conv, epoch)
  if redis.call('ZSCORE', P .. 'opend', conv) ~= epoch then return nil end
  local head = redis.call('LINDEX', P .. 'o:' .. conv, 0)
  if not head then
    redis.call('ZREM', P .. 'opend', conv)
    return nil
  end
  return string.match(head, '^(%d+)|(.*)$')
end

--- Hands the outbox to a new job that comes after delay_ms. The calling job does nothing any more.
local function send_again(P, conv, now, delay_ms)
  wake(P, 'out', conv, redis.call('INCR', P .. 'oseq'), now, delay_ms)
end

-- `failed` is final. `read` without `delivered` is usual: an open chat sends only `read`.
local RANK = { accepted = 0, sent = 1, delivered = 2, read = 3, played = 4, failed = 5 }

--- The pause before a message that names its own, from the front of its payload; nil when it does not.
local function own_delay(payload)
  return tonumber(string.match(payload, '^{"delayMs":(%d+)'))
end

--- Key and field of a sent message's status: buckets of 100 stay listpacks, about 30 bytes a message.
local function status_slot(P, oid)
  local n = tonumber(oid)
  return P .. 'sm:' .. string.format('%.0f', math.floor(n / 100)), string.format('%.0f', n % 100)
end

-- Graph itself does not work for a number: pauses it as a refusal would, for a shorter time.
local GRAPH_FAILING = 'graph_failing'
local LONGEST_BREAK_MS = 15000

-- Meta took the message and said later that it did not arrive.
local UNDELIVERED = '"undelivered"'

--- What a status bucket knows of a message: `<status>|<ms>|<rest>`, with a `+` behind the status when there is a substitute.
-- @return status; rest: the step to tell of a failure, a JSON string, or '' when nobody wants to hear of one, of a failed
-- message Meta's codes, with commas between them; ms as text; whether there is a substitute
local function status_of(known)
  local status, plus, ms, rest = string.match(known or '', '^([%l_]+)(%+?)|([^|]*)|?(.*)$')
  return status, rest or '', ms, plus == '+'
end

-- Substitutes: what goes out in place of a message that Meta took, and refuses later for a reason that can be mended.
local SUBSTITUTE_SEC = 86400

local function substitute_key(P, conv, oid)
  return P .. 'sub:' .. conv .. ':' .. oid
end

--- Whether one of Meta's codes is one the substitute is for. Both with commas between them.
local function is_mended(codes, mended)
  for code in string.gmatch(codes, '%d+') do
    if string.find(',' .. mended .. ',', ',' .. code .. ',', 1, true) then return true end
  end
  return false
end

--- Puts a substitute into the outbox, as near to the place of its message as can be: before all that waits, but behind the
-- head when that is on its way to Meta right now, and behind substitutes of earlier messages.
-- @return whether nothing waited there: then nobody is awake for it
local function send_substitute(P, conv, oid, payload, now, codes, events)
  local outbox = P .. 'o:' .. conv
  local before
  local head = redis.call('LINDEX', outbox, 0)
  local head_oid = head and string.match(head, '^%d+')
  if head_oid and string.match(redis.call('GET', P .. 'f:' .. conv) or '', '^%d+') == head_oid then before = head end
  for i = before and 1 or 0, redis.call('LLEN', outbox) - 1 do
    local item = redis.call('LINDEX', outbox, i)
    local of = string.match(item, '^%d+|{"again":{"oid":"(%d+)"')
    if not of or tonumber(of) > tonumber(oid) then break end
    before = item
  end
  local new = string.format('%.0f', redis.call('INCR', P .. 'oseq'))
  if before then
    redis.call('LINSERT', outbox, 'AFTER', before, new .. '|' .. payload)
  else
    redis.call('LPUSH', outbox, new .. '|' .. payload)
  end
  if events ~= '0' then
    redis.call('XADD', P .. 'ev', 'MAXLEN', '~', events, '*', 'e', '{"at":' .. now .. ',"k":"again","c":"' .. conv
      .. '","oid":"' .. new .. '","was":"' .. oid .. '","codes":[' .. codes .. ']}')
  end
  return not head
end

--- Tells the flow of a message that did not reach its contact. Called where its status becomes `failed`, which happens once.
-- @param step  JSON string  @param codes  with commas between them  @param reason  JSON string
local function tell_failure(P, conv, oid, now, step, codes, reason)
  append_inbox(P, conv, '{"k":"failedSend","at":' .. now .. ',"oid":"' .. oid .. '","step":' .. step .. ',"codes":['
    .. codes .. '],"reason":' .. reason .. '}', now)
end

--- Tells the flow that the contact wants no marketing, when that is why a message failed. Called as tell_failure is.
-- @param sent  ms when that message left: the contact may want marketing again since
local function tell_opt_out(P, conv, now, codes, sent)
  if string.find(',' .. codes .. ',', ',131050,', 1, true) then
    append_inbox(P, conv, '{"k":"optedOut","at":' .. now .. ',"sent":' .. sent .. '}', now)
  end
end

--- Puts parked messages back in front, in their order: behind the head when that is on its way to Meta right now.
local function unpark(P, conv, now)
  local parked = redis.call('LRANGE', P .. 'pk:' .. conv, 0, -1)
  if #parked == 0 then return end
  local outbox = P .. 'o:' .. conv
  local head = redis.call('LINDEX', outbox, 0)
  local oid = head and string.match(head, '^%d+')
  local on_its_way = oid and string.match(redis.call('GET', P .. 'f:' .. conv) or '', '^%d+') == oid
  if on_its_way then redis.call('LPOP', outbox) end
  for i = #parked, 1, -1 do redis.call('LPUSH', outbox, parked[i]) end
  if on_its_way then redis.call('LPUSH', outbox, head) end
  redis.call('DEL', P .. 'pk:' .. conv)
  if not head then wake(P, 'out', conv, redis.call('INCR', P .. 'oseq'), now, 0) end
end
