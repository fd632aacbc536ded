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

--- What a status bucket knows of a message: `<status>|<ms>|<rest>`.
-- @return status, rest: the step to tell of a failure, a JSON string, or '' when nobody wants to hear of one; of a failed
-- message Meta's codes, with commas between them
local function status_of(known)
  local status, rest = string.match(known or '', '^([%l_]+)|[^|]*|?(.*)$')
  return status, rest or ''
end

--- Tells the flow of a message that did not reach its contact. Called where its status becomes `failed`, which happens once.
-- @param step  JSON string  @param codes  with commas between them  @param reason  JSON string
local function tell_failure(P, conv, oid, now, step, codes, reason)
  append_inbox(P, conv, '{"k":"failedSend","at":' .. now .. ',"oid":"' .. oid .. '","step":' .. step .. ',"codes":['
    .. codes .. '],"reason":' .. reason .. '}', now)
end

--- Tells the flow that the contact wants no marketing, when that is why a message failed. Called as tell_failure is.
local function tell_opt_out(P, conv, now, codes)
  if string.find(',' .. codes .. ',', ',131050,', 1, true) then
    append_inbox(P, conv, '{"k":"optedOut","at":' .. now .. '}', now)
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
