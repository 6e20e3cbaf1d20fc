-- For each item takes a share of its tenant's limit and claims its key, all in one step. count.lua stands before this.
-- The clock is TIME, read once; only tests give another.
--
-- KEYS  1 tenants counted in the last day · 2 since when counts are whole
--       per tenant: its limit, its counts · per item, the first tenant's in order of arrival, then the next one's: its claim
-- ARGV  1 the tests' clock (ms), '' in production · 2 lease (ms) · 3 window (ms) · 4 how many tenants · 5 the items, 64 bytes each
--       per tenant: its id, how many items it has, their limits (4 bytes little-endian, one for all or one each)
-- Returns per tenant: what it had taken before, ms until the oldest counted second leaves;
--         then per item that is not simply claimed with its own receipt: place, outcome, what belongs to it:
--         1 over limit (ms to wait) · 2 claimed (receipt) · 3 duplicate (receipt) · 4 in flight ('') · 5 other body ('')
--
-- A claim    1 byte: p pending, P pending and an earlier try may be in the log, u unknown, d done
--            8 + 8 bytes: lease until, forgotten at (ms) · 64 bytes: fingerprint, token, receipt
-- A limit    8 bytes: the current second (Unix time) · 4: sum of all counters · 4: place of the first that is not 0, else 61
--            4: counter 61, of the current second · 60 counters of 4 bytes, of the seconds before it, ascending

local lease, window, tenants, items = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5]
local keep = string.format('%d', math.max(lease, window) + grace)
local keep_limit = string.format('%d', 62000 + grace)
local times = pack('<dd', now + lease, now + window)
local first_try, later_try = 'p' .. times, 'P' .. times
local second = floor(now / 1000)
local P, p, d = byte('P'), byte('p'), byte('d')
local answer, answered = {}, 2 * tenants

local function tell(place, outcome, what)
  answer[answered + 1], answer[answered + 2], answer[answered + 3] = place, outcome, what
  answered = answered + 3
end

-- An item whose key is held already: the table of states. Returns true for a duplicate.
local function judge(key, item, place)
  local claim = call('GET', key)
  local state = byte(claim, 1)
  local lease_until, forgotten_at = unpack('<dd', claim, 2)
  local is_held = (state == p or state == P) and lease_until > now
  if forgotten_at <= now and not is_held then
    call('SET', key, first_try .. item, 'PX', keep)
  elseif sub(claim, 18, 49) ~= sub(item, 1, 32) then
    tell(place, 5, '')
  elseif state == d then
    tell(place, 3, sub(claim, 66, 81))
    return true
  else
    local is_mine = sub(claim, 50, 65) == sub(item, 33, 48)
    if is_held and not is_mine then
      tell(place, 4, '')
      return false
    end
    -- Mine, executed twice; or nobody holds it any more and an earlier try may be in the log.
    local receipt = sub(claim, 66, 81)
    local head = (state == p and is_mine) and first_try or later_try
    call('SET', key, head .. sub(item, 1, 48) .. receipt, 'PX', keep)
    if receipt ~= sub(item, 49, 64) then tell(place, 2, receipt) end
  end
  return false
end

-- Milliseconds until so many of the counted seconds have left the window that at least `units` are free again.
local function wait_ms(older, first, units)
  local freed = 0
  for i = first, 60 do
    freed = freed + unpack('<I4', older, 4 * i - 3)
    if freed >= units then return (second + i) * 1000 - now end
  end
  return (second + 61) * 1000 - now
end

-- The tenant's limit as of this second: sum, place of the first counter that is not 0, the current counter; and the counters
-- before it when they have moved, else nil: most calls come in a second that is known, and need 20 bytes of it.
local function read_limit(key)
  local head = call('GETRANGE', key, 0, 19)
  if head == '' then return 0, 61, 0, string.rep('\0', 240) end
  local of, used, first, current = unpack('<dI4I4I4', head)
  if of == second then return used, first, current, nil end
  local older = call('GETRANGE', key, 20, -1)
  -- A clock that went back leaves the counters where they are: counted from now on, they stay a little too long.
  if of > second then return used, first, current, older end
  local steps = math.min(61, second - of)
  older = sub(older .. pack('<I4', current) .. string.rep('\0', 4 * steps), 4 * steps + 1, 4 * steps + 240)
  used, first = 0, 61
  for i = 60, 1, -1 do
    local counter = unpack('<I4', older, 4 * i - 3)
    if counter > 0 then used, first = used + counter, i end
  end
  return used, first, 0, older
end

local place = 0
for tenant = 1, tenants do
  local limit_key, size, limits = KEYS[1 + 2 * tenant], tonumber(ARGV[4 + 3 * tenant]), ARGV[5 + 3 * tenant]
  local used, first, current, moved = read_limit(limit_key)
  answer[2 * tenant - 1], answer[2 * tenant] = used, (second + first) * 1000 - now
  local limit, has_many = unpack('<I4', limits), #limits > 4
  local from, duplicates, limited = place, 0, 0
  local older, fits, waited_for, waits = moved, nil, nil, nil
  local taken = 0

  -- The limit is taken, and written, before its claims: where memory is full, Redis refuses the first write of a call, and
  -- nothing has happened.
  for i = 1, size do
    if has_many then limit = unpack('<I4', limits, 4 * i - 3) end
    if used < limit then
      used, taken = used + 1, taken + 1
    else
      fits = fits or {}
      fits[i] = false
      limited = limited + 1
      if waited_for ~= used - limit + 1 then
        waited_for = used - limit + 1
        older = older or call('GETRANGE', limit_key, 20, -1)
        waits = wait_ms(older, first, waited_for)
      end
      tell(from + i, 1, waits)
    end
  end
  local head = pack('<dI4I4I4', second, used, first, current + taken)
  if moved then
    call('SET', limit_key, head .. moved, 'PX', keep_limit)
  elseif taken > 0 then
    call('SETRANGE', limit_key, 0, head)
  end

  for i = 1, size do
    place = place + 1
    if not fits or fits[i] == nil then
      local key, item = KEYS[2 + 2 * tenants + place], sub(items, ITEM * place - 63, ITEM * place)
      if not call('SET', key, first_try .. item, 'NX', 'PX', keep) and judge(key, item, place) then
        duplicates = duplicates + 1
      end
    end
  end
  if duplicates + limited > 0 then count(KEYS[2 + 2 * tenant], ARGV[3 + 3 * tenant], 0, duplicates, limited) end
end
return answer
