#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""run-tests.py unit|system ... [options] - run tests, add them up.

--only PATTERN  only these tests; --limit SECONDS  for all unit tests

unit    build/native/unit, Criterion; PATTERN is a glob over suite/test;
        stopped after --limit seconds, since a test can defeat Criterion's
        own limit (an assertion in a forked child waits for ever)
system  tests/system/test_*.py, unittest; PATTERN is part of a test's id

The last line is "N passed, N failed", with ", N skipped" when tests were
skipped; those are listed by name above it.  Exit 1 after a failure, or when
nothing ran at all.
"""

import argparse
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NATIVE = os.path.join(ROOT, "build", "native")


class Tally:
    def __init__(self):
        self.passed = 0
        self.failed = []
        self.skipped = []

    def print(self):
        for name, reason in sorted(self.skipped):
            print(f"skipped: {name}: {reason}")
        for name in sorted(self.failed):
            print(f"failed: {name}")
        line = f"{self.passed} passed, {len(self.failed)} failed"
        if self.skipped:
            line += f", {len(self.skipped)} skipped"
        print(line, flush=True)
        return 1 if self.failed or not self.passed + len(self.skipped) else 0


TAP = re.compile(r"^(ok|not ok) - (\S+::\S+)\s*(?:#\s*SKIP\s*(.*))?")


def read_tap(path, tally):
    """Add one report of Criterion; returns how many tests were announced
    but not reported."""
    announced = reported = 0
    with open(path, encoding="utf-8", errors="replace") as report:
        for line in report:
            plan = re.match(r"1\.\.(\d+)", line)
            if plan:
                announced = int(plan[1])
            verdict = TAP.match(line)
            if not verdict:
                continue
            reported += 1
            if verdict[1] == "not ok":
                tally.failed.append(verdict[2])
            elif verdict[3] is not None:
                tally.skipped.append((verdict[2], verdict[3]))
            else:
                tally.passed += 1
    return announced - reported


def watch_leaks(lines, tally):
    """Pass stderr on.  A leak is found after a test has passed, so Criterion
    does not count it; every other finding has failed its test already."""
    in_report = False
    for line in lines:
        sys.stderr.write(line)
        if "ERROR: LeakSanitizer" in line:
            in_report = True
            tally.failed.append("leak in an unknown test")
        where = re.search(r" in (\w+)_impl ", line)
        if in_report and where:
            in_report = False
            tally.failed[-1] = f"leak in {where[1]}"


def kill_marked(mark):
    """Kill the processes that inherited mark in their environment: Criterion's
    workers are in sessions of their own."""
    for environ in pathlib.Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark.encode() in environ.read_bytes().split(b"\0"):
                os.kill(int(environ.parent.name), signal.SIGKILL)
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            continue


def run_unit(tally, only, limit_s):
    report = os.path.join(NATIVE, "unit.tap")
    if os.path.exists(report):
        os.remove(report)
    command = [os.path.join(NATIVE, "unit"), f"--tap={report}", "--jobs",
               str(os.cpu_count() or 1), "--timeout", "120"]
    if only:
        command += ["--filter", only]
    mark = f"WF_UNIT_RUN={os.getpid()}"
    env = dict(os.environ, UBSAN_OPTIONS="print_stacktrace=1",
               WF_UNIT_RUN=str(os.getpid()))
    watchdog = threading.Timer(limit_s, kill_marked, [mark])
    watchdog.start()
    with subprocess.Popen(command, cwd=ROOT, env=env, text=True,
                          errors="replace", stderr=subprocess.PIPE) as unit:
        watch_leaks(unit.stderr, tally)
    watchdog.cancel()
    known = len(tally.failed)
    lost = read_tap(report, tally) if os.path.exists(report) else 1
    if lost > 0 or (unit.returncode != 0 and len(tally.failed) == known):
        tally.failed.append(f"unit tests ended early ({unit.returncode})")


class Result(unittest.TextTestResult):
    """Remembers which tests ran: a test with subtests may fail many times,
    and a class that cannot be set up fails without running a test."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.ran = set()

    def startTest(self, test):
        super().startTest(test)
        self.ran.add(test.id())


def test_ids(entries):
    """The tests of (test, text) pairs; a subtest counts as its test."""
    return {getattr(test, "test_case", test).id() for test, _ in entries}


def all_tests(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from all_tests(item)
        else:
            yield item


def run_system(tally, only):
    os.chdir(ROOT)
    start = os.path.join(ROOT, "tests", "system")
    suite = unittest.defaultTestLoader.discover(start)
    if only:
        suite = unittest.TestSuite(
            t for t in all_tests(suite) if only in t.id())
    runner = unittest.TextTestRunner(
        stream=sys.stdout, verbosity=2, resultclass=Result)
    result = runner.run(suite)
    failed = test_ids(result.failures) | test_ids(result.errors)
    failed |= {test.id() for test in result.unexpectedSuccesses}
    skipped = dict((getattr(test, "test_case", test).id(), reason)
                   for test, reason in result.skipped)
    tally.failed += sorted(failed)
    tally.skipped += [(name, reason) for name, reason in skipped.items()
                      if name not in failed]
    tally.passed += len(result.ran - failed - skipped.keys())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kinds", nargs="+", choices=["unit", "system"])
    parser.add_argument("--only", default="")
    parser.add_argument("--limit", type=float, default=900)
    args = parser.parse_args()
    tally = Tally()
    if "unit" in args.kinds:
        run_unit(tally, args.only, args.limit)
    if "system" in args.kinds:
        run_system(tally, args.only)
    return tally.print()


if __name__ == "__main__":
    sys.exit(main())
