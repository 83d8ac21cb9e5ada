-- One request, from the environment; counts answers that are not 200, which wrk does not for 3xx.
wrk.method = os.getenv("BENCH_METHOD")
wrk.body = os.getenv("BENCH_BODY")
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer " .. os.getenv("BENCH_BEARER")
wrk.headers["anthropic-version"] = "2023-06-01"

function done(summary, latency, requests)
    local errors = summary.errors
    local bad = errors.connect + errors.read + errors.write + errors.status + errors.timeout
    local seconds = summary.duration / 1000000
    io.write(string.format("result %d %.2f %.3f %.3f\n", bad, summary.requests / seconds,
        latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
