-- Wake-ups: BullMQ jobs that say "this conversation has work". Included by every script that adds one.
-- Above this text stand add_standard_job and add_delayed_job, BullMQ's own script texts wrapped as functions.

-- Infrastructure faults only: what flows and Meta do wrong never fails a wake-up job.
local WAKE_BACKOFF = { type = 'exponential', delay = 500 }

--- Makes the job of this epoch the one owner of the conversation's inbox or outbox, now or after delay_ms.
-- @param P      the lane's prefix with colon, e.g. {p:0}:
-- @param queue  'in' or 'out'
-- @param conv   conversation id, [A-Za-z0-9._-] only, so that it needs no JSON escape
-- @param epoch  taken from the lane's counter; any older job of this conversation does nothing from here on
local function wake(P, queue, conv, epoch, now, delay_ms)
  local base = P .. queue .. ':'
  epoch = string.format('%.0f', epoch)
  redis.call('ZADD', P .. (queue == 'in' and 'pend' or 'opend'), epoch, conv)
  local id = conv .. '-' .. epoch
  local data = '{"c":"' .. conv .. '","e":' .. epoch .. '}'
  local args = cmsgpack.pack({ base, id, queue == 'in' and 'wake' or 'send', tonumber(now) })
  if delay_ms > 0 then
    add_delayed_job(
      { base .. 'marker', base .. 'meta', base .. 'id', base .. 'delayed', base .. 'completed', base .. 'events' },
      { args, data, cmsgpack.pack({ attempts = 6, backoff = WAKE_BACKOFF, delay = delay_ms }) }
    )
  else
    add_standard_job(
      { base .. 'wait', base .. 'paused', base .. 'meta', base .. 'id', base .. 'completed', base .. 'delayed',
        base .. 'active', base .. 'events', base .. 'marker' },
      { args, data, cmsgpack.pack({ attempts = 6, backoff = WAKE_BACKOFF }) }
    )
  end
end

--- Appends one item to an inbox and wakes the conversation if nobody was awake for it.
-- @return the item's sequence number
local function append_inbox(P, conv, payload, now)
  local seq = redis.call('INCR', P .. 'seq')
  if redis.call('RPUSH', P .. 'i:' .. conv, string.format('%.0f', seq) .. '|' .. payload) == 1 then
    wake(P, 'in', conv, seq, now, 0)
  end
  return seq
end
