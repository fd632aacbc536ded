-- PARK: the head of an outbox must wait until the contact writes again. The commit of that message puts it back in front.
--
-- KEYS[1]  the lane's prefix
-- ARGV[1]  conversation  ARGV[2] epoch  ARGV[3] oid  ARGV[4] now ms
-- ARGV[5]  when the contact last wrote, as the sender knew it; '' when it did not
-- ARGV[6]  seconds a parked message is kept
-- ARGV[7]  entries the event stream keeps (0: none)   ARGV[8] event JSON
-- ARGV[9]  token of a timer whose time begins when the message is sent, or '': as long as that is parked, it waits too
-- returns  'lost', 'open' when the contact has written meanwhile (the message is tried again), or 'parked'
local P, conv, epoch, oid, now = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if owned_head(P, conv, epoch) ~= oid then return 'lost' end
local phone, contact = string.match(conv, '^(.-)%.(.*)$')
redis.call('DEL', P .. 'f:' .. conv)
if (redis.call('HGET', P .. 'c:' .. contact, '~w:' .. phone) or '') ~= ARGV[5] then
  send_again(P, conv, now, 0)
  return 'open'
end
redis.call('RPUSH', P .. 'pk:' .. conv, redis.call('LPOP', P .. 'o:' .. conv))
redis.call('EXPIRE', P .. 'pk:' .. conv, ARGV[6])
if ARGV[9] ~= '' then
  -- The ack sets it anew; should the message be forgotten here, the question is not open for ever either.
  redis.call('ZADD', P .. 'tm', 'XX', string.format('%.0f', now + ARGV[6] * 1000), conv .. '|' .. ARGV[9])
end
redis.call('HDEL', P .. 'oatt', conv)
if ARGV[7] ~= '0' then redis.call('XADD', P .. 'ev', 'MAXLEN', '~', ARGV[7], '*', 'e', ARGV[8]) end
if redis.call('EXISTS', P .. 'o:' .. conv) == 0 then
  redis.call('ZREM', P .. 'opend', conv)
else
  send_again(P, conv, now, 0)
end
return 'parked'
