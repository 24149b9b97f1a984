-- Count one more request of a credential, unless there were too many in this minute.
--
-- KEYS: of the credential's counts, a hash of step to requests.
-- ARGV: the quota; a step, ms; the steps that count beside the one of now.
-- Returns whether it was counted, the requests that are left, the time until there are more, ms.
--
-- The clock is Redis's own, which all processes share. window.py does the same.
local limit, step_ms, steps = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
local step = math.floor(now_ms / step_ms)
local counts = redis.call('HGETALL', KEYS[1])
local used, oldest = 0, step
for i = 1, #counts, 2 do
  local at = tonumber(counts[i])
  if at < step - steps then
    redis.call('HDEL', KEYS[1], counts[i])
  else
    used = used + tonumber(counts[i + 1])
    oldest = math.min(oldest, at)
  end
end
local admitted = 0
if used < limit then
  admitted = 1
  redis.call('HINCRBY', KEYS[1], step, 1)
  redis.call('PEXPIRE', KEYS[1], (steps + 1) * step_ms)
end
local reset_ms = (oldest + steps + 1) * step_ms - now_ms
return { admitted, math.max(0, limit - used - admitted), reset_ms }
