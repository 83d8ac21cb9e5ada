#!/usr/bin/env python3
"""Compares the gateway with nginx: throughput and latency of the same answers over loopback, in one run.

    run.py [--short] [--only PART] [--record FOLDER] [--bin FILE]

FILE (default target/release/pure-agent-runtime) is the runtime. nginx stands behind both as upstream, and beside the
gateway as a reverse proxy that checks, meters and records nothing. Both take turns; each figure is the median of its rounds.

  inputs   `GET /v1/inputs`, against a static file of nginx: what the HTTP layer costs
  models   `POST /v1/messages` with answers of 1 KB, 64 KB, 1 MB and a stream of 500 events; upstream plain and over
           TLS. The gateway checks the body against its policy, reserves, meters and records

Reported: ratio of throughput (ours to nginx, more is better) and of the 99th percentile (less is better), memory of the idle gateway,
size of the program. Nothing is a bound: a machine that does other things moves these figures.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

import servers

HERE = os.path.dirname(os.path.abspath(__file__))
CONNECTIONS = 64


def wrk(url, seconds, method, bearer, body=""):
    """Requests a second, median and 99th percentile in ms."""
    environment = {**os.environ, "BENCH_METHOD": method, "BENCH_BEARER": bearer, "BENCH_BODY": body}
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "20s",
               "-s", os.path.join(HERE, "post.lua"), url]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    line = next((line for line in done.stdout.splitlines() if line.startswith("result ")), None)
    if line is None:
        sys.exit(f"wrk says: {done.stdout}{done.stderr}")
    bad, *figures = line.split()[1:]
    if int(bad):
        sys.exit(f"{url}: {bad} bad answers\n{done.stdout}")
    return [float(figure) for figure in figures]


def compare(name, ours, theirs, options):
    """Both in turns; `ours` and `theirs` are arguments of `wrk` without the time."""
    runs = {"ours": [], "nginx": []}
    for _ in range(options.rounds):
        for side, (url, *rest) in (("nginx", theirs), ("ours", ours)):
            runs[side].append(wrk(url, options.seconds, *rest))
    own, other = ([statistics.median(column) for column in zip(*runs[side])] for side in ("ours", "nginx"))
    print(f"{name:<16}{own[0]:>10.0f}{other[0]:>10.0f}{own[0] / other[0]:>8.2f}"
          f"{own[2]:>10.2f}{other[2]:>10.2f}{own[2] / max(other[2], 1e-3):>8.2f}", flush=True)


def status(url, bearer, body):
    """How the gateway answers one request."""
    request = urllib.request.Request(url, body.encode(), {
        "Authorization": f"Bearer {bearer}", "Content-Type": "application/json", "anthropic-version": "2023-06-01"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            answer.read()
            return answer.status, ""
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")[:200]


def models(running, options):
    missing = []
    for kind in ("plain", "tls"):
        for size in (*servers.SIZES, "sse"):
            body = {"model": f"{kind}-{size}", "max_tokens": 64, "messages": [{"role": "user", "content": "x" * 500}]}
            if size == "sse":
                body["stream"] = True
            body = json.dumps(body)
            url = f"http://{running.agent}/v1/messages"
            code, why = status(url, running.bearer, body)
            if code != 200:
                missing.append(f"{kind}-{size}: the gateway answers {code} {why}")
                continue
            ours = (url, "POST", running.bearer, body)
            theirs = (f"http://127.0.0.1:{running.port}/{kind}/{size}/v1/messages", "POST", "x", body)
            compare(f"{kind} {size}", ours, theirs, options)
    for line in missing:
        print(f"NOT MEASURED {line}")
    return not missing


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    repository = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--record", help="folder of the record (default: beside the other files)")
    parser.add_argument("--only", choices=("inputs", "models"))
    parser.add_argument("--bin", default=os.path.join(repository, "target", "release", "pure-agent-runtime"))
    options = parser.parse_args()
    options.rounds, options.seconds = (1, 2) if options.short else (5, 5)
    servers.install()
    program = os.path.abspath(options.bin)
    good = True
    with tempfile.TemporaryDirectory() as folder:
        running = servers.Servers(folder, program, options.record)
        try:
            print(f"{running.resident():.1f} MiB idle, program of {os.path.getsize(program) / 1e6:.2f} MB")
            print(f"{'':<16}{'ours/s':>10}{'nginx/s':>10}{'ratio':>8}{'p99 ms':>10}{'nginx':>10}{'ratio':>8}")
            if options.only != "models":
                inputs = "/v1/inputs"
                ours = (f"http://{running.agent}{inputs}", "GET", running.bearer)
                compare("inputs", ours, (f"http://127.0.0.1:{running.port}{inputs}", "GET", "x"), options)
            if options.only != "inputs":
                good = models(running, options)
            print(f"{running.resident():.1f} MiB after")
        finally:
            running.stop()
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
