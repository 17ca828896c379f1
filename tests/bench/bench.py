# SPDX-License-Identifier: MIT
"""Memory, CPU and size of the real binary against the simulated Azure.

    python3 tests/bench/bench.py BUILD_DIR [--sizes N,N] [--pairs N]

BUILD_DIR holds wf-sentinel and bench/floor, bench/measure.  What is measured
and how is in README.md beside this file.  Exit 1 only when something could not
be measured: a missed target is printed, not an error.
"""
import argparse
import dataclasses
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "system"))

import simulator  # noqa: E402

SIZES = (100, 1000, 10000)
#: Runs of the product, each followed by one of the floor.
PAIRS = {100: 15, 1000: 9}
PAIRS_OTHERWISE = 5
RUN_SECONDS = 540.0

LATENCY_MS = 30
LATENCY_INCIDENTS = 200

# What is to be reached.
HWM_KIB = 2048
ANONYMOUS_KIB = 640
SPREAD_KIB = 64
CPU_RATIO = 2.0
BINARY_BYTES = 1792 * 1024

KINDS = {"token": "form", "onboarding": "get", "list": "get",
         "alerts": "post", "entities": "post", "comments": "post"}


@dataclasses.dataclass
class Usage:
    """What one process took."""
    hwm_kib: int
    anonymous_kib: int
    cpu_us: int
    wall_us: int


@dataclasses.dataclass
class Run:
    """One run of the product."""
    usage: Usage
    state_bytes: int
    sink_bytes: int


@dataclasses.dataclass
class Result:
    """All runs of one size."""
    incidents: int
    runs: list[Run]
    floors: list[Usage]

    def hwm_kib(self) -> int:
        return max(r.usage.hwm_kib for r in self.runs)

    def anonymous_kib(self) -> int:
        return max(r.usage.anonymous_kib for r in self.runs)

    def cpu_us(self) -> float:
        return statistics.median(r.usage.cpu_us for r in self.runs)

    def floor_us(self) -> float:
        return statistics.median(f.cpu_us for f in self.floors)

    def ratio(self) -> float:
        """Of neighbours in time, so that a busy machine hits both."""
        return statistics.median(r.usage.cpu_us / f.cpu_us for r, f
                                 in zip(self.runs, self.floors))

    def records_per_s(self) -> float:
        return self.incidents / statistics.median(
            r.usage.wall_us for r in self.runs) * 1e6


def thousands(number: float) -> str:
    return f"{number:,.0f}"


# --- one process ----------------------------------------------------------

def status_kib(text: str, name: str) -> int:
    for line in text.splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    raise ValueError(f"{name} is not in /proc/PID/status")


def anonymous_kib(smaps: str) -> int:
    """Counted page by page by the kernel, unlike RssAnon, which is a sum of
    per-processor counters and may be some pages off."""
    return sum(int(line.split()[1]) for line in smaps.splitlines()
               if line.startswith("Anonymous:"))


def measured(build: pathlib.Path, work: pathlib.Path, name: str,
             command: Sequence[str], stdin: Any) -> Usage:
    """Run a command to its end; what went wrong is in work/NAME.log."""
    log = work / f"{name}.log"
    with open(log, "wb") as out:
        subprocess.run([str(build / "bench" / "measure"), str(work), *command],
                       stdin=stdin, stdout=out, stderr=out, check=True,
                       timeout=RUN_SECONDS)
    user, system, wall, code = map(
        int, (work / "usage").read_text().split())
    if code != 0:
        raise RuntimeError(f"{name} ended with {code}: {log.read_text()}")
    return Usage(status_kib((work / "status").read_text(), "VmHWM"),
                 anonymous_kib((work / "smaps").read_text()),
                 user + system, wall)


# --- the product ----------------------------------------------------------

class Product:
    """A state directory that each run begins with."""

    def __init__(self, build: pathlib.Path, work: pathlib.Path,
                 sim: simulator.Simulator) -> None:
        self.build = build
        self.work = work
        self.template = work / "template"
        simulator.write_config(
            self.template, sim,
            {"enrichment_calls_per_5min": 1000000,
             "initial_lookback_hours": 720},
            store={"max_mib": 1024},
            sinks=[{"name": "file", "type": "file", "rotate_mib": 1024}])
        simulator.store_secrets(self.template, sim)

    def run(self, incidents: int) -> Run:
        state = self.work / "state"
        shutil.rmtree(state, ignore_errors=True)
        shutil.copytree(self.template, state)
        usage = measured(self.build, self.work, "wf-sentinel",
                         [str(self.build / "wf-sentinel"), "--state",
                          str(state), "run", "--once"], subprocess.DEVNULL)
        sink = state / "workunits.ndjson"
        with open(sink, "rb") as lines:
            records = sum(1 for _ in lines)
        if records != incidents:
            raise RuntimeError(f"{records} records of {incidents}: "
                               + (self.work / "wf-sentinel.log").read_text())
        store = sum(f.stat().st_size for f in state.glob("*.db*"))
        return Run(usage, store, sink.stat().st_size)


class Floor:
    """The same requests, from the simulator's log of a run."""

    def __init__(self, build: pathlib.Path, work: pathlib.Path,
                 sim: simulator.Simulator) -> None:
        self.build = build
        self.work = work
        self.ca_file = sim.ca_file
        log = sim.requests()
        with open(work / "requests", "w", encoding="ascii") as out:
            for entry in log:
                origin = sim.authority_url if entry["origin"] == "entra" \
                    else sim.arm_url
                out.write(f"{KINDS[entry['op']]} {origin}{entry['target']}\n")
        form = next(e["body"] for e in log if e["op"] == "token")
        (work / "form").write_text(form, "ascii")
        answer = sim.fetch(
            "POST", sim.authority_url + next(
                e["target"] for e in log if e["op"] == "token"),
            form.encode("ascii"),
            {"Content-Type": "application/x-www-form-urlencoded"})
        self.authorization = "Authorization: Bearer " \
            + answer.json()["access_token"]
        self.requests = len(log)

    def run(self) -> Usage:
        with open(self.work / "requests", "rb") as requests:
            usage = measured(self.build, self.work, "floor",
                             [str(self.build / "bench" / "floor"),
                              self.ca_file, str(self.work / "form"),
                              self.authorization], requests)
        replies = int((self.work / "floor.log").read_text().split()[0])
        if replies != self.requests:
            raise RuntimeError(f"the floor had {replies} replies of "
                               f"{self.requests}")
        return usage


# --- one size -------------------------------------------------------------

def measure_size(build: pathlib.Path, work: pathlib.Path, incidents: int,
                 pairs: int, latency_ms: int = 0) -> Result:
    result = Result(incidents, [], [])
    with simulator.Simulator("bench", incidents) as sim:
        product = Product(build, work, sim)
        floor = None
        if latency_ms:
            sim.latency(any=latency_ms)
        for _ in range(pairs):
            sim.reset()
            if latency_ms:
                sim.latency(any=latency_ms)
            result.runs.append(product.run(incidents))
            if floor is None:
                floor = Floor(build, work, sim)
            sim.reset()
            if latency_ms:
                sim.latency(any=latency_ms)
            result.floors.append(floor.run())
    return result


# --- what is printed ------------------------------------------------------

def print_table(results: Sequence[Result]) -> None:
    def row(name: str, values: Sequence[str]) -> None:
        print(f"{name:<34}" + "".join(f"{v:>11}" for v in values))

    row("incidents", [thousands(r.incidents) for r in results])
    row("VmHWM, KiB", [thousands(r.hwm_kib()) for r in results])
    row("  of it anonymous, KiB",
        [thousands(r.anonymous_kib()) for r in results])
    row("CPU an incident, us",
        [thousands(r.cpu_us() / r.incidents) for r in results])
    row("  libcurl alone, us",
        [thousands(r.floor_us() / r.incidents) for r in results])
    row("CPU / floor", [f"{r.ratio():.2f}" for r in results])
    row("  pairs of runs", [str(len(r.runs)) for r in results])
    row("records a second",
        [thousands(r.records_per_s()) for r in results])
    row("state bytes an incident",
        [thousands(r.runs[0].state_bytes / r.incidents) for r in results])
    row("file sink bytes an incident",
        [thousands(r.runs[0].sink_bytes / r.incidents) for r in results])


def print_target(name: str, figure: str, met: bool) -> None:
    print(f"{'met   ' if met else 'MISSED'}  {name}: {figure}")


def print_targets(results: Sequence[Result], binary: int) -> None:
    hwm = max(r.hwm_kib() for r in results)
    anonymous = max(r.anonymous_kib() for r in results)
    spread = max(abs(a.hwm_kib() - b.hwm_kib()) for a in results
                 for b in results)
    ratio = max(r.ratio() for r in results)
    print_target(f"VmHWM at most {HWM_KIB} KiB", thousands(hwm),
                 hwm <= HWM_KIB)
    print_target(f"of it anonymous at most {ANONYMOUS_KIB} KiB",
                 thousands(anonymous), anonymous <= ANONYMOUS_KIB)
    print_target(f"VmHWM equal within {SPREAD_KIB} KiB at all sizes",
                 f"{spread} apart", spread <= SPREAD_KIB)
    print_target(f"CPU at most {CPU_RATIO:.0f} x libcurl alone",
                 f"{ratio:.2f}", ratio <= CPU_RATIO)
    print_target(f"binary at most {thousands(BINARY_BYTES)} bytes",
                 thousands(binary), binary <= BINARY_BYTES)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--pairs", type=int, default=0)
    arguments = parser.parse_args()
    build = arguments.build.resolve()
    simulator.BINARY = build / "wf-sentinel"
    results = []
    started = time.monotonic()
    with tempfile.TemporaryDirectory(dir=build / "bench") as folder:
        work = pathlib.Path(folder)
        for size in map(int, arguments.sizes.split(",")):
            pairs = arguments.pairs or PAIRS.get(size, PAIRS_OTHERWISE)
            print(f"bench: {thousands(size)} incidents, {pairs} pairs of "
                  "runs", file=sys.stderr, flush=True)
            results.append(measure_size(build, work, size, pairs))
        slow = measure_size(build, work, LATENCY_INCIDENTS, 1, LATENCY_MS)
    binary = (build / "wf-sentinel").stat().st_size
    print(f"\nwf-sentinel run --once: 2 alerts and 4 entities an incident, "
          f"2 connections,\nload of this machine {os.getloadavg()[0]:.1f}, "
          f"{time.monotonic() - started:.0f} s of measuring\n")
    print_table(results)
    print(f"{'binary, bytes':<34}{thousands(binary):>11}")
    print(f"{f'records a second at {LATENCY_MS} ms latency':<34}"
          f"{slow.records_per_s():>11.1f}\n")
    print_targets(results, binary)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, RuntimeError, ValueError, KeyError,
            subprocess.SubprocessError) as error:
        print(f"bench: could not measure: {error}", file=sys.stderr)
        sys.exit(1)
