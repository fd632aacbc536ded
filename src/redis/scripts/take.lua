-- TAKE: a handler that is done with one wake-up goes on with the next without asking BullMQ, which would cost Redis more
-- than the turn itself. The job is left exactly as BullMQ's own worker would have it: active, locked, its start counted.
--
-- KEYS[1]  the lane's prefix
-- ARGV[1]  'in' or 'out'   ARGV[2] id of the job taken before, which is done now ('': none)   ARGV[3] the worker's token
-- ARGV[4]  ms a lock lasts ARGV[5] now ms   ARGV[6] '1' when another one is wanted
-- returns  { id, how often it was started, this start included, how often it failed }, or false: nothing waits, the time of
--          a delayed job has come (only BullMQ moves those to the others), an operator paused the queue or gave it a limit,
--          or the job before went to another worker meanwhile
local base = KEYS[1] .. ARGV[1] .. ':'
local done, token = ARGV[2], ARGV[3]
if done ~= '' then
  if redis.call('GET', base .. done .. ':lock') ~= token then return false end
  redis.call('LREM', base .. 'active', 1, done)
  redis.call('DEL', base .. done, base .. done .. ':lock')
  redis.call('SREM', base .. 'stalled', done)
end
if ARGV[6] ~= '1' then return false end
local limits = redis.call('HMGET', base .. 'meta', 'paused', 'concurrency', 'max')
if limits[1] or limits[2] or limits[3] then return false end
-- BullMQ's score of a delayed job: its ms, and 12 bits to tell those of one ms apart.
local due = (tonumber(ARGV[5]) + 1) * 4096 - 1
if redis.call('ZRANGEBYSCORE', base .. 'delayed', '-inf', string.format('%.0f', due), 'LIMIT', 0, 1)[1] then return false end
local id = redis.call('RPOPLPUSH', base .. 'wait', base .. 'active')
if not id then return false end
local known = redis.call('HMGET', base .. id, 'name', 'atm')
if not known[1] then
  -- Somebody deleted the job: the sweep finds its conversation.
  redis.call('LREM', base .. 'active', 1, id)
  return false
end
redis.call('SET', base .. id .. ':lock', token, 'PX', ARGV[4])
redis.call('HSET', base .. id, 'processedOn', ARGV[5])
return { id, redis.call('HINCRBY', base .. id, 'ats', 1), tonumber(known[2] or 0) }
