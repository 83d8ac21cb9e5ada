#!/usr/bin/env python3
"""Compares the gateway with nginx: throughput and latency of the same answers over loopback, in one run.

    run.py [--short] [--rounds N] [--seconds N] [--only PART] [--case NAME] [--transcripts] [--record FOLDER] [--bin FILE]

FILE (default target/release/pure-agent-runtime) is the runtime. nginx stands behind both as upstream, and beside the
gateway as a reverse proxy that checks, meters and records nothing. Both take turns, in short rounds, after one that
is not counted; each ratio is the median of the ratios of the rounds.

  inputs   `GET /v1/inputs`, against a static file of nginx: what the HTTP layer costs
  models   `POST /v1/messages` with answers of 1 KB, 64 KB, 1 MB and a stream of 500 events; upstream plain and over
           TLS. The gateway checks the body against its policy, reserves, meters and records

Reported, all as ratios of ours to nginx: throughput (more is better), the 99th percentile (less is better), and the time
that each of the two spends on a processor for one request, its own and the kernel's for it (less is better), which others
on the machine disturb least. Also the memory of the idle gateway and the size of the program, which the gate bounds;
the rest has none: a machine that does other things moves these figures.
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


def measured(side, running, options, url, *rest):
    """One round: requests a second, 99th percentile in ms, processor time of a request in µs."""
    before = running.busy(side)
    rate, _, late = wrk(url, options.seconds, *rest)
    return rate, late, (running.busy(side) - before) * 1e6 / (rate * options.seconds)


def compare(name, running, ours, theirs, options):
    """Both in turns; `ours` and `theirs` are arguments of `wrk` without the time."""
    if options.case and name != options.case:
        return
    sides = (("nginx", theirs), ("ours", ours))
    for _, (url, *rest) in sides:
        wrk(url, 1, *rest)
    rounds = [[measured(side, running, options, *asked) for side, asked in sides] for _ in range(options.rounds)]
    ratios = [[own / max(other, 1e-3) for other, own in zip(*turn)] for turn in rounds]
    fast, late, busy = (statistics.median(column) for column in zip(*ratios))
    (_, _, other), (_, _, own) = ([statistics.median(c) for c in zip(*side)] for side in zip(*rounds))
    print(f"{name:<16}{fast:>10.2f}{late:>10.2f}{busy:>10.2f}{own:>12.1f}{other:>10.1f}", flush=True)


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
            compare(f"{kind} {size}", running, ours, theirs, options)
    for line in missing:
        print(f"NOT MEASURED {line}")
    return not missing


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    repository = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--record", help="folder of the record (default: beside the other files)")
    parser.add_argument("--only", choices=("inputs", "models"))
    parser.add_argument("--case", help="one line of the table, such as \"plain 1k\"")
    parser.add_argument("--transcripts", action="store_true", help="keep what is said too, beside the record")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=int)
    parser.add_argument("--bin", default=os.path.join(repository, "target", "release", "pure-agent-runtime"))
    options = parser.parse_args()
    rounds, seconds = (1, 2) if options.short else (7, 2)
    options.rounds, options.seconds = options.rounds or rounds, options.seconds or seconds
    servers.install()
    program = os.path.abspath(options.bin)
    good = True
    with tempfile.TemporaryDirectory() as folder:
        running = servers.Servers(folder, program, options.record, options.transcripts)
        try:
            idle, size = running.resident(), os.path.getsize(program)
            print(f"{idle:.1f} MiB idle, program of {size / 1e6:.2f} MB")
            print(f"{'ours to nginx':<16}{'rate':>10}{'p99':>10}{'busy':>10}{'busy, µs':>12}{'nginx':>10}")
            if options.only != "models":
                inputs = "/v1/inputs"
                ours = (f"http://{running.agent}{inputs}", "GET", running.bearer)
                compare("inputs", running, ours, (f"http://127.0.0.1:{running.port}{inputs}", "GET", "x"), options)
            if options.only != "inputs":
                good = models(running, options)
            print(f"{running.resident():.1f} MiB after")
        finally:
            running.stop()
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
