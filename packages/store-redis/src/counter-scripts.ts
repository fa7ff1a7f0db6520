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

/**
 * KEYS: counter and leases of each request. ARGV: reservation, lease in milliseconds, then for each request amount,
 * limit, its reset by the caller's clock, and milliseconds until then; both empty if it is never reset. Returns the
 * index of the first limit that is exceeded, or -1, and what is left of each.
 */
export const RESERVE = script(`${COMMON}
local count = #KEYS / 2
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
`);

/** KEYS: counter and leases of each request. ARGV: for each the lease's name, the amount reserved, the amount used. */
export const SETTLE = script(`${COMMON}
for index = 1, #KEYS / 2 do
  local counter, leases = KEYS[index * 2 - 1], KEYS[index * 2]
  local lease, reserved, used = ARGV[index * 3 - 2], ARGV[index * 3 - 1], ARGV[index * 3]
  local endsAt = redis.call('ZSCORE', leases, lease)
  -- Only the script that removes the lease settles it: once.
  if endsAt and redis.call('EXISTS', counter) == 1 then
    redis.call('ZREM', leases, lease)
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
`);

/** KEYS: counter and leases. Returns what is used and what is reserved. */
export const READ = script(`${COMMON}
return { standing(KEYS[1], KEYS[2]) }
`);
