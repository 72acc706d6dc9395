-- Writes what a slice changed and moves the watermark, keeping what was as the undo record.
--
-- A large slice comes in chunks: the first opens the undo record, the last moves the watermark.
-- An undo record whose base is the watermark is thus one of an apply under way, or cut short; then
-- nothing may be applied but the next chunk of it, by whoever made the last. They are numbered,
-- because a Redis that was restarted between two of them may have lost one.
--
-- KEYS, ARGV[1 to 3]  as head.lua says
-- ARGV[4], ARGV[5]    the watermark, and where it goes
-- ARGV[6]             the chunk's number, from 0
-- ARGV[7]             1 in the last chunk, else 0
-- ARGV[8]             outline, as MessagePack: a list of [hash, bucket, [name, size, ...]]; a hash
--                     is 'user:ID' with 'bucket:NN', or 'shared' with ''; none comes twice
-- ARGV[9]             all values in the outline's order, end to end; of size 0: remove the field
-- Reply               1; or an error that begins with CONFLICT
local watermark, next = ARGV[4], ARGV[5]
local number, is_last = tonumber(ARGV[6]), ARGV[7] == '1'
local values, read = ARGV[9], 0

-- Lua holds some 8,000 values on its stack, so long lists go in pieces.
local PIECE = 4000

-- Calls a command with a list of any length, an empty one not at all; gives the replies in a row.
local function many(command, key, list)
  local replies = {}
  for from = 1, #list, PIECE do
    local reply = redis.call(command, key, unpack(list, from, math.min(from + PIECE - 1, #list)))
    if #list <= PIECE then
      return reply
    end
    for i = 1, type(reply) == 'table' and #reply or 0 do
      replies[from + i - 1] = reply[i]
    end
  end
  return replies
end

local function sort_out(fields)
  local names, changed, gone = {}, {}, {}
  for i = 1, #fields, 2 do
    local name, size = fields[i], fields[i + 1]
    names[#names + 1] = name
    if size == 0 then
      gone[#gone + 1] = name
    else
      changed[#changed + 1] = name
      changed[#changed + 1] = string.sub(values, read + 1, read + size)
      read = read + size
    end
  end
  return names, changed, gone
end

local function write(hash, bucket, fields)
  local key = home .. hash
  local names, changed, gone = sort_out(fields)
  local found = many('HMGET', key, names)
  local old, was_there = {}, false
  for i, name in ipairs(names) do
    old[#old + 1] = #name .. ':' .. name .. ' ' .. hash
    old[#old + 1] = found[i] or ''
    was_there = was_there or found[i]
  end
  local may_come_or_go = bucket ~= '' and (#gone > 0 or not was_there)
  if may_come_or_go then
    old[#old + 1] = 'bucket of ' .. hash
    old[#old + 1] = bucket
  end
  -- Before the values: whatever stops a script, all that it has written can be taken back.
  many('HSET', undo, old)
  many('HSET', key, changed)
  many('HDEL', key, gone)
  if may_come_or_go then
    enlist(hash, bucket)
  end
end

if not is_ours() then
  return conflict('the partition is not ours')
end
if redis.call('HGET', meta, 'watermark') ~= watermark then
  return conflict('the watermark is not ' .. watermark)
end
local held = redis.call('HMGET', undo, 'base', 'next', 'nonce', 'chunks')
local chunks_before = 0
if held[1] == watermark then
  local is_this_one = held[2] == next and held[3] == ARGV[3]
  chunks_before = is_this_one and tonumber(held[4]) or -1
end
if number ~= chunks_before then
  return conflict('an apply was cut short; claim first')
end

if number == 0 then
  redis.call('UNLINK', undo)
end
redis.call('HSET', undo,
  'base', watermark, 'next', next, 'nonce', ARGV[3], 'chunks', number + 1)
for _, unit in ipairs(cmsgpack.unpack(ARGV[8])) do
  write(unit[1], unit[2], unit[3])
end
if is_last then
  redis.call('HSET', meta, 'watermark', next)
end
return 1
