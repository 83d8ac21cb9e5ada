#!/usr/bin/env python3
"""Measures the speed of `pure-agent`: whole processes, CPU of user and system, peak memory.

    run.py [--short] [--bin DIR]

DIR (default target/release) holds `pure-agent` and `floor`. Bounds, which end the program with 1 when
broken:

  one       `check` and `compile` of one spec take at most 10 ms of CPU
  growth    `check` and `compile` of 1,000 agents take at most 11 times the CPU of 100
  memory    and at most 64 MiB

and a goal, which is reported: 1,000 agents within five times the CPU of a program that was written by
hand for them (`tests/src/bin/floor.rs`) and writes the same bytes, which is verified first.

Every figure is the median of several runs; programs that are compared take turns. `--short` takes
fewer runs and compares 20 agents with 200, for CI.
"""

import argparse
import hashlib
import os
import statistics
import sys
import tempfile

import templates
import workspace

ONE_SPEC_MS = 10.0
GROWTH = 11.0
MEMORY_MIB = 64.0
FLOOR_GOAL = 5.0


class Usage:
    """What one process used."""

    def __init__(self, code, seconds, memory_kib):
        self.code = code
        self.seconds = seconds
        self.memory_kib = memory_kib


def spawn(command, folder, output):
    """Runs a process to its end; standard output goes to the file `output`, errors to nowhere."""
    # The shell's `cd` would be a process of its own, so the child changes folders itself.
    child = os.fork()
    if child == 0:
        try:
            os.chdir(folder)
            os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            os.execv(command[0], command)
        finally:
            os._exit(127)
    _, status, usage = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    return Usage(code, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)


class Contest:
    """Commands that take turns."""

    def __init__(self, rounds):
        self.rounds = rounds
        self.entries = {}

    def add(self, name, command, folder, output=os.devnull):
        self.entries[name] = (command, folder, output)

    def run(self):
        """Median CPU seconds and greatest memory in MiB, by name."""
        used = {name: [] for name in self.entries}
        for _ in range(self.rounds + 1):
            for name, (command, folder, output) in self.entries.items():
                usage = spawn(command, folder, output)
                if usage.code != 0:
                    sys.exit(f"{' '.join(command)}: exit code {usage.code}")
                used[name].append(usage)
        # The first round warms the caches.
        return {
            name: (
                statistics.median(u.seconds for u in runs[1:]),
                max(u.memory_kib for u in runs[1:]) / 1024,
            )
            for name, runs in used.items()
        }


class Report:
    """Lines with a verdict."""

    def __init__(self):
        self.broken = 0

    def line(self, text, good=None, bound=True):
        if good is None:
            verdict = ""
        elif good:
            verdict = "ok"
        elif bound:
            verdict = "BROKEN"
            self.broken += 1
        else:
            verdict = "not reached"
        print(f"{text:<72}{verdict}", flush=True)


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def one_spec(report, program, folder, rounds):
    """The reference example alone, so many times that the clock's grain does not matter."""
    contest = Contest(rounds)
    contest.add("check", [program, "check"], folder)
    contest.add("compile", [program, "compile"], folder)
    contest.add("start", [program, "--version"], folder)
    used = contest.run()
    for name in ("check", "compile"):
        share = used[name][0] * 1000 / ONE_SPEC_MS
        good = share <= 1.0
        report.line(f"one spec, {name}: {share:.2f} of the {ONE_SPEC_MS:.0f} ms allowed", good)
    share = used["start"][0] / max(used["compile"][0], 1e-9)
    report.line(f"  starting the process is {share:.2f} of compile")


def many(report, program, floor, scratch, sizes, rounds, seed):
    small, large = sizes
    roots = {}
    for size in sizes:
        roots[size] = os.path.join(scratch, f"w{size}")
        workspace.write(roots[size], workspace.facts(size, seed))
    cut = os.path.join(scratch, "templates.json")
    with open(cut, "w", encoding="utf-8") as out:
        templates.dump(templates.templates(program), out)
    verify(program, floor, cut, roots[large], scratch)
    contest = Contest(rounds)
    for size in sizes:
        contest.add(f"check {size}", [program, "check"], roots[size])
        contest.add(f"compile {size}", [program, "compile"], roots[size])
    contest.add("floor", [floor, cut, roots[large] + ".facts.json"], scratch)
    used = contest.run()
    for name in ("check", "compile"):
        few, all_of_them = used[f"{name} {small}"], used[f"{name} {large}"]
        growth = all_of_them[0] / few[0]
        allowed = GROWTH * (large / small) / 10
        good = growth <= allowed
        report.line(f"{name}, {small} to {large} agents: CPU grows {growth:.1f} times", good)
        good = all_of_them[1] <= MEMORY_MIB
        report.line(f"{name}, {large} agents: {all_of_them[1]:.0f} of {MEMORY_MIB:.0f} MiB", good)
    ratio = used[f"compile {large}"][0] / used["floor"][0]
    good = ratio <= FLOOR_GOAL
    report.line(f"compile, {large} agents: {ratio:.1f} times the floor's CPU", good, bound=False)
    share = used[f"check {large}"][0] / used[f"compile {large}"][0]
    report.line(f"  check alone is {share:.2f} of compile")


def verify(program, floor, cut, root, scratch):
    """Both write the same bytes, or there is nothing to compare."""
    ours, theirs = os.path.join(scratch, "ours.yaml"), os.path.join(scratch, "floor.yaml")
    for command, folder, output in (
        ([program, "compile"], root, ours),
        ([floor, cut, root + ".facts.json"], scratch, theirs),
    ):
        usage = spawn(command, folder, output)
        if usage.code != 0:
            sys.exit(f"{' '.join(command)}: exit code {usage.code}")
    if sha256(ours) != sha256(theirs):
        sys.exit(f"the floor writes other bytes than the compiler: compare {ours} with {theirs}")
    os.remove(ours)
    os.remove(theirs)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    repository = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--bin", default=os.path.join(repository, "target", "release"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", help="a folder for workspaces and templates, to look at them")
    options = parser.parse_args()
    programs = os.path.abspath(options.bin)
    program, floor = os.path.join(programs, "pure-agent"), os.path.join(programs, "floor")
    example = os.path.join(repository, "examples", "pure-agent")
    report = Report()
    with tempfile.TemporaryDirectory() as scratch:
        if options.keep:
            scratch = os.path.abspath(options.keep)
            os.makedirs(scratch, exist_ok=True)
        one_spec(report, program, example, 15 if options.short else 41)
        sizes, rounds = ((20, 200), 3) if options.short else ((100, 1000), 7)
        many(report, program, floor, scratch, sizes, rounds, options.seed)
    sys.exit(1 if report.broken else 0)


if __name__ == "__main__":
    main()
