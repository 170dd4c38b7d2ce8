-- For wrk: the requests come from 64 clients by `x-forwarded-for`, each so many times in a row as the
-- argument says.

local requests = {}
local nth = 0
local in_a_row = 1

function init(args)
  in_a_row = tonumber(args[1]) or 1
  for client = 1, 64 do
    wrk.headers["x-forwarded-for"] = "192.0.2." .. client
    requests[client] = wrk.format()
  end
end

function request()
  nth = nth + 1
  return requests[math.floor(nth / in_a_row) % 64 + 1]
end

-- What the bench reads: the last line of the output.
function done(summary, latency)
  local errors = summary.errors
  print(string.format('{"requests": %d, "per_second": %.2f, "p99": %d, "refused": %d, "broken": %d}',
    summary.requests, summary.requests / summary.duration * 1e6, latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
