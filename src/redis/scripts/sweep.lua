-- SWEEP: conversations that have work but no job. Only hands in the queue (drain, obliterate, clean) or a job that failed
-- for good can make one. A job finishes only after `pend` has changed, so a missing job is always an orphan.
--
-- KEYS[1]  the lane's prefix     ARGV  now ms, how many of each side to look at, rank to begin at inbound, outbound
-- returns  { woken inbound, woken outbound, rank to go on at inbound, outbound }: 0 when the end was reached
local P, now = KEYS[1], ARGV[1]
local function sweep(queue, set, list, counter, from)
  local woken = 0
  local members = redis.call('ZRANGE', P .. set, from, from + ARGV[2] - 1, 'WITHSCORES')
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
  return woken, #members / 2 < tonumber(ARGV[2]) and 0 or from + ARGV[2]
end
local woken_in, next_in = sweep('in', 'pend', 'i:', 'seq', tonumber(ARGV[3]))
local woken_out, next_out = sweep('out', 'opend', 'o:', 'oseq', tonumber(ARGV[4]))
return { woken_in, woken_out, next_in, next_out }
