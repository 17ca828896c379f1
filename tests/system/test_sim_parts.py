# SPDX-License-Identifier: MIT
"""The parts of the simulated Azure that need no socket: times, queries,
scenarios, the text of an incident."""
import json
import pathlib
import sys
import unittest
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from simulator import ROOT, TENANT, scenario

sys.path.insert(0, str(ROOT / "tests"))
from sim import odata, times
from sim.incidents import Incident
from sim.scenario import ScenarioError, read


class Times(unittest.TestCase):
    """Timestamps in and out."""

    def test_fraction_digits_are_kept_and_trailing_zeros_cut(self) -> None:
        for given, written in (
                ("2026-03-25T07:31:57.5330149Z", None),
                ("2026-03-25T07:31:49.001801Z", None),
                ("2019-01-01T13:15:30Z", None),
                ("2026-03-25T07:31:49.0018010Z",
                 "2026-03-25T07:31:49.001801Z"),
                ("2026-03-25T07:31:49.0000000Z", "2026-03-25T07:31:49Z"),
                ("2026-03-25T09:31:49+02:00", "2026-03-25T07:31:49Z"),
                ("2026-03-25T05:01:49-02:30", "2026-03-25T07:31:49Z")):
            with self.subTest(given):
                ticks = times.parse_time(given)
                assert ticks is not None
                self.assertEqual(times.format_time(ticks), written or given)

    def test_what_is_not_a_timestamp_is_refused(self) -> None:
        for text in ("2026-03-25T07:31:57", "2026-03-25 07:31:57Z",
                     "2026-02-30T00:00:00Z", "2026-03-25T24:00:00Z",
                     "2026-03-25T07:31:57.12345678Z", "", "now", None,
                     "2026-03-25T07:31:57.Z", "'2026-03-25T07:31:57Z'"):
            with self.subTest(text):
                self.assertIsNone(times.parse_time(text))

    def test_relative_times_count_from_the_start(self) -> None:
        start = times.parse_time("2026-03-25T12:00:00.7Z")
        assert start is not None
        for text, written in (
                ("@-2h30m.5330149", "2026-03-25T09:30:00.5330149Z"),
                ("@-1d+1h", "2026-03-24T13:00:00Z"),
                ("@now.5", "2026-03-25T12:00:00.5Z"),
                ("@+30s.0010000", "2026-03-25T12:00:30.001Z"),
                ("@jane", "@jane"), ("yesterday", "yesterday")):
            with self.subTest(text):
                self.assertEqual(times.expand_time(text, start), written)


class OData(unittest.TestCase):
    """The subset and its borders."""

    class Row:
        """Looks like an incident to a filter."""
        modified = times.parse_time("2026-03-25T07:00:00.5Z")
        created = times.parse_time("2026-03-25T06:00:00Z")
        number, severity, status = 7, "High", "New"

    def test_filters_that_hold(self) -> None:
        for text in (
                "properties/lastModifiedTimeUtc ge 2026-03-25T07:00:00Z",
                "properties/lastModifiedTimeUtc eq 2026-03-25T07:00:00.5Z",
                "(properties/lastModifiedTimeUtc gt 2026-03-25T07:00:00Z)",
                "properties/lastModifiedTimeUtc lt 2026-03-25T09:00:01+02:00",
                "properties/createdTimeUtc le 2026-03-25T06:00:00Z and "
                "properties/incidentNumber eq 7",
                "properties/severity eq 'High' and (properties/status eq "
                "'New' or properties/status eq 'Active')",
                "properties/incidentNumber ne 8"):
            with self.subTest(text):
                self.assertTrue(odata.parse_filter(text)(self.Row))

    def test_filters_that_do_not_hold(self) -> None:
        for text in (
                "properties/lastModifiedTimeUtc gt 2026-03-25T07:00:00.5Z",
                "properties/lastModifiedTimeUtc ge 2026-03-25T07:00:00.5000"
                "001Z",
                "properties/severity eq 'Low'",
                "properties/incidentNumber eq 7 and properties/status eq "
                "'Closed'"):
            with self.subTest(text):
                self.assertFalse(odata.parse_filter(text)(self.Row))

    def test_other_text_is_a_syntax_error(self) -> None:
        for text in (
                "", "properties/lastModifiedTimeUtc", "(", "and",
                "properties/lastModifiedTimeUtc ge 2026-03-25T07:00:00",
                "properties/lastModifiedTimeUtc ge '2026-03-25T07:00:00Z'",
                "properties/lastModifiedTimeUtc ge 2026-03-25T07:00:00 02:00",
                "properties/title eq 'x'", "properties/severity eq High",
                "properties/severity eq 'High", "properties/status is 'New'",
                "properties/incidentNumber eq 7)", "(" * 150):
            with self.subTest(text):
                with self.assertRaises(odata.ODataError):
                    odata.parse_filter(text)

    def test_orders(self) -> None:
        self.assertEqual(odata.parse_orderby(
            "properties/lastModifiedTimeUtc asc"), [("modified", False)])
        self.assertEqual(odata.parse_orderby(
            "properties/createdTimeUtc desc,properties/incidentNumber"),
            [("created", True), ("number", False)])
        for text in ("", "properties/title", "properties/severity up",
                     "properties/severity asc asc"):
            with self.subTest(text), self.assertRaises(odata.ODataError):
                odata.parse_orderby(text)


class Scenarios(unittest.TestCase):
    """A misspelt scenario does not run."""

    def test_every_scenario_of_the_folder_is_valid(self) -> None:
        for path in (ROOT / "tests" / "sim" / "scenarios").glob("*.json"):
            with self.subTest(path.name):
                read(json.loads(path.read_text("utf-8")))

    def test_unknown_keys_and_values_are_refused(self) -> None:
        cases: list[tuple[str, dict[str, Any]]] = [
            ("key", {"fault": []}),
            ("workspace key", {"workspaces": [{"nam": "x"}]}),
            ("tenant", {"tenants": []}),
            ("limit", {"limits": {"alert": {}}}),
            ("latency", {"latency_ms": {"lists": 1}}),
            ("token", {"tenants": [{"id": TENANT, "token": {"length": 1}}]})]
        for why, spoil in cases:
            with self.subTest(why), self.assertRaises(ScenarioError):
                read({**scenario(), **spoil})

    def test_shorthands_are_written_out(self) -> None:
        made = read(scenario([{"entities": {"$list": [
            {"kind": "Ip", "properties": {"address": "10.0.{hi}.{lo}"}},
            300]}, "properties": {"description": {
                "$repeat": ["ab", 3]}}}]))
        given = made.workspaces[0].incidents[0]
        self.assertEqual(given["properties"]["description"], "ababab")
        self.assertEqual(given["entities"][299]["properties"]["address"],
                         "10.0.1.43")


class IncidentText(unittest.TestCase):
    """How one incident is written."""

    def written(self, **given: Any) -> dict[str, Any]:
        """The incident read back."""
        made = Incident("/base", "Incidents", 5, 0, given)
        document: dict[str, Any] = json.loads(made.body(False))
        return document

    def test_defaults_are_those_of_the_wire(self) -> None:
        made = self.written(alerts=[{}, {}], comments=[{}])
        props = made["properties"]
        self.assertEqual(list(made), ["id", "name", "etag", "type",
                                      "properties"])
        self.assertEqual(set(props["owner"].values()), {None})
        self.assertEqual(len(props["owner"]), 5)
        self.assertNotIn("description", props)
        self.assertEqual(props["additionalData"]["alertsCount"], 2)
        self.assertEqual(props["additionalData"]["commentsCount"], 1)
        self.assertTrue(made["etag"].startswith('"'))

    def test_nulls_are_sent_and_absent_members_are_not(self) -> None:
        props = self.written(
            properties={"description": None, "additionalData":
                        {"tactics": None}},
            absent=["title", "additionalData.alertsCount"])["properties"]
        self.assertIsNone(props["description"])
        self.assertEqual(list(props)[:3], ["description", "severity",
                                           "status"])
        self.assertIsNone(props["additionalData"]["tactics"])
        self.assertNotIn("title", props)
        self.assertNotIn("alertsCount", props["additionalData"])

    def test_a_lone_surrogate_stays_an_escape(self) -> None:
        made = Incident("/base", "Incidents", 5, 0,
                        {"properties": {"title": "a\ud83db"}})
        self.assertIn(b'"a\\ud83db"', made.body(False))
        made = Incident("/base", "Incidents", 5, 0,
                        {"properties": {"title": "\u00e4"}})
        self.assertIn("\u00e4".encode(), made.body(False))

    def test_preview_members_come_with_preview_versions_only(self) -> None:
        made = Incident("/base", "Incidents", 5, 0,
                        {"preview": {"techniques": ["T1078"]}})
        self.assertNotIn(b"T1078", made.body(False))
        self.assertIn(b"T1078", made.body(True))

    def test_unknown_keys_are_refused(self) -> None:
        cases: list[dict[str, Any]] = [
            {"propertys": {}}, {"alerts": [{"kin": 1}]}, {"entities": [3]}]
        for given in cases:
            with self.subTest(given), self.assertRaises(ScenarioError):
                Incident("/base", "Incidents", 5, 0, given)


if __name__ == "__main__":
    unittest.main()
