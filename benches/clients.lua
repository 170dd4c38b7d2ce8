-- For wrk: the requests come from 64 clients, in turn.

local requests = {}
local nth = 0

function init()
  for client = 1, 64 do
    wrk.headers["x-client"] = "client-" .. client
    requests[client] = wrk.format()
  end
end

function request()
  nth = nth % 64 + 1
  return requests[nth]
end
