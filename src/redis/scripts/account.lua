-- ACCOUNT: what Meta tells of accounts, templates and numbers, or of the past. Kept in a bounded stream, each once; starts no
-- turn.
--
-- KEYS[1]  prefix of the operators' slot, {p:ops}:
-- ARGV     stream, entries kept, seconds the stream lives behind its last entry ('' for good), seconds a dedupe shard lives,
--          then 3 values an event: dedupe shard, hash, event JSON
-- returns  one number an event: 1 kept, 0 known already
local P, stream, out = KEYS[1], KEYS[1] .. ARGV[1], {}
for i = 5, #ARGV, 3 do
  local shard = P .. 'd:' .. ARGV[i]
  out[#out + 1] = redis.call('SADD', shard, ARGV[i + 1])
  if out[#out] == 1 then
    if redis.call('SCARD', shard) == 1 then redis.call('EXPIRE', shard, ARGV[4]) end
    redis.call('XADD', stream, 'MAXLEN', '~', ARGV[2], '*', 'e', ARGV[i + 2])
    if ARGV[3] ~= '' then redis.call('EXPIRE', stream, ARGV[3]) end
  end
end
return out
