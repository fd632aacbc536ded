-- ASSIGN LANES: every number gets a lane, once and for ever. Lanes are numbered in a row, also when processes start side
-- by side.
--
-- KEYS[1]  the registry: a hash of numbers and their lanes' names     ARGV  how many lanes there may be, number, …
-- returns  number, lane's name, … of all numbers ever assigned
for i = 2, #ARGV do
  redis.call('HSETNX', KEYS[1], ARGV[i], string.format('%d', redis.call('HLEN', KEYS[1]) % ARGV[1]))
end
return redis.call('HGETALL', KEYS[1])
