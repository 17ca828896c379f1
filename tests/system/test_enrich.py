# SPDX-License-Identifier: MIT
"""Enrichment over more than one cycle (rules 7 and 8): what is pending is
completed later, and what was delivered never becomes less.

Each cycle is a `run --once`, which has a call budget of its own.  Time passes
in between by making all that waits in the store older (`pass_minutes`)."""
import pathlib
import signal
import sqlite3
import struct
import time
import unittest
from typing import Any

from poll_case import PollCase, incident
from simulator import needs_product, start_product

#: The head of an entry, see store_todo.c: check, check of the text, ws,
#: fresh, severity, modified, due, since; then cut, tries, states, name.
HEAD = struct.Struct("<IIIBBqqq")
HEAD_BYTES = 116
MINUTE = 60 * 10_000_000
#: 1970 in 100 ns since 1601.
TICKS_1970 = 116444736000000000
COMPLETE = {"alerts": "complete", "entities": "complete",
            "comments": "complete"}


def crc32c(data: bytes) -> int:
    """The store's checksum, bit by bit."""
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


class EnrichCase(PollCase):
    """A poll case in which time passes."""

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the store answers."""
        store = sqlite3.connect(pathlib.Path(self.state, "store.db"))
        try:
            return store.execute(query).fetchall()
        finally:
            store.close()

    def queue(self) -> list[tuple[int, int]]:
        """due and since of what waits, in minutes from 1601 on; 0: never."""
        heads = [HEAD.unpack_from(body) for body, in self.rows(
            "SELECT text.body FROM todo JOIN text USING (id)")]
        return [(due // MINUTE, since // MINUTE)
                for *_, due, since in heads]

    def pass_minutes(self, minutes: int) -> None:
        """Every time in the queue moves into the past."""
        ago = minutes * MINUTE
        store = sqlite3.connect(pathlib.Path(self.state, "store.db"))
        try:
            for number, body in store.execute(
                    "SELECT id, body FROM text").fetchall():
                *first, due, since = HEAD.unpack_from(body)
                head = bytearray(body[:HEAD_BYTES])
                HEAD.pack_into(head, 0, *first, due and due - ago,
                               since and since - ago)
                struct.pack_into("<I", head, 0, crc32c(head[4:]))
                store.execute("UPDATE text SET body = ? WHERE id = ?",
                              (bytes(head) + body[HEAD_BYTES:], number))
            store.execute("UPDATE todo SET due = due - ? WHERE due <> 0",
                          (ago,))
            store.commit()
        finally:
            store.close()

    def states(self, number: int = 1) -> list[str]:
        """The three letters of each record of an incident, in order."""
        return ["".join(r["enrichment"][part][0]
                        for part in ("alerts", "entities", "comments"))
                for r in self.records()
                if r["source"]["incident_number"] == number]


@needs_product
class Later(EnrichCase):
    """What a cycle leaves pending, a later one completes."""

    def test_what_the_budget_withheld_is_completed_under_the_same_version(
            self) -> None:
        sim = self.start([incident(n, f"@-{100 - n}m", alerts=1)
                          for n in range(25)],
                         {"enrichment_calls_per_5min": 10})
        self.run_once()
        first = self.last()
        pending = {n for n, r in first.items() if r["enrichment"] != COMPLETE}
        self.assertEqual(len(pending), 15)
        # Before the window is over nothing is asked again.
        self.run_once()
        self.assertEqual(sim.count("alerts"), 10)
        for count in (20, 25):
            self.pass_minutes(6)
            self.run_once()
            self.assertEqual(sim.count("alerts"), count)
        last = self.last()
        self.assertEqual(self.queue(), [])
        for n, record in last.items():
            self.assertEqual(record["enrichment"], COMPLETE)
            self.assertEqual(record["version"], first[n]["version"])
            self.assertEqual(len(record["alerts"]), 1)
            self.assertEqual(self.states(n),
                             ["ppc", "ccc"] if n in pending else ["ccc"])

    def test_what_was_never_called_is_not_given_up(self) -> None:
        """The budget goes to others for more than a day."""
        sim = self.start([incident(n, f"@-{100 - n}m", alerts=1)
                          for n in range(12)],
                         {"enrichment_calls_per_5min": 10})
        self.run_once()
        for day in range(2):
            for n in range(10):
                sim.add_incident(**incident(100 + 10 * day + n, "@now",
                                            alerts=1))
            self.pass_minutes(25 * 60)
            self.run_once()
        self.assertEqual(sim.count("alerts"), 30)
        self.assertEqual((self.states(0), self.states(1)),
                         (["ppc"], ["ppc"]))
        self.pass_minutes(6)
        self.run_once()
        self.assertEqual((self.states(0), self.states(1)),
                         (["ppc", "ccc"], ["ppc", "ccc"]))

    def test_each_page_of_a_part_is_charged(self) -> None:
        """Three pages for each incident but one: the last one finds the
        budget used up behind its first page."""
        sim = self.start([incident(n, f"@-{100 - n}m", comments=3)
                          for n in range(4)] +
                         [incident(9, "@-50m", comments=1)],
                         {"enrichment_calls_per_5min": 11},
                         page={"default": 1})
        self.run_once()
        self.assertEqual(sim.count("comments"), 11)
        complete = {n for n, r in self.last().items()
                    if r["enrichment"] == COMPLETE}
        self.assertEqual(complete, {9, 3, 2, 1})
        for member in self.last()[0]["timeline"]:
            self.assertNotEqual(member["kind"], "comment")
        self.pass_minutes(6)
        self.run_once()
        self.assertEqual(sim.count("comments"), 14)
        self.assertEqual(self.states(0), ["ccp", "ccc"])

    def test_links_without_end_cost_no_more_than_the_budget(self) -> None:
        sim = self.start([incident(1, comments=1)],
                         {"enrichment_calls_per_5min": 10})
        sim.conforms = False
        sim.fault("comments", do={"next_link": "{arm}{path}&x=1"})
        self.run_once()
        self.assertEqual(sim.count("comments"), 10)
        self.assertEqual(self.states(), ["ccp"])

    def test_a_day_of_failures_is_failed_and_not_before(self) -> None:
        """It counts from the first call that failed, not from the day on
        which the incident was queued."""
        sim = self.start([incident(1, alerts=1, comments=1)])
        sim.fault(["alerts", "entities"], do={"throttle": 60}, count=2)
        self.run_once()
        self.assertEqual(self.states(), ["ppc"])
        sim.clear_faults()
        sim.fault("alerts", do={"status": 500, "body": ""})
        for minutes in (25 * 60, 23 * 60):
            self.pass_minutes(minutes)
            self.run_once()
        self.assertEqual(self.states(), ["ppc", "pcc"])
        self.pass_minutes(61)
        self.run_once()
        self.assertEqual(self.states(), ["ppc", "pcc", "fcc"])
        self.assertEqual(self.queue(), [])

    def test_refusal_on_a_retry_takes_nothing_back(self) -> None:
        """The role is revoked between two cycles, and comes back."""
        sim = self.start([incident(1, alerts=2, comments=1)])
        sim.fault("comments", do={"status": 503, "body": ""}, count=1)
        self.run_once()
        self.assertEqual(self.states(), ["ccp"])
        sim.settings(posts="forbidden")
        self.pass_minutes(31)
        done = self.run_once()
        self.assertIn("enrichment_forbidden", done.stderr)
        self.assertEqual(self.states(), ["ccp"])
        sim.settings(posts="allowed")
        self.pass_minutes(31)
        self.run_once()
        self.assertEqual(self.states(), ["ccp", "ccc"])
        first, second = self.records()
        self.assertEqual(second["alerts"], first["alerts"])
        self.assertEqual(second["entities"], first["entities"])
        self.assertEqual(second["version"], first["version"])
        self.assertEqual(self.queue(), [])

    def test_no_failure_on_a_retry_takes_back_what_was_complete(self) \
            -> None:
        faults: tuple[dict[str, Any], ...] = (
            {"status": 500, "body": "oops"}, {"reset": "headers"},
            {"malformed": True}, {"error": "AuthorizationFailed"},
            {"status": 404, "body": {"error": {"code": "NotFound",
                                               "message": "gone"}}})
        for do in faults:
            with self.subTest(do=do):
                sim = self.start([incident(1, alerts=1, comments=1)])
                sim.fault("comments", do={"status": 503, "body": ""},
                          count=1)
                self.run_once()
                sim.fault(["alerts", "entities"], do=do)
                self.pass_minutes(31)
                self.run_once()
                self.assertEqual(len(self.queue()), 1)
                # It is not asked for ever: the incident may be gone.
                self.pass_minutes(24 * 60)
                self.run_once()
                self.assertEqual(self.queue(), [])
                self.assertEqual(self.states(), ["ccp"])


@needs_product
class Refused(EnrichCase):
    """403 on the two POSTs (rule 7)."""

    def test_refused_parts_are_failed_for_good_and_leave_the_queue(self) \
            -> None:
        sim = self.start([incident(1, alerts=1, comments=1)],
                         workspace={"posts": "forbidden"})
        self.run_once()
        self.assertEqual(self.states(), ["ffc"])
        self.assertEqual(self.queue(), [])
        asked = sim.count("alerts")
        self.pass_minutes(31)
        self.run_once()
        self.assertEqual(sim.count("alerts"), asked)

    def test_refused_parts_do_not_hold_back_the_third(self) -> None:
        sim = self.start([incident(1, alerts=1, comments=1)],
                         workspace={"posts": "forbidden"})
        sim.fault("comments", do={"status": 503, "body": ""}, count=1)
        self.run_once()
        self.assertEqual(self.states(), ["ffp"])
        asked = sim.count("alerts")
        self.pass_minutes(31)
        self.run_once()
        self.assertEqual(self.states(), ["ffp", "ffc"])
        self.assertEqual(sim.count("alerts"), asked)


@needs_product
class Empty(EnrichCase):
    """No entities beside alerts: Sentinel has not linked them yet."""

    def waits(self) -> int:
        """Minutes until the only entry is due."""
        (due, _), = self.queue()
        return due - (time.time_ns() // 100 + TICKS_1970) // MINUTE

    def test_missing_entities_are_asked_for_on_the_ladder(self) -> None:
        sim = self.start([{**incident(1, alerts=1), "entities": []}])
        self.run_once()
        self.assertEqual(self.states(), ["cpc"])
        for asked, step in enumerate((2, 3, 5, 20), 1):
            self.assertIn(self.waits(), (step - 1, step))
            self.run_once()
            self.assertEqual(sim.count("entities"), asked)
            self.pass_minutes(step)
            self.run_once()
        self.assertEqual(sim.count("entities"), 5)
        self.assertEqual(self.states(), ["cpc", "ccc"])
        self.assertEqual(self.last()[1]["entities"]["ips"], [])

    def test_entities_that_come_late_are_delivered(self) -> None:
        late = incident(1, alerts=1)
        late["late"] = {"entities": 2}
        sim = self.start([late])
        for _ in range(3):
            self.run_once()
            self.pass_minutes(4)
        self.assertEqual(self.states(), ["cpc", "ccc"])
        self.assertEqual(sim.count("entities"), 3)
        self.assertEqual(len(self.last()[1]["entities"]["ips"]), 1)

    def test_an_outage_before_the_first_answer_takes_no_step(self) -> None:
        sim = self.start([{**incident(1, alerts=1), "entities": []}])
        sim.fault("entities", do={"status": 503, "body": ""})
        for _ in range(6):
            self.run_once()
            self.pass_minutes(31)
        sim.clear_faults()
        self.run_once()
        self.assertEqual(self.states(), ["cpc"])
        self.assertIn(self.waits(), (1, 2))


@needs_product
class Stopped(EnrichCase):
    """SIGTERM in the middle of a cycle."""

    def counts(self) -> tuple[int, ...]:
        """Rows of known incidents, of the queue, and cursors."""
        return tuple(self.rows(f"SELECT count(*) FROM {table}")[0][0]
                     for table in ("incident", "todo", "cursor"))

    def test_a_page_that_sigterm_breaks_off_moves_nothing(self) -> None:
        sim = self.start([incident(n, f"@-{400 - n}m") for n in range(60)])
        sim.fault("list", do={"stall": 30, "at": "body"}, count=1)
        process = start_product(["run"], self.state)
        end = time.monotonic() + 20
        while sim.count("list") == 0:
            self.assertLess(time.monotonic(), end, "nothing is read")
            time.sleep(0.05)
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 0, errors)
        self.assertEqual(self.counts(), (0, 0, 0))
        self.run_once()
        self.assertEqual(len(self.last()), 60)


if __name__ == "__main__":
    unittest.main()
