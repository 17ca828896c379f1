# SPDX-License-Identifier: MIT
"""What the tests of polling share: a state directory, a run, the records."""
import functools
import json
import pathlib
import tempfile
import unittest
from collections.abc import Mapping, Sequence
from typing import Any

import jsonschema
import openapi
from simulator import (SHARED, Done, Simulator, run_product, scenario,
                       store_secrets, write_config)

SCHEMA = SHARED / "spec" / "work-unit.schema.json"
SPECIFICATION = SHARED / "data" / "specification"
#: Of the API, apart from the one that is described.
OLDER_VERSIONS = ("2024-03-01",)


@functools.cache
def specification() -> openapi.Specification:
    """Azure's own description of the API."""
    return openapi.Specification(SPECIFICATION)


def incident(number: int, modified: str = "@-1h", *, alerts: int = 0,
             comments: int = 0, **properties: Any) -> dict[str, Any]:
    """An incident with so many alerts (an IP address each) and comments."""
    return {
        "name": f"1c000000-0000-4000-8000-{number:012d}",
        "properties": {"incidentNumber": number, "title": f"Incident {number}",
                       "createdTimeUtc": "@-2h",
                       "lastModifiedTimeUtc": modified, **properties},
        "alerts": [{"properties": {"alertDisplayName": f"Alert {i}"}}
                   for i in range(alerts)],
        "entities": [{"kind": "Ip", "properties":
                      {"address": f"192.0.2.{i + 1}"}}
                     for i in range(alerts)],
        "comments": [{"properties": {"message": f"Comment {i}"}}
                     for i in range(comments)]}


class PollCase(unittest.TestCase):
    """Runs the product against a simulator and reads what it delivered.

    At the end every request to ARM has to conform to Azure's description,
    where that is here (test_sim_spec.py is skipped by name where it is not).
    """

    def start(self, incidents: Sequence[Mapping[str, Any]] = (),
              connector: Mapping[str, Any] = {},
              config: Mapping[str, Any] = {}, **more: Any) -> Simulator:
        """A simulator and a configured state directory (self.state)."""
        sim = Simulator(scenario(incidents, **more))
        self.enterContext(sim)
        self.addCleanup(self.check_requests, sim)
        self.state = self.enterContext(tempfile.TemporaryDirectory())
        write_config(self.state, sim, connector, **config)
        store_secrets(self.state, sim)
        return sim

    def check_requests(self, sim: Simulator) -> None:
        """What it asked since the last reset; its links are asked as given,
        so a test that makes up links switches this off."""
        if sim.code is not None or not SPECIFICATION.is_dir() \
                or not sim.conforms:
            return
        for entry in sim.requests(origin="arm"):
            if entry["op"] not in ("refused", "plain", "handshake"):
                self.assertEqual(specification().check_logged(
                    entry, OLDER_VERSIONS), [], entry["target"])

    def run_once(self, code: int = 0) -> Done:
        """`run --once`, which must end with this code."""
        done = run_product(["run", "--once"], self.state)
        self.assertEqual(done.code, code, done.stderr)
        return done

    def records(self) -> list[dict[str, Any]]:
        """All delivered records in their order, each checked."""
        path = pathlib.Path(self.state, "workunits.ndjson")
        lines = path.read_text("utf-8").split("\n")[:-1] \
            if path.exists() else []
        records = [json.loads(line) for line in lines]
        if SCHEMA.is_file():
            validator = jsonschema.Draft7Validator(
                json.loads(SCHEMA.read_text()))
            for record in records:
                validator.validate(record)
        self.check_rules(records)
        return records

    def check_rules(self, records: list[dict[str, Any]]) -> None:
        """Versions never fall; an identity has one content."""
        version: dict[str, int] = {}
        content: dict[tuple[str, str, str], Any] = {}
        created = set()
        for r in records:
            self.assertGreaterEqual(int(r["version"]),
                                    version.get(r["id"], 0), r["title"])
            version[r["id"]] = int(r["version"])
            identity = (r["id"], r["version"], json.dumps(r["enrichment"]))
            self.assertEqual(content.setdefault(identity, r), r)
            self.assertEqual(r["event"] == "created",
                             r["id"] not in created, r["title"])
            created.add(r["id"])

    def last(self) -> dict[int, dict[str, Any]]:
        """The last record of each incident, by its number."""
        return {r["source"]["incident_number"]: r for r in self.records()}
