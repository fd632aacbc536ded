-- END HANDOVER: a person is done with a conversation, once: its flow goes on, and a pause because somebody wrote from the
-- phone app is over.
--
-- KEYS[1]  the lane's prefix     ARGV  conversation, the item that tells the flow, now ms, key of this very request
-- returns  'queued', or 'repeated'
local P, conv, item, now = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
if not redis.call('SET', P .. 'rq:' .. ARGV[4], 1, 'NX', 'EX', 60) then return 'repeated' end
local was_quiet = redis.call('DEL', P .. 'pw:' .. conv) == 1
append_inbox(P, conv, item, now)
-- What waited for the end of the pause need not wait for it any more.
if was_quiet and redis.call('LLEN', P .. 'i:' .. conv) > 1 then
  wake(P, 'in', conv, redis.call('INCR', P .. 'seq'), now, 0)
end
return 'queued'
