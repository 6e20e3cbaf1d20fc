-- Stands before admit.lua and settle.lua: what both need. KEYS[1] and KEYS[2] mean the same to both.

local call, sub, byte, floor = redis.call, string.sub, string.byte, math.floor
local pack, unpack = struct.pack, struct.unpack
local ITEM = 64 -- bytes: fingerprint 32, token 16, receipt 16

-- What is over is judged by the moment written into it. That Redis removes it, too, only frees memory: in a test, whose clock is
-- not that of Redis, an hour later.
local now, grace
if ARGV[1] == '' then
  local time = call('TIME')
  now, grace = time[1] * 1000 + floor(time[2] / 1000), 0
else
  now, grace = tonumber(ARGV[1]), 3600000
end

-- The counts of a tenant: a hash with a cell for each minute of a day, `minute accepted duplicates limited`, minute of Unix time.
-- A cell of the day before is overwritten, so there is never one to remove.
local function count(key, tenant, accepted, duplicates, limited)
  local minute = floor(now / 60000)
  local place = minute % 1440
  local cell = call('HGET', key, place)
  local of, a, d, l = string.match(cell or '', '^(%d+) (%d+) (%d+) (%d+)$')
  local is_new = tonumber(of) ~= minute
  if is_new then a, d, l = 0, 0, 0 end
  call('HSET', key, place, string.format('%d %d %d %d', minute, a + accepted, d + duplicates, l + limited))
  if not is_new then return end
  call('PEXPIRE', key, 86460000 + grace)
  call('ZREMRANGEBYSCORE', KEYS[1], '-inf', minute - 1440)
  call('ZADD', KEYS[1], minute, tenant)
  -- Nothing that was counted is older than this: whatever wiped the counts wiped it with them.
  call('SET', KEYS[2], now, 'NX')
end
