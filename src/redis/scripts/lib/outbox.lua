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

--- Key and field of a sent message's status: buckets of 100 stay listpacks, about 30 bytes a message.
local function status_slot(P, oid)
  local n = tonumber(oid)
  return P .. 'sm:' .. string.format('%.0f', math.floor(n / 100)), string.format('%.0f', n % 100)
end
