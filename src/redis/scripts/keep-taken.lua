-- KEEP TAKEN: a job that was taken (see take) is still being worked on.
--
-- KEYS[1]  the lane's prefix     ARGV  'in' or 'out', id, the worker's token, ms a lock lasts
-- returns  'kept', or 'lost' when another worker has it by now
local base = KEYS[1] .. ARGV[1] .. ':'
if redis.call('GET', base .. ARGV[2] .. ':lock') ~= ARGV[3] then return 'lost' end
redis.call('SET', base .. ARGV[2] .. ':lock', ARGV[3], 'PX', ARGV[4])
redis.call('SREM', base .. 'stalled', ARGV[2])
return 'kept'
