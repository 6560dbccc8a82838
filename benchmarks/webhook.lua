-- Posts ready-made signed requests one after the other, each once; what is left over when they end repeats the last.
local requests, position = {}, 0

function init(arguments)
    local file = assert(io.open(arguments[1], "rb"))
    for one in file:read("*a"):gmatch("[^%z]+") do
        requests[#requests + 1] = one
    end
    file:close()
end

function request()
    if position < #requests then
        position = position + 1
    end
    return requests[position]
end

function done(summary, latency, _)
    local errors = summary.errors
    io.write(string.format(
        '{"acknowledged": %d, "refused": %d, "per_second": %.3f, "p50_ms": %.3f, "p99_ms": %.3f}\n',
        summary.requests - errors.status, errors.status + errors.connect + errors.read + errors.write + errors.timeout,
        (summary.requests - errors.status) / summary.duration * 1e6,
        latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
