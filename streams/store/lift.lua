-- Lifts the group's epoch to a given one, unless it is as high already.
--
-- Stands alone, without head.lua: in a Redis Cluster the epoch lies in a slot of its own.
--
-- KEYS[1]  the group's epoch
-- ARGV[1]  how high it is to be at least
-- Reply    1
if tonumber(redis.call('GET', KEYS[1]) or 0) < tonumber(ARGV[1]) then
  redis.call('SET', KEYS[1], ARGV[1])
end
return 1
