-- Who has the word in a conversation beside the bot: `<ms a person last wrote from the phone app>|<ms another app took it>|
-- <ms it was given back>`. Each counts forward only: webhooks come in any order.

--- @param n  which of the three
-- @return whether that is news, and the conversation is no other app's now
local function heard_of(P, conv, n, ms)
  local key = P .. 'pw:' .. conv
  local wrote, taken, given = string.match(redis.call('GET', key) or '', '^(%d+)|?(%d*)|?(%d*)$')
  local all = { tonumber(wrote) or 0, tonumber(taken) or 0, tonumber(given) or 0 }
  if all[n] >= tonumber(ms) then return false end
  all[n] = tonumber(ms)
  local text = string.format('%.0f', all[1])
  if all[2] > 0 or all[3] > 0 then text = text .. string.format('|%.0f|%.0f', all[2], all[3]) end
  -- How long the bot keeps quiet then is not ours to say; it is a week at most.
  redis.call('SET', key, text, 'EX', 8 * 86400)
  return all[3] >= all[2]
end

--- The conversation is the bot's again: a flow that waits behind its handover goes on, and what waited for the end of the
-- pause need not wait for it any more.
-- @param item  the inbox item that tells the flow
local function give_back(P, conv, item, now)
  append_inbox(P, conv, item, now)
  release(P, conv, now)
end
