-- Stands before every script on a partition: names, the fence, and what they share.
--
-- KEYS[1]       home, '{group:7}:'. Every key here is home and a suffix, so all have its hash tag
--               and lie in one slot of a Redis Cluster. No key of that very name ever exists: while
--               a Cluster moves the slot, Redis answers TRYAGAIN to a call that names two keys of
--               which one is missing, so that no script ever meets half a partition.
-- KEYS[2]       home and 'meta'
-- ARGV[1 to 3]  token: epoch, generation, nonce
--
-- The undo record is a hash. Its fields: base and next, the watermark before and after the apply;
-- nonce and chunks, by whom and in how many calls it was made;
-- 'SIZE:NAME HASH', SIZE being that of NAME, for each field written: its old value, or '' if there
-- was none; 'bucket of HASH', where the user may have come or gone: the bucket's suffix.
local home, meta = KEYS[1], KEYS[2]
local undo = home .. 'undo'

-- Says whether the partition is held with exactly our token.
local function is_ours()
  local held = redis.call('HMGET', meta, 'epoch', 'generation', 'nonce')
  return held[1] == ARGV[1] and held[2] == ARGV[2] and held[3] == ARGV[3]
end

local function conflict(reason)
  return redis.error_reply('CONFLICT ' .. reason)
end

-- Keeps a bucket's list right: a user is on it as long as there is a part.
local function enlist(hash, bucket)
  local user = string.sub(hash, #'user:' + 1)
  local command = redis.call('EXISTS', home .. hash) == 1 and 'SADD' or 'SREM'
  redis.call(command, home .. bucket, user)
end
