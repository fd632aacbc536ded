-- DUE: timers whose time has come become items of their conversation's inbox. Inbox order decides what came first.
--
-- KEYS[1]  the lane's prefix     ARGV  now ms, how many at the most
-- returns  { moved, due ms of the next timer or -1, effects waiting to leave the lane }
local P, now = KEYS[1], ARGV[1]
local due = redis.call('ZRANGEBYSCORE', P .. 'tm', '-inf', now, 'LIMIT', 0, ARGV[2])
for _, member in ipairs(due) do
  local conv, token = string.match(member, '^(.-)|(.*)$')
  append_inbox(P, conv, '{"k":"timer","token":"' .. token .. '","at":' .. now .. '}', now)
  redis.call('ZREM', P .. 'tm', member)
end
local next_timer = redis.call('ZRANGE', P .. 'tm', 0, 0, 'WITHSCORES')
return { #due, next_timer[2] and string.format('%.0f', next_timer[2]) or '-1', redis.call('LLEN', P .. 'fx') }
