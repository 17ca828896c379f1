# SPDX-License-Identifier: MIT
"""Every record that the unit tests make validates against the contract.

The suites workunit* of build/native/unit append each record they write to the
file WF_WORKUNIT_RECORDS; here they are checked by an independent validator
(python3-jsonschema) against work-unit.schema.json of the shared specification.
"""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

try:
    import jsonschema
except ImportError:
    jsonschema = None

ROOT = pathlib.Path(__file__).resolve().parents[2]
UNIT = ROOT / "build" / "native" / "unit"
SHARED = pathlib.Path(os.environ.get("WF_SHARED", ROOT / ".." / "shared"))
SCHEMA = SHARED / "spec" / "work-unit.schema.json"
RECORD_MAX_BYTES = 128 * 1024

#: Suites that write records.
SUITES = ["workunit", "workunit_core", "workunit_entity", "workunit_limits",
          "workunit_truncated"]


def pointed_at(record, pointer):
    """The value a JSON pointer (RFC 6901) leads to; KeyError or IndexError."""
    for part in pointer.split("/")[1:]:
        record = record[int(part) if isinstance(record, list) else part]
    return record


def ticks(text):
    """A time of the record as something that sorts."""
    seconds, _, fraction = text.rstrip("Z").partition(".")
    return seconds, fraction.ljust(7, "0")


@unittest.skipIf(jsonschema is None, "python3-jsonschema is not installed")
@unittest.skipUnless(SCHEMA.exists(), f"{SCHEMA} is not there")
class WorkunitSchema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not UNIT.exists():
            raise AssertionError(f"{UNIT} is missing: make native")
        with tempfile.TemporaryDirectory() as where:
            path = pathlib.Path(where, "records")
            for suite in SUITES:
                subprocess.run(
                    [UNIT, "--quiet", "--filter", f"{suite}/*"], cwd=ROOT,
                    env=dict(os.environ, WF_WORKUNIT_RECORDS=str(path)),
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                    check=True)
            cls.lines = sorted(set(path.read_bytes().split(b"\n")) - {b""})
        cls.records = [json.loads(line) for line in cls.lines]

    def test_there_are_records_of_all_sorts(self):
        self.assertGreater(len(self.records), 200)
        self.assertTrue(any(r["truncated"] for r in self.records))
        self.assertTrue(any(r["alerts"] for r in self.records))
        for kind in self.records[0]["entities"]:
            self.assertTrue(any(r["entities"][kind] for r in self.records),
                            kind)
        self.assertEqual({r["status"] for r in self.records},
                         {"Open", "In Progress", "Complete", "Cancelled"})

    def test_every_record_validates(self):
        schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
        jsonschema.Draft7Validator.check_schema(schema)
        validator = jsonschema.Draft7Validator(schema)
        for line, record in zip(self.lines, self.records):
            faults = [f"{'/'.join(map(str, e.path))}: {e.message[:200]}"
                      for e in validator.iter_errors(record)]
            self.assertEqual(faults, [], line[:200])

    def test_every_record_fits_a_line_of_128_kib(self):
        for line in self.lines:
            self.assertLessEqual(len(line), RECORD_MAX_BYTES)

    def test_members_of_entities_are_those_of_the_schema(self):
        """The schema leaves entities open; what we write is all in it."""
        schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
        kinds = schema["properties"]["entities"]["properties"]
        for record in self.records:
            for kind, items in record["entities"].items():
                known = set(kinds[kind]["items"]["properties"])
                for item in items:
                    self.assertLessEqual(set(item), known, kind)
                    self.assertTrue(item, kind)

    def test_lists_are_sorted_and_distinct(self):
        for record in self.records:
            truncated = record["truncated"]
            self.assertEqual(truncated, sorted(set(truncated)))
            for pointer in truncated:
                pointed_at(record, pointer)
            nodes = [(n["type"], n["value"]) for n in record["nodes"]]
            self.assertEqual(len(nodes), len(set(nodes)))
            keys = [(ticks(e["at"]), e["kind"], e.get("ref", ""))
                    for e in record["timeline"]]
            self.assertEqual(keys, sorted(keys))


if __name__ == "__main__":
    unittest.main()
