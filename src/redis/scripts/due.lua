-- DUE: what was to happen at a time that has come becomes items of its conversation's inbox. Inbox order decides what
-- came first, but for a sleep that messages wait for: its end goes before them.
--
-- KEYS[1]  the lane's prefix     ARGV  now ms, how many at the most
-- returns  { moved, due ms of the next timer or -1, effects waiting to leave the lane }
local P, now = KEYS[1], ARGV[1]
local due = redis.call('ZRANGEBYSCORE', P .. 'tm', '-inf', now, 'LIMIT', 0, ARGV[2])
for _, member in ipairs(due) do
  local conv, token = string.match(member, '^(.-)|(.*)$')
  if string.sub(token, 1, 1) == '~' then
    -- Scheduled by a flow: the item was written then.
    local payload = redis.call('HGET', P .. 'sch', member)
    if payload then
      append_inbox(P, conv, payload, now)
      redis.call('HDEL', P .. 'sch', member)
    end
  else
    local payload = '{"k":"timer","token":"' .. token .. '","at":' .. now .. '}'
    if redis.call('HGET', P .. 'held', conv) == token then
      prepend_inbox(P, conv, payload, now)
      redis.call('HDEL', P .. 'held', conv)
    else
      append_inbox(P, conv, payload, now)
    end
  end
  redis.call('ZREM', P .. 'tm', member)
end
local next_timer = redis.call('ZRANGE', P .. 'tm', 0, 0, 'WITHSCORES')
return { #due, next_timer[2] and string.format('%.0f', next_timer[2]) or '-1', redis.call('LLEN', P .. 'fx') }
