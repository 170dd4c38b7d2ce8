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
