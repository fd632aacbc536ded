-- Wake-ups: BullMQ jobs that say "this conversation has work". Included by every script that adds one.
-- Above this text stands add_delayed_job, BullMQ's own script text wrapped as a function.

-- Infrastructure faults only: what flows and Meta do wrong never fails a wake-up job.
local WAKE_BACKOFF = { type = 'exponential', delay = 500 }
local WAKE_OPTS = '{"attempts":6,"backoff":{"type":"exponential","delay":500}}'

--- Adds a job that may run at once, as BullMQ's addStandardJob does for a job with a new id and nothing special about
-- it: that general script costs more than all the rest of an accept (docs/decisions/0012-our-own-wake-up-jobs.md).
-- A marker in a paused queue is harmless: the worker looks, finds the queue paused, and waits again.
local function add_ready_job(base, id, name, now)
  redis.call('ZADD', base .. 'marker', 0, '0')
  redis.call('LPUSH', base .. 'wait', id)
  redis.call('HSET', base .. id, 'name', name, 'data', '{}', 'opts', WAKE_OPTS, 'timestamp', now, 'delay', 0, 'priority', 0)
end

--- Makes the job of this epoch the one owner of the conversation's inbox or outbox, now or after delay_ms.
-- @param P      the lane's prefix with colon, e.g. {p:0}:
-- @param queue  'in' or 'out'
-- @param conv   conversation id; <conv>-<epoch> is the job's id and all that a worker needs to know
-- @param epoch  taken from the lane's counter; any older job of this conversation does nothing from here on
local function wake(P, queue, conv, epoch, now, delay_ms)
  local base = P .. queue .. ':'
  epoch = string.format('%.0f', epoch)
  redis.call('ZADD', P .. (queue == 'in' and 'pend' or 'opend'), epoch, conv)
  local id = conv .. '-' .. epoch
  local name = queue == 'in' and 'wake' or 'send'
  if delay_ms <= 0 then return add_ready_job(base, id, name, now) end
  add_delayed_job(
    { base .. 'marker', base .. 'meta', base .. 'id', base .. 'delayed', base .. 'completed', base .. 'events' },
    { cmsgpack.pack({ base, id, name, tonumber(now) }), '{}',
      cmsgpack.pack({ attempts = 6, backoff = WAKE_BACKOFF, delay = delay_ms }) }
  )
end

--- Appends one item to an inbox and wakes the conversation if nobody was awake for it: both, or neither. Where the wake-up
-- meets data that somebody has damaged, the item is taken back, as whoever brought it will bring it again.
-- @return how many items wait there now
local function append_inbox(P, conv, payload, now)
  local seq = redis.call('INCR', P .. 'seq')
  local waiting = redis.call('RPUSH', P .. 'i:' .. conv, string.format('%.0f', seq) .. '|' .. payload)
  if waiting == 1 then
    local woken, damage = pcall(wake, P, 'in', conv, seq, now, 0)
    if not woken then
      redis.call('RPOP', P .. 'i:' .. conv)
      error(damage)
    end
  end
  return waiting
end

--- What a held conversation waited for is there: its delayed job is replaced by one that runs at once.
-- @return false when no delayed job has the conversation: then somebody works on it, or nothing waits
local function release(P, conv, now)
  local epoch = redis.call('ZSCORE', P .. 'pend', conv)
  if not epoch or not redis.call('ZSCORE', P .. 'in:delayed', conv .. '-' .. string.format('%.0f', epoch)) then
    return false
  end
  wake(P, 'in', conv, redis.call('INCR', P .. 'seq'), now, 0)
  return true
end

--- Puts one item before all others and wakes the conversation for it: whoever had it in hand has lost it. Only for a
-- conversation that is held back: nobody is working on its head.
local function prepend_inbox(P, conv, payload, now)
  local seq = redis.call('INCR', P .. 'seq')
  redis.call('LPUSH', P .. 'i:' .. conv, string.format('%.0f', seq) .. '|' .. payload)
  wake(P, 'in', conv, seq, now, 0)
end
