-- What one would write for Envoy's Lua filter in place of the gate: an ID for each request, a token for
-- /metrics, a limit for each client on all but health, and a count for each status.
-- It cannot do all of it: each worker limits and counts for itself, and nobody can read the counts.

local LIMIT = 100000000
local clients = {}
local statuses = {}

local function new_id()
  return string.format("%08x-%04x-4%03x-%04x-%06x%06x",
    math.random(0, 0xffffffff), math.random(0, 0xffff), math.random(0, 0xfff),
    math.random(0x8000, 0xbfff), math.random(0, 0xffffff), math.random(0, 0xffffff))
end

local function admit(handle)
  local address = handle:streamInfo():downstreamDirectRemoteAddress()
  local client = string.match(address, "^(.*):%d+$")
  local second = math.floor(handle:timestamp(EnvoyTimestampResolution.MILLISECOND) / 1000)
  local window = clients[client]
  if not window or window.second ~= second then
    window = { second = second, count = 0 }
    clients[client] = window
  end
  window.count = window.count + 1
  return window.count <= LIMIT
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local path = headers:get(":path")
  local id = headers:get("x-request-id")
  if not id then
    id = new_id()
    headers:add("x-request-id", id)
  end
  handle:streamInfo():dynamicMetadata():set("gate", "id", id)
  if path == "/metrics" then
    if headers:get("authorization") ~= "Bearer s3cret" then
      handle:respond({ [":status"] = "401", ["www-authenticate"] = "Bearer" }, "unauthorized")
    end
  elseif path ~= "/health" and path ~= "/ready" and not admit(handle) then
    handle:respond({ [":status"] = "429", ["retry-after"] = "1" }, "limited")
  end
end

function envoy_on_response(handle)
  local headers = handle:headers()
  headers:add("x-request-id", handle:streamInfo():dynamicMetadata():get("gate").id)
  local status = headers:get(":status")
  statuses[status] = (statuses[status] or 0) + 1
end
