-- Compares the watermark with the committed offset; takes back what was applied, not committed.
--
-- KEYS, ARGV[1 to 3]  as head.lua says
-- ARGV[4]             the committed offset
-- ARGV[5 to 7]        identity: topic id, layout, fold
-- Reply               {what was found, the watermark after it}
--
-- An undo record whose base is the watermark belongs to an apply that was cut short. It goes back
-- whatever the offsets say, so that what is left is the state at the watermark, whole.
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
    elseif field ~= 'base' and field ~= 'next' then
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

local span = redis.call('HMGET', undo, 'base', 'next')
local base, next = span[1], span[2]
local cut_short = base == watermark
local not_committed = next == watermark and tonumber(base) == committed
if cut_short or not_committed then
  take_back()
  watermark = base
  redis.call('HSET', meta, 'watermark', watermark)
end
if tonumber(watermark) > committed then
  return {'ahead', watermark}
end
-- From here on this build may write parts in its own layout.
redis.call('HSET', meta, 'layout', ARGV[6], 'fold', ARGV[7])
if tonumber(watermark) < committed then
  return {'behind', watermark}
end
return {(cut_short or not_committed) and 'rolled_back' or 'equal', watermark}
