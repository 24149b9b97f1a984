-- Hold reports, all or none of them, and tell who waits for their references.
--
-- KEYS: of each report, its id's key and its reference's; without a reference, its id's again.
-- ARGV: the time to live, ms; then of each report its alarm (0 to 3), whether it has a country
--       (0 or 1), its verdict.
-- Returns of each report the verdict that its id has already, or nil where it is held now.
--
-- What stands for a reference is the alarm, the country's digit and the verdict in one string;
-- the rule is that of standing.py.
local ttl_ms = ARGV[1]
local results = {}
for i = 1, #KEYS / 2 do
  local id, ref = KEYS[2 * i - 1], KEYS[2 * i]
  local known = redis.call('GET', id)
  results[i] = known
  if not known then
    local alarm, country, verdict = ARGV[3 * i - 1], ARGV[3 * i], ARGV[3 * i + 1]
    redis.call('SET', id, verdict, 'PX', ttl_ms)
    if ref ~= id then
      local earlier = redis.call('GET', ref)
      if earlier then
        if earlier:sub(1, 1) > alarm then
          alarm = earlier:sub(1, 1)
        end
        if country == '0' and earlier:sub(2, 2) == '1' then
          country, verdict = '1', earlier:sub(3)
        end
      end
      redis.call('SET', ref, alarm .. country .. verdict, 'PX', ttl_ms)
      redis.call('PUBLISH', ref, '')
    end
  end
end
return results
