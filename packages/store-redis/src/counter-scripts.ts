import { script } from './redis-client.js';

// A counter has two keys: a hash with its values, and its leases ordered by their end. A lease is named
// "reservation:index:amount", so that the script that removes it knows what to return.
//
// Numbers in Lua are doubles, exact up to 2^53 - 1, the limit for a budget in nano-dollars: nine million dollars.
// They
// are passed to Redis as it wrote them, or through "%.0f": Lua's own format of large numbers loses digits.
//
// Time is Redis's own, one clock for all instances: theirs may differ, or jump. They send durations, not
// times. The caller decides the period of a counter, and names its end by its own clock: while it names the
// same end, the period continues, even if it is over by Redis's clock.

/** Kept a while longer than they count, for instances whose clock is slow. */
const KEPT_LONGER_MS = 60_000;

const COMMON = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function whole(number)
  return string.format('%.0f', number)
end

-- What is used and reserved, without expired leases and periods. The caller sends the time of the reset; a script that only
-- reads sends none, and changes no period.
local function standing(counter, leases, resetsAt)
  local known = redis.call('HMGET', counter, 'used', 'reserved', 'endsAt', 'resetsAt')
  local used, reserved, endsAt = known[1], known[2], known[3]
  if not used or (endsAt and now >= tonumber(endsAt) and known[4] ~= resetsAt) then
    if resetsAt then redis.call('DEL', counter, leases) end
    return 0, 0
  end
  used, reserved = tonumber(used), tonumber(reserved)
  local over = redis.call('ZRANGEBYSCORE', leases, '-inf', whole(now))
  if #over > 0 then
    local back = 0
    for _, lease in ipairs(over) do back = back + tonumber(string.match(lease, '%d+$')) end
    redis.call('ZREMRANGEBYSCORE', leases, '-inf', whole(now))
    reserved = redis.call('HINCRBY', counter, 'reserved', whole(0 - back))
  end
  return used, reserved
end
`;

const RESERVE_ALL = `local count = math.floor(#KEYS / 2)
local used, reserved, wanted = {}, {}, {}
local refused = -1
for index = 1, count do
  local counter = KEYS[index * 2 - 1]
  local amount, limit = tonumber(ARGV[index * 4 - 1]), tonumber(ARGV[index * 4])
  if not used[counter] then
    used[counter], reserved[counter] = standing(counter, KEYS[index * 2], ARGV[index * 4 + 1])
  end
  local total = (wanted[counter] or 0) + amount
  if refused == -1 and used[counter] + reserved[counter] + total > limit then refused = index - 1 end
  wanted[counter] = total
end

for index = 1, refused == -1 and count or 0 do
  local counter, leases = KEYS[index * 2 - 1], KEYS[index * 2]
  local amount, resetsAt, lasts = ARGV[index * 4 - 1], ARGV[index * 4 + 1], tonumber(ARGV[index * 4 + 2])
  local held = redis.call('HINCRBY', counter, 'reserved', amount)
  local isNew = redis.call('HSETNX', counter, 'used', 0) == 1
  if isNew and lasts then redis.call('HSET', counter, 'endsAt', whole(now + lasts), 'resetsAt', resetsAt) end
  redis.call('ZADD', leases, whole(now + ARGV[2]), ARGV[1] .. ':' .. (index - 1) .. ':' .. amount)
  reserved[counter] = held
  -- One that is never reset is kept as long as there are reservations, and for ever once it was used.
  if lasts or used[counter] == 0 then
    local keep = (lasts or tonumber(ARGV[2])) + ${KEPT_LONGER_MS}
    for _, key in ipairs({ counter, leases }) do
      if redis.call('PTTL', key) < keep then redis.call('PEXPIRE', key, whole(keep)) end
    end
  end
end

local answer = { refused }
for index = 1, count do
  local counter = KEYS[index * 2 - 1]
  answer[index + 1] = math.max(0, tonumber(ARGV[index * 4]) - used[counter] - reserved[counter])
end
return answer
`;

/**
 * KEYS: counter and leases of each request. ARGV: reservation, lease in milliseconds, then for each request amount,
 * limit, its reset by the caller's clock, and milliseconds until then; both empty if it is never reset. Returns the
 * index of the first limit that is exceeded, or -1, and what is left of each.
 */
export const RESERVE = script(`${COMMON}
${RESERVE_ALL}`);

/**
 * The same for counters that are rebuilt where Redis has lost them. KEYS ends with the key of the epoch: since when this Redis has
 * known everything. ARGV ends with the start of the period of each request, empty if it begins at zero where it is lost. A counter
 * that is not there although its period began before the epoch is lost: then -2 is returned, and for each request whether it is.
 * Otherwise the epoch comes last in the answer.
 */
export const RESERVE_KNOWN = script(`${COMMON}
local count = math.floor(#KEYS / 2)
local epochKey = KEYS[#KEYS]
local epoch = redis.call('GET', epochKey)
if not epoch then
  epoch = whole(now)
  redis.call('SET', epochKey, epoch)
end
local missing, isLost = { -2 }, false
for index = 1, count do
  local startsAt = ARGV[2 + count * 4 + index]
  local lost = startsAt ~= '' and tonumber(startsAt) <= tonumber(epoch) and redis.call('EXISTS', KEYS[index * 2 - 1]) == 0
  missing[index + 1] = lost and 1 or 0
  isLost = isLost or lost
end
if isLost then return missing end
${RESERVE_ALL.replace('local count = math.floor(#KEYS / 2)\n', '').replace(/return answer\n$/, '')}
answer[count + 2] = epoch
return answer
`);

/** KEYS: counter and leases of each. ARGV: for each what was used of it, its reset by the caller's clock, and milliseconds until then. */
export const SEED = script(`${COMMON}
for index = 1, math.floor(#KEYS / 2) do
  local counter = KEYS[index * 2 - 1]
  local used, resetsAt, lasts = ARGV[index * 3 - 2], ARGV[index * 3 - 1], tonumber(ARGV[index * 3])
  if redis.call('EXISTS', counter) == 0 then
    redis.call('HSET', counter, 'used', used, 'reserved', 0)
    if lasts then
      redis.call('HSET', counter, 'endsAt', whole(now + lasts), 'resetsAt', resetsAt)
      redis.call('PEXPIRE', counter, whole(lasts + ${KEPT_LONGER_MS}))
    elseif used == '0' then
      redis.call('PEXPIRE', counter, ${KEPT_LONGER_MS})
    end
  end
end
`);

/**
 * Counts a call that was reserved before Redis lost everything. KEYS: the key of the epoch, then the counters. ARGV: the epoch of
 * the reservation, then for each what was used. A counter that is not there yet gets it from the ledger.
 */
export const SETTLE_LOST = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  for index = 2, #KEYS do
    if redis.call('EXISTS', KEYS[index]) == 1 then redis.call('HINCRBY', KEYS[index], 'used', ARGV[index]) end
  end
end
`);

/** KEYS: counter and leases of each request. ARGV: for each the lease's name, the amount reserved, the amount used. Returns how many leases were there. */
export const SETTLE = script(`${COMMON}
local settled = 0
for index = 1, #KEYS / 2 do
  local counter, leases = KEYS[index * 2 - 1], KEYS[index * 2]
  local lease, reserved, used = ARGV[index * 3 - 2], ARGV[index * 3 - 1], ARGV[index * 3]
  local endsAt = redis.call('ZSCORE', leases, lease)
  -- Only the script that removes the lease settles it: once.
  if endsAt and redis.call('EXISTS', counter) == 1 then
    redis.call('ZREM', leases, lease)
    settled = settled + 1
    redis.call('HINCRBY', counter, 'reserved', whole(0 - reserved))
    if now < tonumber(endsAt) and used ~= '0' then
      redis.call('HINCRBY', counter, 'used', used)
      if redis.call('HEXISTS', counter, 'endsAt') == 0 then
        redis.call('PERSIST', counter)
        redis.call('PERSIST', leases)
      end
    end
  end
end
return settled
`);

/** KEYS: counter and leases. Returns what is used and what is reserved. */
export const READ = script(`${COMMON}
return { standing(KEYS[1], KEYS[2]) }
`);
