-- STATUS: what became of messages we sent. Forward only, so that repeats and any order are harmless. At most 100 a call.
--
-- KEYS[1]  the lane's prefix
-- ARGV[1]  now ms  ARGV[2] seconds a status is kept  ARGV[3] entries the event stream keeps (0: none)
-- then 7 values a status: conversation, oid, status, timestamp ms, event JSON ('' for none), Meta's codes of a failure with
-- commas between them, '1' when it tells the message's price
-- returns  one string a status: 'applied', or 'behind' when a later one is known already; with ' priced' behind it for the
--          first price of a message, which Meta tells with `sent` and once more
local P, now = KEYS[1], ARGV[1]
local out = {}
for i = 4, #ARGV, 7 do
  local conv, oid, status = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local bucket, field = status_slot(P, oid)
  local known, step, since, has_substitute = status_of(redis.call('HGET', bucket, field))
  local priced = ''
  if ARGV[i + 6] == '1' then
    local prices = P .. 'pr:' .. string.match(bucket, '%d+$')
    if redis.call('SETBIT', prices, field, 1) == 0 then
      priced = ' priced'
      redis.call('EXPIRE', prices, ARGV[2])
    end
  end
  if priced ~= '' and status ~= 'failed' and ARGV[3] ~= '0' then
    redis.call('XADD', P .. 'ev', 'MAXLEN', '~', ARGV[3], '*', 'e', ARGV[i + 4])
  end
  if known and (RANK[known] or -1) >= (RANK[status] or -1) then
    out[#out + 1] = 'behind' .. priced
  else
    local rest = step
    -- Where there is no step yet, the ack may still bring one, and finds the codes.
    if status == 'failed' then rest = ARGV[i + 5] end
    -- What was delivered has not failed.
    if (RANK[status] or -1) >= RANK.delivered and status ~= 'failed' then rest = '' end
    local is_settled = (RANK[status] or -1) >= RANK.delivered
    local plus = has_substitute and not is_settled and '+' or ''
    redis.call('HSET', bucket, field, status .. plus .. '|' .. ARGV[i + 3] .. (rest ~= '' and '|' .. rest or ''))
    if status == 'failed' and ARGV[3] ~= '0' and ARGV[i + 4] ~= '' then
      redis.call('XADD', P .. 'ev', 'MAXLEN', '~', ARGV[3], '*', 'e', ARGV[i + 4])
    end
    local substitute
    if has_substitute and is_settled then
      local key = substitute_key(P, conv, oid)
      if status == 'failed' then
        local mended, payload = string.match(redis.call('GET', key) or '', '^([%d,]+)|(.*)$')
        if mended and is_mended(ARGV[i + 5], mended) then substitute = payload end
      end
      redis.call('DEL', key)
    end
    if substitute then
      if send_substitute(P, conv, oid, substitute, now, ARGV[i + 5], ARGV[3]) then
        -- The message delay holds before it, too.
        send_again(P, conv, now, math.max(0, redis.call('PTTL', P .. 'ls:' .. conv)))
      end
    elseif status == 'failed' and step ~= '' then
      tell_failure(P, conv, oid, now, step, ARGV[i + 5], UNDELIVERED)
    end
    if status == 'failed' then
      -- It left before it failed, and before we heard of that.
      local sent = tonumber(since) or math.min(tonumber(ARGV[i + 3]), tonumber(now))
      tell_opt_out(P, conv, now, ARGV[i + 5], string.format('%.0f', sent))
    end
    if redis.call('HLEN', bucket) == 1 then redis.call('EXPIRE', bucket, ARGV[2]) end
    if status == 'failed' and string.find(',' .. ARGV[i + 5] .. ',', ',131047,', 1, true) then
      -- Meta's word on the window, until the contact writes again: it may have, since the message was sent.
      local phone, contact = string.match(conv, '^(.-)%.(.*)$')
      local wrote = redis.call('HGET', P .. 'c:' .. contact, '~w:' .. phone)
      if wrote and tonumber(wrote) <= (tonumber(since) or tonumber(now)) then
        redis.call('HSET', P .. 'c:' .. contact, '~c:' .. phone, wrote)
      end
    end
    out[#out + 1] = 'applied' .. priced
  end
  -- The send call of this message has not been answered, or never will be: this proves that Meta has the message.
  local marker = redis.call('GET', P .. 'f:' .. conv)
  local is_its = marker and string.sub(marker, 1, #oid + 1) == oid .. '|'
  -- The next message waits until this one has got that far (see ack): now it only waits out the message delay.
  local awaited, from = string.match(is_its and marker or '', '^%d+|T(%l+)|(%d+)$')
  if awaited then
    if (RANK[status] or -1) >= RANK[awaited] then
      redis.call('DEL', P .. 'f:' .. conv)
      local rest = math.max(0, tonumber(from) - tonumber(now))
      if rest > 0 then
        redis.call('SET', P .. 'ls:' .. conv, 1, 'PX', rest)
      else
        redis.call('DEL', P .. 'ls:' .. conv)
      end
      if redis.call('ZSCORE', P .. 'opend', conv) then send_again(P, conv, now, rest) end
    end
  elseif is_its and marker ~= oid .. '|S' then
    redis.call('SET', P .. 'f:' .. conv, oid .. '|S', 'EX', 86400)
    if string.find(string.sub(marker, #oid + 2, #oid + 2), '[UC]') and redis.call('ZSCORE', P .. 'opend', conv) then
      send_again(P, conv, now, 0)
    end
  end
end
return out
