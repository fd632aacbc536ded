-- SWEEP: conversations that have work but no job. Only hands in the queue (drain, obliterate, clean) or a job that failed
-- for good can make one. A job finishes only after `pend` has changed, so a missing job is always an orphan.
--
-- KEYS[1]  the lane's prefix     ARGV  now ms, how many of each side to look at
-- returns  { woken inbound, woken outbound }
local P, now = KEYS[1], ARGV[1]
local function sweep(queue, set, list, counter)
  local woken = 0
  local members = redis.call('ZRANGE', P .. set, 0, ARGV[2] - 1, 'WITHSCORES')
  for i = 1, #members, 2 do
    local conv = members[i]
    local id = conv .. '-' .. string.format('%.0f', members[i + 1])
    if redis.call('EXISTS', P .. list .. conv) == 0 then
      redis.call('ZREM', P .. set, conv)
    elseif redis.call('EXISTS', P .. queue .. ':' .. id) == 0 or redis.call('ZSCORE', P .. queue .. ':failed', id) then
      wake(P, queue, conv, redis.call('INCR', P .. counter), now, 0)
      woken = woken + 1
    end
  end
  return woken
end
return { sweep('in', 'pend', 'i:', 'seq'), sweep('out', 'opend', 'o:', 'oseq') }
