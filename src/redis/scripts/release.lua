-- RELEASE: what a held conversation waited for is there. Its delayed job is replaced by one that runs at once.
--
-- KEYS[1]  the lane's prefix     ARGV  conversation, now ms
-- returns  'woken', or 'awake' when no delayed job has the conversation: then somebody works on it, or nothing waits
local P, conv = KEYS[1], ARGV[1]
local epoch = redis.call('ZSCORE', P .. 'pend', conv)
if not epoch or not redis.call('ZSCORE', P .. 'in:delayed', conv .. '-' .. string.format('%.0f', epoch)) then
  return 'awake'
end
wake(P, 'in', conv, redis.call('INCR', P .. 'seq'), ARGV[2], 0)
return 'woken'
