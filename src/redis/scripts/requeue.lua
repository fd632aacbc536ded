-- REQUEUE: a dead letter goes back to the tail of its conversation, once.
--
-- KEYS[1]  the lane's prefix     ARGV  'in' or 'out', conversation, payload, now ms, key of this requeue
-- returns  'requeued', or 'repeated' when this very requeue was done before
local P, queue, conv, payload, now = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if not redis.call('SET', P .. 'rq:' .. ARGV[5], 1, 'NX', 'EX', 1209600) then return 'repeated' end
if queue == 'in' then
  append_inbox(P, conv, payload, now)
else
  local oid = redis.call('INCR', P .. 'oseq')
  if redis.call('RPUSH', P .. 'o:' .. conv, string.format('%.0f', oid) .. '|' .. payload) == 1 then
    wake(P, 'out', conv, oid, now, 0)
  end
end
return 'requeued'
