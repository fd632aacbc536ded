-- HOLD BACK: the head of an outbox could not be sent now; it stays the head and is tried again after a delay.
--
-- KEYS[1]  the lane's prefix
-- ARGV[1]  conversation  ARGV[2] epoch  ARGV[3] oid  ARGV[4] now ms  ARGV[5] delay ms
-- ARGV[6]  'clear'  Meta surely did not take it: the marker goes
--          'doubt'  Meta may have it: the marker stays, its clock starts now, and a status can settle it
-- ARGV[7]  '<attempts>:<faults>' to be remembered for this message
-- ARGV[8]  ms the whole number is slowed down (0: only this conversation)
-- ARGV[9]  ms the whole number is paused (0: not)   ARGV[10] the reason of the pause, a fixed word
-- ARGV[11] 0, or when Graph itself failed: so many failures in a row pause the number, until a message gets through. Each
--          that tries in vain doubles the time to the next
-- returns  'lost', 'held', or 'paused' when the number was not paused before
local P, conv, epoch, oid, now = KEYS[1], ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
if owned_head(P, conv, epoch) ~= oid then return 'lost' end
local phone = string.match(conv, '^(.-)%.')
local marker = P .. 'f:' .. conv
if ARGV[6] == 'clear' then
  redis.call('DEL', marker)
else
  -- The status may have settled it while we waited for the answer that never came.
  if redis.call('GET', marker) ~= oid .. '|S' then
    redis.call('SET', marker, oid .. '|U' .. string.format('%.0f', now), 'EX', 86400)
  end
end
local hold = P .. 'hold:' .. phone
local remembered, outcome = ARGV[7], 'held'
if tonumber(ARGV[9]) > 0 and redis.call('EXISTS', hold) == 0 then
  -- The number worked until this message was tried. When that happens to the same message again, it is its own fault.
  local known, attempts, faults = string.match(redis.call('HGET', P .. 'oatt', conv) or '', '^(%d+):(%d+):(%d+)$')
  if known == oid then remembered = attempts .. ':' .. string.format('%d', faults + 1) end
  outcome = 'paused'
end
redis.call('HSET', P .. 'oatt', conv, oid .. ':' .. remembered)
if tonumber(ARGV[8]) > 0 then
  local tat = math.max(tonumber(redis.call('GET', P .. 'tat:' .. phone) or 0), now)
  tat = math.max(tat, now + tonumber(ARGV[8]))
  redis.call('SET', P .. 'tat:' .. phone, string.format('%.3f', tat), 'PX', math.ceil(tat - now) + 60000)
end
if tonumber(ARGV[9]) > 0 then
  redis.call('SET', hold, string.format('%.0f', now + tonumber(ARGV[9])) .. '|' .. ARGV[10])
end
if tonumber(ARGV[11]) > 0 then
  local breaker = P .. 'brk:' .. phone
  local held = redis.call('GET', hold)
  if not held then
    if redis.call('HINCRBY', breaker, 'failures', 1) >= tonumber(ARGV[11]) then
      redis.call('SET', hold, string.format('%.0f', now + 1000) .. '|' .. GRAPH_FAILING)
      outcome = 'paused'
    end
  elseif string.find(held, '|' .. GRAPH_FAILING, 1, true) and redis.call('HGET', breaker, 'probe') == conv .. '|' .. oid then
    local pause = math.min(1000 * 2 ^ math.min(redis.call('HINCRBY', breaker, 'probes', 1), 10), LONGEST_BREAK_MS)
    redis.call('SET', hold, string.format('%.0f', now + pause) .. '|' .. GRAPH_FAILING)
  end
  -- Failures days apart are not in a row.
  redis.call('EXPIRE', breaker, 600)
end
local delay = tonumber(ARGV[5])
if ARGV[6] == 'doubt' and redis.call('GET', marker) == oid .. '|S' then delay = 0 end
send_again(P, conv, now, delay)
return outcome
