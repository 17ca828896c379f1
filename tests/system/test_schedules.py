# SPDX-License-Identifier: MIT
"""Random schedules of changes, faults and kills against the simulator.

What was delivered is compared with the simulator's own history.  A schedule
is made from its seed alone; a failure names it:

    WF_SEED=1234 WF_SCHEDULES=1 make test-system ONLY=test_schedules
"""
import json
import os
import pathlib
import random
import signal
import subprocess
import tempfile
import time
import unittest
from typing import Any

from poll_case import PollCase, incident
from simulator import (Simulator, needs_product, run_product, scenario,
                       start_product, store_secrets, write_config)

#: Schedules of a run, and where their seeds begin.
SCHEDULES = int(os.environ.get("WF_SCHEDULES", "25"))
SEED = int(os.environ.get("WF_SEED", "0")) or time.time_ns() % 10 ** 9

#: Rounds of a schedule, and polls until all must have been delivered.
ROUNDS = 6
SETTLING = 8

SEVERITY = {"High": "high", "Medium": "medium", "Low": "low",
            "Informational": "informational"}
#: Of a record: it is over.
OVER = {"Complete", "Cancelled"}

FAULTS: tuple[dict[str, Any], ...] = (
    {"status": 503, "body": "busy"}, {"status": 500, "body": {}},
    {"throttle": 1}, {"html": True}, {"malformed": True},
    {"reset": "before"}, {"reset": "headers"}, {"reset": "body"},
    {"truncate": 40}, {"truncate": 700}, {"content_length": 50},
    {"error": "InvalidAuthenticationToken"}, {"delay_ms": 40},
    {"chunked": True}, {"close": True}, {"garbage": 300})
OPERATIONS = ("list", "alerts", "entities", "comments", "token", "any")


class Schedule:
    """The life of one workspace, from a seed."""

    def __init__(self, sim: Simulator, state: str, seed: int) -> None:
        self.sim, self.state = sim, state
        self.random = random.Random(seed)
        self.count = 0
        self.closed: set[int] = set()
        self.merged: set[int] = set()
        #: What was done, for whoever reads a failure.
        self.story: list[str] = []

    def say(self, what: str) -> None:
        """Add to the story."""
        self.story.append(what)

    # --- what happens in Sentinel -----------------------------------------

    def new(self) -> dict[str, Any]:
        """A new incident, at most as late as the overlap allows."""
        self.count += 1
        late = self.random.choice(("@now", "@now", "@-1m", "@-12m", "@-3m"))
        return {"do": "add", "incident": incident(
            self.count, late, alerts=self.random.randrange(3),
            comments=self.random.randrange(2),
            severity=self.random.choice(list(SEVERITY)))}

    def change(self, *, for_sure: bool = True) -> dict[str, Any]:
        """One change; what may not happen at all is nothing to build on."""
        free = [n for n in range(1, self.count + 1) if n not in self.merged]
        if for_sure and (len(free) < 3 or self.random.random() < 0.35):
            return self.new()
        number = self.random.choice(free)
        what = self.random.choice(
            ("update", "update", "severity", "same_time", "comment", "close",
             "alert", *(("reopen", "merge") if for_sure else ())))
        if what == "close":
            if for_sure:
                self.closed.add(number)
            return {"do": "close", "incident": number, "classification":
                    self.random.choice(("TruePositive", "FalsePositive",
                                        "BenignPositive", "Undetermined"))}
        if what == "reopen" and number in self.closed:
            self.closed.discard(number)
            return {"do": "reopen", "incident": number}
        if what == "merge":
            into = self.random.choice([n for n in free if n != number])
            self.merged.add(number)
            return {"do": "merge", "incident": number, "into": into}
        if what == "comment":
            return {"do": "comment", "incident": number,
                    "message": f"said {self.random.randrange(10 ** 6)}"}
        if what == "alert":
            return {"do": "update", "incident": number, "add_alerts": [
                {"properties": {"alertDisplayName": "one more"}}]}
        if what == "severity":
            return {"do": "update", "incident": number, "properties": {
                "severity": self.random.choice(list(SEVERITY))}}
        return {"do": "update", "incident": number, "properties": {
            "title": f"Title {self.random.randrange(10 ** 6)}"},
            "modified": "keep" if what == "same_time" else "now"}

    def disturb(self) -> None:
        """Changes now, changes between two requests, faults."""
        changes = [self.change()
                   for _ in range(self.random.randrange(4))]
        if changes:
            self.say(f"change {json.dumps(changes)}")
            self.sim.change(*changes)
        if self.random.random() < 0.4:
            operation = self.random.choice(("list", "alerts"))
            after = self.random.randrange(1, 4)
            change = self.change(for_sure=False)
            self.say(f"after {after} {operation}: {json.dumps(change)}")
            self.sim.hook(operation, change, after=after)
        if self.random.random() < 0.5:
            operation = self.random.choice(OPERATIONS)
            fault = self.random.choice(FAULTS)
            when = {"skip": self.random.randrange(4),
                    "count": self.random.randrange(1, 4)}
            self.say(f"fault {operation} {fault} {when}")
            self.sim.fault(operation, do=fault, **when)

    # --- what happens on the appliance ------------------------------------

    def poll(self) -> int:
        """A poll to its end, or a killed one."""
        if self.random.random() < 0.3:
            process = start_product(["run", "--once"], self.state)
            pause = self.random.uniform(0, 0.12)
            how = self.random.choice((signal.SIGKILL, signal.SIGTERM))
            time.sleep(pause)
            process.send_signal(how)
            process.communicate(timeout=20)
            self.say(f"{how.name} after {pause:.3f} s")
            return -1
        code = run_product(["run", "--once"], self.state).code
        self.say(f"poll: {code}")
        return code

    def settle(self) -> bool:
        """Polls without faults until one has nothing to do."""
        self.sim.clear_faults()
        self.sim.order("POST", "/hooks", {"hooks": []})
        path = pathlib.Path(self.state, "workunits.ndjson")
        before = -1
        for _ in range(SETTLING):
            done = run_product(["run", "--once"], self.state)
            size = path.stat().st_size if path.exists() else 0
            self.say(f"settle: {done.code}, {size} bytes")
            if done.code == 0 and size == before:
                return True
            before = size
        self.say(done.stderr)
        return False


def deliveries(state: str) -> list[dict[str, Any]]:
    """The sink's records, in order; a line that a kill tore is not one."""
    path = pathlib.Path(state, "workunits.ndjson")
    lines = path.read_text("utf-8").split("\n") if path.exists() else [""]
    return [json.loads(line) for line in lines[:-1]]


@needs_product
class Schedules(PollCase):
    """Nothing is missed, nothing stalls, nothing is doubled."""

    def test_every_schedule_ends_with_all_delivered(self) -> None:
        with Simulator(scenario(page={"default": 5, "maximum": 7})) as sim:
            sim.conforms = False  # faults make links up
            for seed in range(SEED, SEED + SCHEDULES):
                with self.subTest(seed=seed), \
                        tempfile.TemporaryDirectory() as state:
                    self.live(sim, state, seed)

    def live(self, sim: Simulator, state: str, seed: int) -> None:
        """One schedule and its judgement."""
        for known in sim.incidents():
            sim.delete_incident(known["name"])
        sim.reset()
        write_config(state, sim)
        store_secrets(state, sim)
        schedule = Schedule(sim, state, seed)
        sim.change(*(schedule.new()
                     for _ in range(schedule.random.randrange(1, 25))))
        try:
            for _ in range(ROUNDS):
                schedule.disturb()
                schedule.poll()
            self.assertTrue(schedule.settle(), "it never comes to rest")
            self.judge(sim, state)
        except (AssertionError, subprocess.TimeoutExpired) as error:
            raise AssertionError(
                f"WF_SEED={seed} WF_SCHEDULES=1: {error}\n"
                + "\n".join(schedule.story)) from error

    def judge(self, sim: Simulator, state: str) -> None:
        """Hold what was delivered against what there is."""
        last: dict[str, dict[str, Any]] = {}
        content: dict[tuple[str, str, str], dict[str, Any]] = {}
        created: dict[str, str] = {}
        for record in deliveries(state):
            name = record["source"]["incident_id"].rpartition("/")[2]
            identity = (record["id"], record["version"],
                        json.dumps(record["enrichment"]))
            if identity in content:
                self.assertEqual(content[identity], record,
                                 "an identity has two contents")
                continue
            content[identity] = record
            if name in last:
                self.assertGreaterEqual(int(record["version"]),
                                        int(last[name]["version"]), name)
            if record["event"] == "created":
                self.assertNotIn(name, created, "created twice")
                created[name] = record["version"]
            self.assertIn(name, created, "the first is not `created`")
            last[name] = record
        for known in sim.incidents():
            self.judge_one(known, last.get(known["name"]))

    def judge_one(self, known: dict[str, Any],
                  record: dict[str, Any] | None) -> None:
        """One incident: its last state was delivered."""
        if record is None:
            # Closed or merged before anybody saw it open.
            self.assertEqual(known["status"], "Closed", known)
            return
        self.assertGreaterEqual(int(record["version"]), known["modified"],
                                known)
        self.assertEqual(record["status"] in OVER,
                         known["status"] == "Closed", (known, record))
        self.assertEqual(record["severity"], SEVERITY[known["severity"]])
        self.assertEqual(record["title"], known["title"])


if __name__ == "__main__":
    unittest.main()
