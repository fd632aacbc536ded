-- ACCOUNT: what Meta tells of accounts, templates and numbers. Kept in a bounded stream, each once; starts no turn.
--
-- KEYS[1]  prefix of the operators' slot, {p:ops}:
-- ARGV     entries kept, seconds a dedupe shard lives, then 3 values an event: dedupe shard, hash, event JSON
-- returns  one number an event: 1 kept, 0 known already
local P, out = KEYS[1], {}
for i = 3, #ARGV, 3 do
  local shard = P .. 'd:' .. ARGV[i]
  out[#out + 1] = redis.call('SADD', shard, ARGV[i + 1])
  if out[#out] == 1 then
    if redis.call('SCARD', shard) == 1 then redis.call('EXPIRE', shard, ARGV[2]) end
    redis.call('XADD', P .. 'account', 'MAXLEN', '~', ARGV[1], '*', 'e', ARGV[i + 2])
  end
end
return out
