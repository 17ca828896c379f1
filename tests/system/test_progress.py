# SPDX-License-Identifier: MIT
"""How far a first look-back is."""
import json
import re
import time
import unittest
from typing import Any

from poll_case import incident
from simulator import needs_product, run_product
from test_control import DaemonCase


@needs_product
class Progress(DaemonCase):
    """`progress` of a connector, in the status, its table and the log."""

    def progress(self) -> Any:
        """Of the one connector."""
        rows = self.get_status()["connectors"]
        return rows[0]["progress"] if rows else None

    def test_reading_then_enriching_then_nothing(self) -> None:
        sim = self.start([incident(n, alerts=1) for n in range(1, 201)],
                         connector={"enrichment_calls_per_5min": 1000})
        sim.latency(list=400, alerts=40)
        seen: list[dict[str, Any]] = []
        with self.daemon():
            while len(self.records()) < 200:
                progress = self.progress()
                if progress is not None:
                    seen.append({**progress, "at": time.monotonic()})
                time.sleep(0.05)
            end = time.monotonic()
            self.wait_for(lambda: self.get_status()["connectors"][0]
                          ["last_poll"])
            self.assertIsNone(self.progress())
        phases = [p["phase"] for p in seen]
        self.assertEqual(phases, sorted(phases, reverse=True))
        self.assertEqual(set(phases), {"reading", "enriching"})
        reading = [p for p in seen if p["phase"] == "reading"]
        self.assertEqual({(p["left"], p["seconds_left"]) for p in reading},
                         {(0, None)})
        self.assertIn(100, {p["done"] for p in reading})
        enriching = [p for p in seen if p["phase"] == "enriching"]
        self.assertEqual({p["done"] + p["left"] for p in enriching}, {200})
        self.assertIsNone(enriching[0]["seconds_left"])
        told = [p for p in enriching if p["seconds_left"] is not None]
        self.assertGreater(len(told), 5)
        for p in told[len(told) // 2:]:
            self.assertLess(abs(p["at"] + p["seconds_left"] - end), 4, p)

    def test_the_budget_is_in_the_estimate(self) -> None:
        self.start([incident(n, alerts=1) for n in range(1, 101)],
                   connector={"enrichment_calls_per_5min": 30})
        with self.daemon():
            self.wait_for(lambda: len(self.records()) == 100)
            self.wait_for(lambda: self.get_status()["connectors"][0]
                          ["last_poll"])
            # 70 calls are left and none in this window: the last ten come
            # two windows after the next one's beginning.
            self.wait_for(lambda: self.progress()["seconds_left"])
            progress = self.progress()
            shown = run_product(["status"], self.state).stdout
        self.assertEqual((progress["phase"], progress["done"],
                          progress["left"]), ("enriching", 30, 70))
        self.assertTrue(850 < progress["seconds_left"] <= 900, progress)
        self.assertIn("enriching the first look-back: 30 done, 70 left, "
                      "about 15 min", shown)

    def test_rest_of_a_long_queue_is_told_after_a_start(self) -> None:
        self.start([incident(n, alerts=1) for n in range(1, 231)],
                   connector={"enrichment_calls_per_5min": 10})
        self.run_once()
        with self.daemon():
            self.wait_for(lambda: self.progress() is not None)
            self.assertEqual(self.progress()["phase"], "enriching")

    def test_a_run_says_how_far_it_is(self) -> None:
        sim = self.start([incident(n, alerts=1) for n in range(1, 301)],
                         connector={"enrichment_calls_per_5min": 1000})
        sim.latency(alerts=80)
        began = time.monotonic()
        done = self.run_once()
        took = time.monotonic() - began
        lines = re.findall(r"event=progress .*phase=enriching done=(\d+) "
                           r"left=(\d+)", done.stderr)
        self.assertGreater(len(lines), 0, json.dumps(done.stderr[-2000:]))
        self.assertLess(len(lines), took / 10 + 1)
        self.assertEqual({int(a) + int(b) for a, b in lines}, {300})


if __name__ == "__main__":
    unittest.main()
