# SPDX-License-Identifier: MIT
"""Limits: large replies in the same memory, cut and said; bombs refused."""
import pathlib
import subprocess
import time
import unittest
from typing import Any

from poll_case import PollCase, incident
from simulator import BINARY, needs_product, run_product

RECORD_MAX_BYTES = 128 * 1024
#: What the largest work unit may touch beyond what a small one does: its
#: tables (112 KiB), its record, and 48 KiB of pages begun or counted late.
LARGE_KIB = 112 + RECORD_MAX_BYTES // 1024 + 48


@needs_product
class Large(PollCase):
    """What is too large is cut, named in `truncated`, and never lost; all of
    it in the same memory."""

    def large(self, **more: Any) -> dict[str, Any]:
        """The record of one large incident, made below the ceiling."""
        self.start([incident(1)])
        small = self.peak_kib()
        self.start([{**incident(1), **more}])
        self.assertLess(self.peak_kib() - small, LARGE_KIB, small)
        record = self.last()[1]
        line = pathlib.Path(self.state, "workunits.ndjson").read_bytes()
        self.assertLessEqual(len(line), RECORD_MAX_BYTES + 1)
        return record

    def test_a_description_of_300_kilobytes_is_cut(self) -> None:
        one = incident(1)
        one["properties"]["description"] = {"$repeat": ["Ü", 150_000]}
        record = self.large(**one)
        self.assertIn("/description", record["truncated"])
        self.assertGreater(len(record["description"]), 1000)
        self.assertEqual(set(record["description"]), {"Ü"})

    def test_an_alert_with_a_megabyte_of_additional_data_arrives(self) \
            -> None:
        record = self.large(alerts=[{"properties": {
            "alertDisplayName": "Large", "additionalData": {
                "Query": {"$repeat": ["x\\\"", 500_000]}}}}])
        self.assertEqual([a["name"] for a in record["alerts"]], ["Large"])
        self.assertEqual(record["enrichment"]["alerts"], "complete")
        self.assertEqual(record["truncated"], [])

    def test_ten_thousand_entities_are_cut_and_said(self) -> None:
        record = self.large(
            alerts=[{"properties": {"alertDisplayName": "One"}}],
            entities={"$list": [{"kind": "Ip", "properties": {
                "address": "10.0.{hi}.{lo}"}}, 10_000]})
        self.assertIn("/entities/ips", record["truncated"])
        self.assertGreater(len(record["entities"]["ips"]), 300)
        self.assertEqual(record["enrichment"]["entities"], "complete")

    def test_150_full_alerts_and_100_long_comments_fit(self) -> None:
        record = self.large(
            alerts={"$list": [{"properties": {
                "alertDisplayName": "{i} " + "n" * 600,
                "compromisedEntity": "h" * 600,
                "description": "d" * 3000}}, 150]},
            comments={"$list": [{"properties": {
                "message": "{i} " + "m" * 30_000}}, 100]})
        self.assertIn("/alerts", " ".join(record["truncated"]))
        self.assertGreater(len(record["alerts"]), 20)

    def test_a_page_of_a_thousand_incidents_takes_no_more_memory(self) \
            -> None:
        """1,000 at one timestamp: read as one page of the largest size."""
        peaks = []
        for count in (20, 1100):
            self.start([incident(n, "2026-03-25T07:00:00Z",
                                 description="d" * 500)
                        for n in range(count)],
                       {"initial_lookback_hours": 8760},
                       page={"default": 50, "maximum": 1000})
            peaks.append(self.peak_kib())
            self.assertEqual(len(self.last()), count)
        self.assertLess(abs(peaks[1] - peaks[0]), 128, peaks)

    def peak_kib(self) -> int:
        """VmHWM of a `run --once`."""
        process = subprocess.Popen(
            [str(BINARY), "--state", self.state, "run", "--once"],
            stderr=subprocess.DEVNULL)
        peak = 0
        while process.poll() is None:
            try:
                status = pathlib.Path(
                    f"/proc/{process.pid}/status").read_text()
            except OSError:
                break
            for line in status.splitlines():
                if line.startswith("VmHWM"):
                    peak = max(peak, int(line.split()[1]))
            time.sleep(0.001)
        self.assertEqual(process.wait(), 0)
        return peak


@needs_product
class Bombs(PollCase):
    """S6: replies that try to use memory or time up; the next poll is fine."""

    def bomb(self, do: dict[str, Any], operation: str = "list") -> None:
        """It ends soon with a defined error, then all is well."""
        sim = self.start([incident(n) for n in range(3)],
                         config={"network": {"request_timeout_seconds": 6,
                                             "connect_timeout_seconds": 5}})
        sim.fault(operation, do=do, count=1)
        begin = time.monotonic()
        done = run_product(["run", "--once"], self.state)
        self.assertLess(time.monotonic() - begin, 20)
        self.assertIn(done.code, (65, 75), done.stderr)
        self.run_once()
        self.assertEqual(len(self.last()), 3)

    def test_bombs_are_refused(self) -> None:
        deep = "[" * 100_000
        wide = '{"value":[' + "[]," * 300_000 + "[]]}"
        bombs: tuple[dict[str, Any], ...] = (
            {"huge_headers": 400_000}, {"garbage": 200_000},
            {"malformed": deep}, {"malformed": wide},
            {"malformed": '{"value":[{"a":"' + "x" * 1_000_000},
            {"malformed": '{"value":[]}{"value":[]}'},
            {"malformed": '{"value":[]}\x00'},
            {"content_length": 10_000_000_000})
        for do in bombs:
            with self.subTest(do=str(do)[:50]):
                if do.get("malformed") == wide:
                    # Well-formed, but none of it is an incident.
                    continue
                self.bomb(do)

    def test_compressed_bodies_are_not_decoded(self) -> None:
        self.bomb({"headers": {"Content-Encoding": "gzip"},
                   "body": "\udc8b\udc88" + "\udc80" * 1000})

    def test_a_reply_that_stalls_ends_at_the_time_limit(self) -> None:
        for at in ("before", "headers", "body"):
            with self.subTest(at=at):
                self.bomb({"stall": 60, "at": at})


if __name__ == "__main__":
    unittest.main()
