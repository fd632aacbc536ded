-- RELEASE: what a held conversation waited for is there. Its delayed job is replaced by one that runs at once.
--
-- KEYS[1]  the lane's prefix     ARGV  conversation, now ms
-- returns  'woken', or 'awake' when no delayed job has the conversation: then somebody works on it, or nothing waits
return release(KEYS[1], ARGV[1], ARGV[2]) and 'woken' or 'awake'
