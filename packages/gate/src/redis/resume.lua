-- Called once per connection: says since when counts are whole, now that the server may be another one than before. count.lua
-- stands before this.
-- KEYS  1 tenants counted in the last day · 2 since when counts are whole · 3 the run of the server that they were counted in
-- ARGV  1 the tests' clock (ms), '' in production · 2 the run id of this server · 3 '1' if it keeps what it writes (appendonly)
-- Writes only what changes, so that a full server can still be connected to.

local is_same_run = call('GET', KEYS[3]) == ARGV[2]
if is_same_run and call('EXISTS', KEYS[2]) == 1 then return 0 end
if is_same_run or ARGV[3] == '1' then
  call('SET', KEYS[2], now, 'NX')
else
  -- Without an append-only file a new run has what the last snapshot held: what was counted after it is lost.
  call('SET', KEYS[2], now)
end
call('SET', KEYS[3], ARGV[2])
return 1
