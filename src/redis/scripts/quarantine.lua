-- QUARANTINE: items of a webhook that cannot be read or belong to nobody, as jobs an operator sees and can replay.
--
-- KEYS[1]  prefix of the operators' slot, {p:ops}:
-- ARGV     now ms, then 2 values an item: job id made of the item's content, so that a redelivery adds nothing; data JSON
-- returns  how many were given
local base = KEYS[1] .. 'quarantine:'
for i = 2, #ARGV, 2 do
  add_standard_job(
    { base .. 'wait', base .. 'paused', base .. 'meta', base .. 'id', base .. 'completed', base .. 'delayed',
      base .. 'active', base .. 'events', base .. 'marker' },
    { cmsgpack.pack({ base, ARGV[i], 'item', tonumber(ARGV[1]) }), ARGV[i + 1], cmsgpack.pack({ attempts = 1 }) }
  )
end
return (#ARGV - 1) / 2
