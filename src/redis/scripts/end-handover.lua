-- END HANDOVER: a person is done with a conversation, once: its flow goes on, and a pause because somebody else had the word
-- is over.
--
-- KEYS[1]  the lane's prefix     ARGV  conversation, the item that tells the flow, now ms, key of this very request
-- returns  'queued', or 'repeated'
local P, conv, item, now = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
if not redis.call('SET', P .. 'rq:' .. ARGV[4], 1, 'NX', 'EX', 60) then return 'repeated' end
redis.call('DEL', P .. 'pw:' .. conv)
give_back(P, conv, item, now)
return 'queued'
