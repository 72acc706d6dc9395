-- Takes a partition over, unless a greater epoch and generation holds it.
--
-- KEYS, ARGV[1 to 3]  as head.lua says
-- Reply               nothing if it is ours now; else the epoch of the token that holds it
local held = redis.call('HMGET', meta, 'epoch', 'generation')
local epoch, generation = tonumber(held[1] or -1), tonumber(held[2] or -1)
local our_epoch, our_generation = tonumber(ARGV[1]), tonumber(ARGV[2])
if epoch > our_epoch or (epoch == our_epoch and generation > our_generation) then
  return epoch
end
redis.call('HSET', meta, 'epoch', ARGV[1], 'generation', ARGV[2], 'nonce', ARGV[3])
return false
