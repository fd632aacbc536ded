-- CHANGE-FLOWS: stores a version, points endpoints at versions, and takes versions out of use: all of it or none.
-- A version is stored in any case; the rest happens only if every pointer still is what the change was decided on.
--
-- KEYS[1]  the prefix of what belongs to no lane: {p:ops}:
-- ARGV[1]  hash of the version to store, '' for none
-- ARGV[2]  its record, JSON     ARGV[3]  its files, JSON: [path, digest of the text], …
-- ARGV[4]  entry for the log of changes, JSON, '' for none     ARGV[5]  entries the log keeps
-- ARGV[6]  hash that the flows folder had, '' when the change does not come from there
-- then four counted lists (a number n, then n values):
--   file texts (pairs digest, text), pointers (threes: endpoint, what it was or '', what it becomes),
--   versions taken out of use, versions taken into use again (hashes)
-- returns  { 'ok' or 'changed', number of the version or 0, 1 when it is new }
local P = KEYS[1] .. 'flows:'
local at = 7
local function list()
  local n = tonumber(ARGV[at])
  local first = at + 1
  at = first + n
  return first, at - 1
end

local number, is_new = 0, 0
local from, to = list()
if ARGV[1] ~= '' then
  number = tonumber(redis.call('HGET', P .. 'numbers', ARGV[1]) or '0')
  if number == 0 then
    -- The first write is denied when memory is short: then nothing has changed.
    redis.call('SET', P .. 'sources:' .. ARGV[1], ARGV[3])
    for i = from, to, 2 do redis.call('HSETNX', P .. 'texts', ARGV[i], ARGV[i + 1]) end
    number = redis.call('RPUSH', P .. 'list', ARGV[2])
    redis.call('HSET', P .. 'numbers', ARGV[1], number)
    is_new = 1
  end
end

from, to = list()
for i = from, to, 3 do
  if (redis.call('HGET', P .. 'pointers', ARGV[i]) or '') ~= ARGV[i + 1] then return { 'changed', number, is_new } end
end
local changes = to >= from
for i = from, to, 3 do redis.call('HSET', P .. 'pointers', ARGV[i], ARGV[i + 2]) end
from, to = list()
for i = from, to do redis.call('SADD', P .. 'withdrawn', ARGV[i]) end
changes = changes or to >= from
from, to = list()
for i = from, to do redis.call('SREM', P .. 'withdrawn', ARGV[i]) end
changes = changes or to >= from
if ARGV[6] ~= '' then redis.call('SET', P .. 'folder', ARGV[6]) end
if ARGV[4] ~= '' then
  redis.call('LPUSH', P .. 'log', ARGV[4])
  redis.call('LTRIM', P .. 'log', 0, ARGV[5] - 1)
end
if changes then redis.call('INCR', P .. 'epoch') end
return { 'ok', number, is_new }
