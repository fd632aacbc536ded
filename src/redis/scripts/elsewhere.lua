-- ELSEWHERE: what a flow started in a conversation, its own or another of the lane, is put into that inbox, or scheduled;
-- once, and in the order of the lane's effects: of movers that do the same effect, only the first changes anything.
--
-- KEYS[1]  the lane's prefix
-- ARGV[1]  number of the effect in its lane   ARGV[2] now ms   ARGV[3] phone_number_id
-- ARGV[4]  contact id, or '' when the contact is named by an identity:
-- ARGV[5]  digest of that identity, as for ACCEPT   ARGV[6] 'b' when it is a BSUID, else ''
-- ARGV[7]  due ms: not later than now means at once; '' takes back what is scheduled under the token
-- ARGV[8]  token of the schedule, beginning with '~'
-- ARGV[9]  the inbox item
-- returns  'done', 'repeated', or 'unknown': no such contact
local P, number, now, phone = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
if tonumber(redis.call('GET', P .. 'fxin') or -1) >= tonumber(number) then return 'repeated' end
redis.call('SET', P .. 'fxin', number)
local contact = ARGV[4]
if contact == '' then
  if ARGV[7] == '' and not lookup(P, ARGV[5]) then return 'unknown' end
  contact = contact_of(P, phone, ARGV[5], '', ARGV[6])
elseif redis.call('EXISTS', P .. 'c:' .. contact) == 0 then
  return 'unknown'
end
local conv = phone .. '.' .. contact
local member = conv .. '|' .. ARGV[8]
if ARGV[7] == '' then
  redis.call('ZREM', P .. 'tm', member)
  redis.call('HDEL', P .. 'sch', member)
elseif tonumber(ARGV[7]) > tonumber(now) then
  redis.call('HSET', P .. 'sch', member, ARGV[9])
  redis.call('ZADD', P .. 'tm', ARGV[7], member)
else
  append_inbox(P, conv, ARGV[9], now)
end
return 'done'
