# SPDX-License-Identifier: MIT
"""Rule 15: what the live service was seen to send and no specification
mentions (scenario quirks) arrives, and as what."""
import tempfile
import unittest
from typing import Any

from poll_case import PollCase
from simulator import (Simulator, needs_product, store_secrets,
                       write_config)

DONE = {"alerts": "complete", "entities": "complete", "comments": "complete"}
#: Alerts that the list counts but nobody has: entities may come later.
PART = {**DONE, "entities": "pending"}
BLANK = {"severity": "medium", "priority": "Medium", "status": "In Progress",
         "disposition": None, "assignee": None, "labels": [], "tactics": [],
         "alerts": [], "url": None, "description": None, "enrichment": PART,
         "source.severity": "", "source.status": "",
         "source.classification": None, "source.provider": None}

#: By the last digits of the name: members of the record; None: absent or
#: null.
EXPECTED: dict[int, dict[str, Any]] = {
    # Values that no enum has are kept in `source`, and mapped to the middle.
    1: {"title": "Unknown enum values", "severity": "medium",
        "priority": "Medium", "status": "In Progress", "disposition": None,
        "assignee": None, "labels": ["x"], "tactics": ["Levitation"],
        "source.severity": "Critical", "source.status": "OnHold",
        "source.classification": "Maybe", "enrichment": DONE,
        "entities.others": [{"kind": "Nic", "name": "00-00-5e-00-53-01"},
                            {"kind": "Spacecraft", "name": "Voyager"}]},
    # Absent members, and members that are null.
    2: {"title": "Incident 20000000-0000-4000-8000-000000000002",
        "created_at": None, "source.incident_number": None,
        "source.etag": None, "timeline": [], **BLANK},
    3: {"title": "Incident 3", "source.incident_number": 3, **BLANK},
    # The text "null" is no text.
    4: {"title": "Incident 4", "description": None, "enrichment": DONE},
    # One half of a pair of surrogates is U+FFFD; a whole pair is itself.
    5: {"title": 'Lone surrogate \ufffd here, tab\tquote" backslash\\ '
                 "\u2028 \U0001f600", "enrichment": DONE},
    6: {"title": "Count without alerts", "alerts": [], "enrichment": PART},
    7: {"title": "Same second, first", "enrichment": DONE},
    8: {"title": "Same second, second", "description": "long " * 1000,
        "enrichment": DONE},
    9: {"title": "Back-dated", "enrichment": DONE},
}
#: What follows the seconds of `updated_at`.
FRACTION = {1: "Z", 2: ".1Z", 3: ".123Z", 4: ".12345Z", 5: ".1234567Z",
            6: "Z", 7: ".0000001Z", 8: ".0000002Z", 9: ".0000002Z"}


def member(record: dict[str, Any], path: str) -> Any:
    """A member by its dotted path; None where it is absent."""
    found: Any = record
    for key in path.split("."):
        found = found.get(key)
    return found


@needs_product
class Quirks(PollCase):
    """One poll of the scenario."""

    def poll(self) -> tuple[dict[int, dict[str, Any]], str]:
        """The records by the last digits of the incident's name."""
        sim = self.enterContext(Simulator("quirks"))
        self.state = self.enterContext(tempfile.TemporaryDirectory())
        write_config(self.state, sim, {
            "initial_lookback_hours": 8760,
            "statuses": ["New", "Active", "Closed"]})
        store_secrets(self.state, sim)
        done = self.run_once()
        records = self.records()
        by_number = {int(r["source"]["incident_id"][-12:]): r
                     for r in records}
        self.assertEqual(len(by_number), len(records), "one record each")
        return by_number, done.stderr

    def test_every_quirk_of_the_wire_arrives_as_it_should(self) -> None:
        records, errors = self.poll()
        self.assertEqual(set(records), set(EXPECTED))
        self.assertIn("read=9 filtered=0 set_aside=0 records=9", errors)
        for number, members in EXPECTED.items():
            record = records[number]
            for path, value in members.items():
                with self.subTest(number=number, member=path):
                    self.assertEqual(member(record, path), value)
            with self.subTest(number=number):
                self.assertEqual(record["updated_at"][19:], FRACTION[number])
                self.assertEqual(record["truncated"], [])

    def test_an_alert_with_unknown_values_arrives(self) -> None:
        records, _ = self.poll()
        alert, = records[1]["alerts"]
        self.assertEqual((alert["severity"], alert["status"]),
                         ("Extreme", "Sleeping"))


if __name__ == "__main__":
    unittest.main()
