-- POSTPONE: a turn could not be run (infrastructure, not the flow): its conversation waits, the order stays.
--
-- KEYS[1]  the lane's prefix
-- ARGV     conversation, epoch, seq of the head item, now ms, delay ms, failures of this item, this one included
-- returns  'lost' or 'postponed'
local P, conv, epoch, seq = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
if redis.call('ZSCORE', P .. 'pend', conv) ~= epoch then return 'lost' end
local head = redis.call('LINDEX', P .. 'i:' .. conv, 0)
if not head or string.sub(head, 1, #seq + 1) ~= seq .. '|' then return 'lost' end
redis.call('HSET', P .. 'att', conv, seq .. ':' .. ARGV[6])
wake(P, 'in', conv, redis.call('INCR', P .. 'seq'), ARGV[4], tonumber(ARGV[5]))
return 'postponed'
