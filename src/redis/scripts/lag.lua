-- LAG: how much waits in a lane, and since when.
--
-- KEYS[1]  the lane's prefix
-- returns  { conversations waiting, messages to send waiting (conversations), head item of the oldest inbox or '',
--            head item of the oldest outbox or '', timers, effects }
local P = KEYS[1]
local function oldest(set, list)
  local conv = redis.call('ZRANGE', P .. set, 0, 0)[1]
  return conv and redis.call('LINDEX', P .. list .. conv, 0) or ''
end
return { redis.call('ZCARD', P .. 'pend'), redis.call('ZCARD', P .. 'opend'), oldest('pend', 'i:'),
  oldest('opend', 'o:'), redis.call('ZCARD', P .. 'tm'), redis.call('LLEN', P .. 'fx') }
