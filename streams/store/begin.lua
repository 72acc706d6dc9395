-- Empties a partition a piece at a time; when nothing is left, sets its watermark and identity.
--
-- Called until it replies 0. Before the last call the partition has no watermark, so whoever dies
-- in the middle leaves one that a claim finds missing.
--
-- KEYS, ARGV[1 to 3]  as head.lua says
-- ARGV[4]             the watermark
-- ARGV[5 to 7]        identity: topic id, layout, fold
-- ARGV[8]             how many buckets there are
-- ARGV[9]             how many users to remove in one call
-- Reply               how many users were removed; or an error that begins with CONFLICT
if not is_ours() then
  return conflict('the partition is not ours to begin')
end
redis.call('HDEL', meta, 'watermark', 'topic_id', 'layout', 'fold')
redis.call('UNLINK', undo, home .. 'shared')

local removed, removed_max = 0, tonumber(ARGV[9])
for bucket = 0, tonumber(ARGV[8]) - 1 do
  local room = removed_max - removed
  if room == 0 then
    break
  end
  for _, user in ipairs(redis.call('SPOP', string.format('%sbucket:%02d', home, bucket), room)) do
    redis.call('UNLINK', home .. 'user:' .. user)
    removed = removed + 1
  end
end
if removed == 0 then
  redis.call('HSET', meta,
    'watermark', ARGV[4], 'topic_id', ARGV[5], 'layout', ARGV[6], 'fold', ARGV[7])
end
return removed
