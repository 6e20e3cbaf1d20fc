-- Ends claims. count.lua stands before this; a claim looks as admit.lua says.
--
-- KEYS  1 tenants counted in the last day · 2 since when counts are whole
--       per tenant: its counts · per item, the first tenant's in order, then the next one's: its claim
-- ARGV  1 the tests' clock (ms), '' in production · 2 window (ms) · 3 how many tenants · 4 the items, 64 bytes each
--       5 their outcomes, a letter each: d done, r refused, u unknown · per tenant: its id, how many items it has
-- Returns how many keys became done.

local window, tenants, items, outcomes = tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], ARGV[5]
local keep = string.format('%d', window + grace)
local done = 'd' .. pack('<dd', now, now + window)
local P, p, d, r = byte('P'), byte('p'), byte('d'), byte('r')

-- The event IS in the log: done, whoever holds the claim. One that is done already stands, unless its window is over.
local function settle_done(key, item)
  local before = call('SET', key, done .. item, 'PX', keep, 'GET')
  if not before or byte(before, 1) ~= d then return 1 end
  local forgotten_at = unpack('<d', before, 10)
  if forgotten_at <= now then return 1 end
  call('SET', key, before, 'PX', forgotten_at - now + grace)
  return 0
end

local function settle_otherwise(key, item, is_refused)
  local claim = call('GET', key)
  if not claim then return end
  local state = byte(claim, 1)
  if (state ~= p and state ~= P) or sub(claim, 50, 65) ~= sub(item, 33, 48) then return end
  local lease_until, forgotten_at = unpack('<dd', claim, 2)
  if forgotten_at <= now and lease_until <= now then return end
  -- Refused: nothing of this try is in the log. Only if an earlier one may be is there something left to remember.
  if is_refused and state == p then
    call('DEL', key)
  else
    call('SET', key, 'u' .. sub(claim, 2), 'KEEPTTL')
  end
end

local place, total = 0, 0
for tenant = 1, tenants do
  local accepted = 0
  for _ = 1, tonumber(ARGV[5 + 2 * tenant]) do
    place = place + 1
    local key, item = KEYS[2 + tenants + place], sub(items, ITEM * place - 63, ITEM * place)
    local outcome = byte(outcomes, place)
    if outcome == d then
      accepted = accepted + settle_done(key, item)
    else
      settle_otherwise(key, item, outcome == r)
    end
  end
  if accepted > 0 then count(KEYS[2 + tenant], ARGV[4 + 2 * tenant], accepted, 0, 0) end
  total = total + accepted
end
return total
