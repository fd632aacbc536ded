-- HOLD: a conversation's head is not to be handled yet: it sleeps, or more messages may belong to it. All stay where they
-- are, and a later job looks again.
--
-- KEYS[1]  the lane's prefix
-- ARGV     conversation, epoch, seq of the head item, now ms, delay ms, token of the timer the head waits for ('': none)
-- returns  'lost'   another job owns the conversation
--          'held'   that timer's item will go before the head; without a timer, only the delayed job comes
--          'woken'  the timer has gone off meanwhile: its item was moved before the head
--          'free'   there is no such timer: nothing to wait for
local P, conv, epoch, seq, now, token = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[6]
if redis.call('ZSCORE', P .. 'pend', conv) ~= epoch then return 'lost' end
local inbox = P .. 'i:' .. conv
local head = redis.call('LINDEX', inbox, 0)
if not head or string.sub(head, 1, #seq + 1) ~= seq .. '|' then return 'lost' end
if token ~= '' then
  if not redis.call('ZSCORE', P .. 'tm', conv .. '|' .. token) then
    local begins = '|{"k":"timer","token":"' .. token .. '"'
    for _, item in ipairs(redis.call('LRANGE', inbox, 1, -1)) do
      if string.find(item, begins, 1, true) then
        redis.call('LREM', inbox, 1, item)
        redis.call('LPUSH', inbox, item)
        wake(P, 'in', conv, redis.call('INCR', P .. 'seq'), now, 0)
        return 'woken'
      end
    end
    return 'free'
  end
  redis.call('HSET', P .. 'held', conv, token)
end
wake(P, 'in', conv, redis.call('INCR', P .. 'seq'), now, tonumber(ARGV[5]))
return 'held'
