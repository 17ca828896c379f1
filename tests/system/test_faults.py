# SPDX-License-Identifier: MIT
"""Memory that runs out: every allocation of a poll cycle refused once, and
from then on (R8); what a request may cost (R9).

Runs the whole program, built natively with the sanitizers (tests/faults), so
that a fault which corrupts memory or leaks is seen at once.
"""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import tempfile
import unittest
from typing import Any

from poll_case import incident
from simulator import (ROOT, Simulator, run_product, scenario, store_secrets,
                       write_config)

FAULTY = ROOT / "build" / "native" / "wf-sentinel"
#: A refused allocation ends in one of these, never in a crash or a hang.
DEFINED = {0, 65, 70, 75, 77}
#: 1: each allocation is refused in its turn; a larger number takes every so
#: many, for a quick look.
EVERY = int(os.environ.get("WF_EVERY", "1"))
#: Of one request (reliability.md, R9), its connection included; and of a page
#: on a connection that is there: a token of 4 KiB is copied twice.
REQUEST_COUNT, REQUEST_BYTES = 100, 80_000
PAGE_BYTES = 12 * 1024
#: What one TLS connection cannot do without.
TLS_BYTES = 41_320


class Faulty(unittest.TestCase):
    """Runs of the faulty program on one simulator."""

    def setUp(self) -> None:
        if not FAULTY.is_file():
            self.skipTest(f"{FAULTY} is not built (run make native)")
        self.sim = self.enterContext(Simulator(scenario(
            [incident(n, f"@-{60 - n}m", alerts=1, comments=1)
             for n in range(3)])))

    def run_faulty(self, state: str, fail: str | None = None) \
            -> tuple[int, str, dict[str, Any]]:
        """`run --once`: exit code, stderr, the arena's figures."""
        report = pathlib.Path(state, "arena.json")
        env = {**os.environ, "WF_ARENA_REPORT": str(report),
               "ASAN_OPTIONS": "detect_leaks=1:exitcode=99",
               "UBSAN_OPTIONS": "halt_on_error=1:exitcode=98"}
        if fail is not None:
            env["WF_ARENA_FAIL"] = fail
        done = subprocess.run(
            [str(FAULTY), "--state", state, "run", "--once"], env=env,
            capture_output=True, text=True, errors="replace", timeout=60,
            check=False)
        figures = json.loads(report.read_text()) if report.exists() else {}
        return done.returncode, done.stderr, figures

    def fresh_state(self) -> str:
        """A configured state directory."""
        state = self.enterContext(tempfile.TemporaryDirectory())
        write_config(state, self.sim)
        store_secrets(state, self.sim)
        return state

    def complete(self, state: str) -> int:
        """Incidents whose last record is complete."""
        path = pathlib.Path(state, "workunits.ndjson")
        last = {r["id"]: r for r in map(
            json.loads, path.read_text("utf-8").split("\n")[:-1])} \
            if path.exists() else {}
        return sum(set(r["enrichment"].values()) == {"complete"}
                   for r in last.values())

    def test_every_allocation_of_a_cycle_may_fail(self) -> None:
        """R8: a defined end each time; the next run brings what is missing;
        nothing stays allocated."""
        state = self.fresh_state()
        code, errors, base = self.run_faulty(state)
        self.assertEqual((code, self.complete(state)), (0, 3), errors)
        self.assertEqual(base["used"], 0, "everything was given back")
        self.assertGreater(base["count"], 100)
        points = range(0, base["count"], EVERY)
        faults = [f"{n}{kind}" for n in points for kind in ("", "+")]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            wrong = [w for w in pool.map(
                lambda fail: self.one_fault(fail, base["count"]), faults)
                if w]
        self.assertEqual(wrong, [])

    def one_fault(self, fail: str, base: int) -> str:
        """One refused allocation, then a run without; what was wrong."""
        with tempfile.TemporaryDirectory() as state:
            write_config(state, self.sim)
            store_secrets(state, self.sim)
            code, errors, figures = self.run_faulty(state, fail)
            if code not in DEFINED or "Sanitizer" in errors:
                return f"{fail}: exit {code}: {errors}"
            if figures["used"] != 0:
                return f"{fail}: {figures['used']} bytes stay: {errors}"
            # The number of allocations differs a little from run to run.
            if fail.endswith("+") and int(fail[:-1]) < base - 100 \
                    and figures["failed"] == 0:
                return f"{fail}: nothing was refused"
            done = run_product(["run", "--once"], state)
            path = pathlib.Path(state, "workunits.ndjson")
            ids = {json.loads(line)["id"] for line in
                   path.read_text("utf-8").split("\n")[:-1]}
            if done.code != 0 or len(ids) != 3:
                return f"{fail}: {len(ids)} after it: {done.stderr}"
        return ""

    def test_what_a_request_costs_stays_below_its_ceiling(self) -> None:
        """R9: allocations and bytes for each request, and no growth."""
        figures = {}
        for count in (40, 90):
            sim = self.enterContext(Simulator(scenario(
                [incident(n, f"@-{300 - n}m", alerts=1)
                 for n in range(count)])))
            state = self.enterContext(tempfile.TemporaryDirectory())
            write_config(state, sim)
            store_secrets(state, sim)
            code, errors, figures[count] = self.run_faulty(state)
            self.assertEqual(code, 0, errors)
        requests = 2 * (90 - 40)
        growth = figures[90]["count"] - figures[40]["count"]
        self.assertLessEqual(growth / requests, 100)
        self.assertLessEqual(abs(figures[90]["peak"] - figures[40]["peak"]),
                             16 * 1024)
        # Two connections; the first phase with one needs half of it.
        self.assertLessEqual(figures[90]["peak"], 2 * 80_000 + 32 * 1024)
        self.assertEqual(figures[90]["failed"], 0)
        self.assertGreaterEqual(figures[90]["largest"], TLS_BYTES)

    def figures(self, scene: dict[str, Any]) -> dict[str, Any]:
        """The arena's figures of a first poll of this scenario."""
        sim = self.enterContext(Simulator(scene))
        state = self.enterContext(tempfile.TemporaryDirectory())
        write_config(state, sim, {"initial_lookback_hours": 8760})
        store_secrets(state, sim)
        code, errors, figures = self.run_faulty(state)
        self.assertEqual(code, 0, errors)
        return figures

    def test_each_kind_of_request_stays_below_its_ceiling(self) -> None:
        """R9: the token POST with its connection; a page GET on a connection
        that is there, whatever the page holds."""
        small = self.figures(scenario([]))
        full = self.figures(scenario(
            [incident(n, "2026-03-25T07:00:00Z", description="d" * 5000)
             for n in range(350)], token={"length": 4096}))
        for figures in (small, full):
            token, page = figures["token"], figures["get"]
            for kind in (token, page):
                self.assertLessEqual(kind["count"], REQUEST_COUNT)
                self.assertGreater(kind["count"], 20)
            self.assertLessEqual(token["bytes"], REQUEST_BYTES)
            self.assertGreater(token["bytes"], TLS_BYTES)
            self.assertLessEqual(page["bytes"], PAGE_BYTES)


if __name__ == "__main__":
    unittest.main()
