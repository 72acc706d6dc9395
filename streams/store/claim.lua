-- Compares the watermark with the committed offset; takes back an apply that is not all committed.
--
-- KEYS, ARGV[1 to 3]  as head.lua says
-- ARGV[4]             the committed offset
-- ARGV[5 to 7]        identity: topic id, layout, fold
-- Reply               {what was found, the watermark after it}
--
-- An undo record whose base is the watermark belongs to an apply that was cut short. It goes back
-- whatever the offsets say, so that what is left is the state at the watermark, whole. One that was
-- done goes back as well where the committed offset lies within it: a part of what it folded is
-- committed, in a cycle of another cut, and is to be folded again from its base.
local committed, topic_id = tonumber(ARGV[4]), ARGV[5]
local layout, fold = tonumber(ARGV[6]), tonumber(ARGV[7])

local function put_back(field, value)
  local _, before, size = string.find(field, '^(%d+):')
  local name = string.sub(field, before + 1, before + size)
  local hash = string.sub(field, before + size + 2)
  if value == '' then
    redis.call('HDEL', home .. hash, name)
  else
    redis.call('HSET', home .. hash, name, value)
  end
end

local function take_back()
  local record, buckets = redis.call('HGETALL', undo), {}
  for i = 1, #record, 2 do
    local field, value = record[i], record[i + 1]
    local of_hash = string.match(field, '^bucket of (.*)')
    if of_hash then
      buckets[of_hash] = value
    elseif string.find(field, '^%d') then
      put_back(field, value)
    end
  end
  for hash, bucket in pairs(buckets) do
    enlist(hash, bucket)
  end
  redis.call('UNLINK', undo)
end

if not is_ours() then
  return {'fenced'}
end
local stored = redis.call('HMGET', meta, 'watermark', 'topic_id', 'layout', 'fold')
local watermark = stored[1]
if not watermark then
  return {'missing'}
end
if stored[2] ~= topic_id then
  return {'foreign_topic', watermark}
end
if tonumber(stored[3]) > layout or tonumber(stored[4]) > fold then
  return {'newer_layout', watermark}
end
if tonumber(stored[4]) < fold then
  return {'older_fold', watermark}
end

local span = redis.call('HMGET', undo, 'base', 'next')
local base, next = span[1], span[2]
local cut_short = base == watermark
local not_committed = next == watermark
  and tonumber(base) <= committed and committed < tonumber(next)
local goes_back = cut_short or not_committed
if goes_back then
  take_back()
  watermark = base
  redis.call('HSET', meta, 'watermark', watermark)
end
if tonumber(watermark) > committed then
  return {'ahead', watermark}
end
-- From here on this build may write parts in its own layout.
redis.call('HSET', meta, 'layout', ARGV[6])
if tonumber(watermark) < committed then
  return {'behind', watermark}
end
return {goes_back and 'rolled_back' or 'equal', watermark}
