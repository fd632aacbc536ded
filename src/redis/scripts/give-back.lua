-- GIVE BACK: a job that was taken (see take) could not be done here. It is the next one of its queue, and its start does
-- not count: whoever has it next repeats it as BullMQ repeats what fails.
--
-- KEYS[1]  the lane's prefix     ARGV  'in' or 'out', id, the worker's token
-- returns  'given', or 'lost' when another worker has it by now
local base = KEYS[1] .. ARGV[1] .. ':'
if redis.call('GET', base .. ARGV[2] .. ':lock') ~= ARGV[3] then return 'lost' end
redis.call('LREM', base .. 'active', 1, ARGV[2])
redis.call('DEL', base .. ARGV[2] .. ':lock')
redis.call('SREM', base .. 'stalled', ARGV[2])
redis.call('HINCRBY', base .. ARGV[2], 'ats', -1)
redis.call('RPUSH', base .. 'wait', ARGV[2])
redis.call('ZADD', base .. 'marker', 0, '0')
return 'given'
