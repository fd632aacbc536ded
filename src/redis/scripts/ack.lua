-- ACK: the head of an outbox is done with (sent, settled by its status, or given up): the next one comes after the delay.
--
-- KEYS[1]  the lane's prefix
-- ARGV[1]  conversation  ARGV[2] epoch  ARGV[3] oid  ARGV[4] now ms
-- ARGV[5]  message delay ms, before this conversation's next message
-- ARGV[6]  what the message became, as its first status: 'accepted', 'failed', or 'doubtful' when nobody goes on with it
--          but an earlier try may have reached Meta: any status counts more than that
-- ARGV[7]  seconds its status is kept
-- ARGV[8]  an effect outside the lane (a dead letter), or ''
-- ARGV[9]  entries the event stream keeps (0: none)   ARGV[10] event JSON
-- ARGV[11] '1' when the number works: a pause of it ends
-- ARGV[12] token of a timer whose time begins now, if it is still open, or ''   ARGV[13] its ms
-- ARGV[14] the status the next message waits for: 'sent', 'delivered', or '' when it waits for none
-- ARGV[15] ms it waits for that at most
-- ARGV[16] the step that hears of a failure, a JSON string, or '' when none does
-- ARGV[17] Meta's codes with commas between them, and ARGV[18] the reason as a JSON string, when it was given up
-- ARGV[19] Meta's codes, with commas between them, of failures that a substitute mends, or ''
-- ARGV[20] the substitute: what goes out in the message's place then, an outbox item
-- returns  { 'lost' }, or { 'acked', messages left, ms before the next one, 1 when the number was paused until now }
local P, conv, epoch, oid, now, delay = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local head = redis.call('LINDEX', P .. 'o:' .. conv, 0)
if not head or string.match(head, '^(%d+)|') ~= oid then return { 'lost' } end
-- Only the owner may give a message up. That Meta took it is a fact, whoever brings it: a sender that froze during its
-- call and lost the outbox meanwhile spares the contact a second copy.
if ARGV[6] ~= 'accepted' and redis.call('ZSCORE', P .. 'opend', conv) ~= epoch then return { 'lost' } end
redis.call('LPOP', P .. 'o:' .. conv)
redis.call('DEL', P .. 'f:' .. conv)
redis.call('HDEL', P .. 'oatt', conv)
local resumed = 0
if ARGV[11] == '1' then
  local phone = string.match(conv, '^(.-)%.')
  resumed = redis.call('DEL', P .. 'hold:' .. phone)
  redis.call('DEL', P .. 'brk:' .. phone)
end

-- A status may have come before the answer of the send call: it is never overwritten with less.
local bucket, field = status_slot(P, oid)
local step = ARGV[16]
if ARGV[6] == 'failed' then
  redis.call('HSET', bucket, field, 'failed|' .. now)
  if step ~= '' then tell_failure(P, conv, oid, now, step, ARGV[17], ARGV[18]) end
  tell_opt_out(P, conv, now, ARGV[17], now)
else
  local known = redis.call('HGET', bucket, field)
  local status, codes, ms = status_of(known)
  if not known and ARGV[6] == 'doubtful' and ARGV[18] ~= '""' then
    -- Told once, now: its flow does not hear of it again when a status says so, too.
    if step ~= '' then tell_failure(P, conv, oid, now, step, ARGV[17], ARGV[18]) end
    redis.call('HSET', bucket, field, 'doubtful|' .. now)
  elseif not known then
    local plus = ARGV[19] ~= '' and '+' or ''
    redis.call('HSET', bucket, field, ARGV[6] .. plus .. '|' .. now .. (step ~= '' and '|' .. step or ''))
  elseif status == 'failed' then
    if is_mended(codes, ARGV[19]) then
      send_substitute(P, conv, oid, ARGV[20], now, codes, ARGV[9])
    elseif step ~= '' then
      tell_failure(P, conv, oid, now, step, codes, UNDELIVERED)
    end
  elseif (RANK[status] or -1) < RANK.delivered then
    local plus = ARGV[19] ~= '' and '+' or ''
    if step ~= '' or plus ~= '' then
      redis.call('HSET', bucket, field, status .. plus .. '|' .. ms .. (step ~= '' and '|' .. step or ''))
    end
  end
  if ARGV[19] ~= '' and (not known or (RANK[status] or -1) < RANK.delivered) then
    redis.call('SET', substitute_key(P, conv, oid), ARGV[19] .. '|' .. ARGV[20], 'EX', SUBSTITUTE_SEC)
  end
end
-- Counted from the bucket's last message: a quiet lane fills one over weeks.
redis.call('EXPIRE', bucket, ARGV[7])

if ARGV[8] ~= '' then
  redis.call('RPUSH', P .. 'fx', string.format('%.0f', redis.call('INCR', P .. 'fxseq')) .. '|' .. ARGV[8])
end
if ARGV[9] ~= '0' then redis.call('XADD', P .. 'ev', 'MAXLEN', '~', ARGV[9], '*', 'e', ARGV[10]) end

if ARGV[12] ~= '' then
  local member = conv .. '|' .. ARGV[12]
  local latest = redis.call('ZSCORE', P .. 'tm', member)
  if latest then redis.call('ZADD', P .. 'tm', math.min(tonumber(latest), now + ARGV[13]), member) end
end

local follows = redis.call('LINDEX', P .. 'o:' .. conv, 0)
-- A message that names its own pause does not take the endpoint's.
if follows and ARGV[6] == 'accepted' then delay = own_delay(string.match(follows, '|(.*)$')) or delay end
local why = 1
if ARGV[14] ~= '' and ARGV[6] == 'accepted' then
  local got = string.match(redis.call('HGET', bucket, field), '^(%l+)')
  if (RANK[got] or -1) < RANK[ARGV[14]] then
    -- Under the marker of the head, which there is none of until the next begin: the status script reads it anyway.
    local at = string.format('%.0f', now + delay)
    redis.call('SET', P .. 'f:' .. conv, oid .. '|T' .. ARGV[14] .. '|' .. at, 'PX', ARGV[15])
    delay, why = math.max(delay, tonumber(ARGV[15])), 'T'
  end
end
if delay > 0 then redis.call('SET', P .. 'ls:' .. conv, why, 'PX', delay) end

local left = redis.call('LLEN', P .. 'o:' .. conv)
if left == 0 then
  redis.call('ZREM', P .. 'opend', conv)
else
  send_again(P, conv, now, delay)
end
return { 'acked', left, delay, resumed }
