# SPDX-License-Identifier: MIT
"""The rules of the poller, seen from outside: what is asked, what arrives."""
import datetime
import json
import pathlib
import shutil
import signal
import time
import unittest
from typing import Any

from poll_case import PollCase, incident
from simulator import needs_product, run_product, start_product

#: 1970 in 100 ns since 1601.
TICKS_1970 = 116444736000000000
STAMP = "%Y-%m-%dT%H:%M:%S"


def since(request: dict[str, Any]) -> str:
    """The time in a list request's filter."""
    return str(request["query"]["$filter"]).rsplit(" ", 1)[1]


def when(text: str) -> datetime.datetime:
    """A timestamp, to the second."""
    return datetime.datetime.strptime(text[:19], STAMP)


@needs_product
class Reading(PollCase):
    """Rules 1 to 4: query, keys, paging, cursor."""

    def test_query_is_sorted_by_modification_from_the_lookback_on(self) \
            -> None:
        sim = self.start([incident(1)], {"initial_lookback_hours": 5},
                         clock_offset_seconds=7200)
        self.run_once()
        first = sim.requests("list")[0]
        self.assertEqual(first["query"]["$orderby"],
                         "properties/lastModifiedTimeUtc asc")
        self.assertRegex(first["query"]["$filter"],
                         r"^properties/lastModifiedTimeUtc ge \S+Z$")
        # The look-back counts from Azure's clock, two hours ahead of ours.
        now = datetime.datetime.now(datetime.timezone.utc)
        expected = now.replace(tzinfo=None) - datetime.timedelta(hours=3)
        self.assertLess(abs((when(since(first)) - expected).total_seconds()),
                        60)

    def test_second_poll_asks_from_the_cursor_less_the_overlap(self) -> None:
        sim = self.start([incident(1, "2026-03-25T07:31:57.5330149Z")],
                         {"initial_lookback_hours": 8760,
                          "overlap_seconds": 60})
        self.run_once()
        sim.reset()
        self.run_once()
        self.assertEqual(since(sim.requests("list")[0]),
                         "2026-03-25T07:30:57.5330149Z")
        self.assertEqual(len(self.records()), 1)
        self.assertEqual(sim.count("onboarding"), 0)

    def test_all_fraction_digits_count(self) -> None:
        stamps = ["2026-03-25T07:31:57Z", "2026-03-25T07:31:57.5Z",
                  "2026-03-25T07:31:57.501801Z",
                  "2026-03-25T07:31:57.5018011Z",
                  "2026-03-25T07:31:57.5330149Z",
                  "2026-03-25T07:31:57.53302Z",
                  "2026-03-25T07:31:57.9999999Z"]
        sim = self.start([incident(n, s) for n, s in enumerate(stamps)],
                         {"initial_lookback_hours": 8760,
                          "overlap_seconds": 0})
        self.run_once()
        self.assertEqual(len(self.records()), 7)
        sim.reset()
        self.run_once()
        self.assertEqual(since(sim.requests("list")[0]), stamps[-1])
        # One that came into the same second afterwards is not lost.
        sim.add_incident(**incident(9, stamps[-1]))
        self.run_once()
        self.assertEqual(len(self.records()), 8)

    def test_pages_go_on_from_the_last_key(self) -> None:
        sim = self.start([incident(n, f"@-{400 - n}m") for n in range(250)])
        self.run_once()
        self.assertEqual(len(self.records()), 250)
        pages = sim.requests("list")
        self.assertEqual([p for p in pages if "$skipToken" in p["query"]],
                         [])
        self.assertGreaterEqual(len(pages), 3)

    def test_one_timestamp_on_more_than_a_page_is_read_by_links(self) -> None:
        same = "2026-03-25T07:31:57.5330149Z"
        sim = self.start([incident(n, same) for n in range(250)]
                         + [incident(900, "2026-03-25T08:00:00Z")],
                         {"initial_lookback_hours": 8760})
        self.run_once()
        self.assertEqual(len(self.last()), 251)
        self.assertTrue([p for p in sim.requests("list")
                         if "$skipToken" in p["query"]])

    def test_incidents_that_move_while_pages_are_read_are_not_missed(self) \
            -> None:
        sim = self.start([incident(n, f"@-{600 - n}m") for n in range(300)])
        # After each page ten incidents of its beginning move to the end.
        for page in range(3):
            sim.hook("list", *[
                {"do": "update", "incident": page * 100 + k,
                 "properties": {"title": f"Moved {page * 100 + k}"}}
                for k in range(0, 100, 10)], after=page + 1)
        self.run_once()
        self.run_once()
        last = self.last()
        self.assertEqual(len(last), 300)
        for now in sim.incidents():
            self.assertEqual(int(last[now["number"]]["version"]),
                             now["modified"] + TICKS_1970)

    def test_a_page_that_breaks_off_moves_nothing(self) -> None:
        faults: tuple[dict[str, Any], ...] = (
            {"truncate": 5000}, {"reset": "body"}, {"malformed": True},
            {"status": 503, "body": "busy"}, {"html": True},
            {"replace": ['"value":[', '"value":[[']})
        for do in faults:
            with self.subTest(do=do):
                sim = self.start([incident(n, f"@-{400 - n}m")
                                  for n in range(250)])
                sim.fault("list", do=do, skip=1, count=1)
                self.run_once(65 if "html" in do or "malformed" in do
                              or "replace" in do else 75)
                kept = self.cursor(sim)
                # Nothing of the second page, everything of the first.
                self.assertEqual(kept, since(sim.requests("list")[1]))
                self.run_once()
                self.assertEqual(len(self.last()), 250)

    def cursor(self, sim: Any) -> str:
        """Where the next poll would go on (overlap 0), by asking for it."""
        sim.fault("list", do={"status": 503, "body": ""}, count=1)
        seen = len(sim.requests("list"))
        config = pathlib.Path(self.state, "config.json")
        before = config.read_text()
        changed = json.loads(before)
        changed["connectors"][0]["overlap_seconds"] = 0
        config.write_text(json.dumps(changed))
        self.run_once(75)
        config.write_text(before)
        return since(sim.requests("list")[seen])

    def test_a_kill_at_any_time_loses_and_repeats_nothing(self) -> None:
        sim = self.start([incident(n, f"@-{400 - n}m", alerts=1)
                          for n in range(250)])
        sim.latency(alerts=2, entities=2)
        for _ in range(12):
            process = start_product(["run", "--once"], self.state)
            time.sleep(0.08)
            process.send_signal(signal.SIGKILL)
            process.communicate()
        sim.latency(any=0, alerts=0, entities=0)
        self.run_once()
        records = self.records_at_least_once()
        self.assertEqual(len({r["id"] for r in records}), 250)

    def records_at_least_once(self) -> list[dict[str, Any]]:
        """Repeated lines are allowed after a kill, other contents not."""
        path = pathlib.Path(self.state, "workunits.ndjson")
        unique = dict.fromkeys(path.read_text("utf-8").split("\n")[:-1])
        records = [json.loads(line) for line in unique]
        self.check_rules(records)
        return records

    def test_an_incident_that_cannot_be_mapped_holds_nothing_up(self) -> None:
        odd = incident(2)
        odd["absent"] = ["lastModifiedTimeUtc", "createdTimeUtc"]
        sim = self.start([incident(1, "@-70m"), odd, incident(3)])
        done = self.run_once()
        self.assertEqual(set(self.last()), {1, 3})
        self.assertIn("event=set_aside", done.stderr)
        sim.update_incident(3, properties={"title": "Changed"})
        self.run_once()
        self.assertEqual(self.last()[3]["title"], "Changed")

    def test_a_page_that_is_not_sorted_is_taken_whole(self) -> None:
        """A service that ignores the order: newest first, as by default."""
        stamps = [f"2026-03-25T07:{59 - n:02}:00Z" for n in range(12)]
        page = [{"name": f"1c000000-0000-4000-8000-{n:012d}", "properties": {
            "incidentNumber": n, "title": "Unsorted",
            "lastModifiedTimeUtc": stamp}} for n, stamp in enumerate(stamps)]
        sim = self.start([], {"initial_lookback_hours": 8760,
                              "overlap_seconds": 0})
        sim.fault("list", do={"body": {"value": page}}, count=1)
        self.run_once()
        self.assertEqual(len(self.last()), 12)
        sim.reset()
        self.run_once()
        self.assertEqual(since(sim.requests("list")[0]), stamps[0])


@needs_product
class Delivering(PollCase):
    """Rules 5, 6, 8, 15: filters, merges, failures, quirks; events."""

    def test_filters_touch_first_deliveries_only(self) -> None:
        sim = self.start([
            incident(1, severity="Low"), incident(2, severity="High"),
            incident(3, severity="High", title="Test: ignore"),
            incident(4, severity="High",
                     labels=[{"labelName": "Lab", "labelType": "User"}])],
            {"min_severity": "medium", "exclude": [
                {"title_contains": "test:"}, {"label": "lab"}]})
        done = self.run_once()
        self.assertEqual(set(self.last()), {2})
        self.assertIn("filtered=3", done.stderr)
        # An escalation is seen; what was delivered once stays delivered.
        sim.update_incident(1, properties={"severity": "High"})
        sim.update_incident(2, properties={"severity": "Low"})
        sim.close_incident(2, classification="TruePositive")
        self.run_once()
        last = self.last()
        self.assertEqual(set(last), {1, 2})
        self.assertEqual((last[1]["event"], last[2]["event"]),
                         ("created", "closed"))
        self.assertEqual(last[2]["severity"], "low")

    def test_first_lookback_opens_no_closed_incident_unless_named(self) \
            -> None:
        closed = incident(1, status="Closed", classification="TruePositive")
        for statuses, expected in ((None, {2}),
                                   (["New", "Active", "Closed"], {1, 2})):
            with self.subTest(statuses=statuses):
                connector = {} if statuses is None \
                    else {"statuses": statuses}
                sim = self.start([closed, incident(2)], connector)
                self.run_once()
                self.assertEqual(set(self.last()), expected)
                # Later on a closed one is news.
                sim.add_incident(**incident(3, "@now", status="Closed"))
                self.run_once()
                self.assertEqual(self.last()[3]["status"], "Complete")

    def test_merged_incidents_open_nothing_and_close_what_is_there(self) \
            -> None:
        sim = self.start([
            incident(1), incident(2), incident(3, status="Closed", labels=[
                {"labelName": "REDIRECTED", "labelType": "AutoAssigned"}])],
            {"statuses": ["New", "Active", "Closed"]})
        self.run_once()
        self.assertEqual(set(self.last()), {1, 2})
        sim.merge_incident(1, 2)
        self.run_once()
        merged = self.last()[1]
        self.assertEqual((merged["event"], merged["status"]),
                         ("merged", "Cancelled"))
        self.assertEqual(sorted(self.last()), [1, 2])

    def test_life_of_an_incident_is_told_by_events(self) -> None:
        sim = self.start([incident(1)])
        steps = (
            (lambda: None, "created", "Open"),
            (lambda: sim.update_incident(1, properties={
                "status": "Active"}), "updated", "In Progress"),
            (lambda: sim.close_incident(
                1, classification="FalsePositive",
                reason="InaccurateData"), "closed", "Cancelled"),
            (lambda: sim.change({"do": "reopen", "incident": 1}),
             "reopened", "In Progress"),
            (lambda: sim.close_incident(
                1, classification="TruePositive",
                reason="SuspiciousActivity"), "closed", "Complete"))
        for step, event, status in steps:
            step()
            self.run_once()
            record = self.last()[1]
            self.assertEqual((record["event"], record["status"]),
                             (event, status))
        self.assertEqual(record["disposition"], "true_positive")
        self.assertEqual(record["closed_at"], record["updated_at"])
        kinds = [m["kind"] for m in record["timeline"]]
        self.assertEqual(kinds.count("status"), 4, record["timeline"])
        self.run_once()
        self.assertEqual(len(self.records()), 5)

    def test_a_failed_sub_request_is_never_an_empty_list(self) -> None:
        faults: tuple[dict[str, Any], ...] = (
            {"status": 500, "body": "oops"}, {"truncate": 40},
            {"reset": "headers"}, {"malformed": True}, {"html": True},
            {"status": 404, "body": {"error": {"code": "NotFound",
                                               "message": "gone"}}})
        for do in faults:
            for part in ("alerts", "entities", "comments"):
                with self.subTest(part=part, do=do):
                    sim = self.start([incident(1, alerts=1, comments=1)])
                    sim.fault(part, do=do)
                    self.run_once()
                    record = self.last()[1]
                    self.assertEqual(record["enrichment"][part], "pending")
                    others = {k: v for k, v in record["enrichment"].items()
                              if k != part}
                    self.assertEqual(set(others.values()), {"complete"})

    def test_refused_alerts_are_failed_and_said_once(self) -> None:
        self.start([incident(n, alerts=1) for n in range(5)],
                   workspace={"posts": "forbidden"})
        done = self.run_once()
        for record in self.last().values():
            self.assertEqual(record["enrichment"], {
                "alerts": "failed", "entities": "failed",
                "comments": "complete"})
        self.assertEqual(done.stderr.count("enrichment_forbidden"), 1)
        self.assertIn("Responder", done.stderr)

    def test_budget_ends_with_pending_and_every_incident_delivered(self) \
            -> None:
        sim = self.start([incident(n, f"@-{100 - n}m", alerts=1,
                                   severity="High" if n % 5 == 0 else "Low")
                          for n in range(40)],
                         {"enrichment_calls_per_5min": 10})
        self.run_once()
        last = self.last()
        self.assertEqual(len(last), 40)
        self.assertEqual((sim.count("alerts"), sim.count("entities")),
                         (10, 10))
        complete = {n for n, r in last.items()
                    if r["enrichment"]["alerts"] == "complete"}
        # The most severe first, among them the newest.
        self.assertEqual(complete, {0, 5, 10, 15, 20, 25, 30, 35, 38, 39})

    def test_zero_counts_cost_no_call(self) -> None:
        sim = self.start([incident(n) for n in range(5)])
        self.run_once()
        self.assertEqual([sim.count(op) for op in
                          ("alerts", "entities", "comments")], [0, 0, 0])
        for record in self.last().values():
            self.assertEqual(set(record["enrichment"].values()),
                             {"complete"})

    def test_parts_that_are_not_fetched_are_disabled(self) -> None:
        sim = self.start([incident(1, alerts=1, comments=1)],
                         {"fetch": ["alerts"]})
        self.run_once()
        self.assertEqual(self.last()[1]["enrichment"], {
            "alerts": "complete", "entities": "disabled",
            "comments": "disabled"})
        self.assertEqual(sim.count("entities"), 0)

    def test_more_comments_than_a_page_are_all_there(self) -> None:
        self.start([incident(1, comments=75)])
        self.run_once()
        kinds = [m["kind"] for m in self.last()[1]["timeline"]]
        self.assertEqual(kinds.count("comment"), 75)


@needs_product
class Tokens(PollCase):
    """Rules 10, 11, 13: tokens, codes, clock skew."""

    def test_one_token_serves_a_poll_of_any_length(self) -> None:
        sim = self.start([incident(n, alerts=1) for n in range(120)])
        self.run_once()
        self.assertEqual(sim.count("token"), 1)

    def test_odd_tokens_are_taken(self) -> None:
        for token in ({"expires_in_as": "string"}, {"length": 4096},
                      {"length": 1500, "lifetime_seconds": 120}):
            with self.subTest(token=token):
                self.start([incident(1)], token=token)
                self.run_once()
                self.assertEqual(len(self.records()), 1)

    def test_token_that_is_refused_midway_is_renewed_once(self) -> None:
        for operation in ("onboarding", "list", "alerts", "comments"):
            for error in ("ExpiredAuthenticationToken",
                          "AuthorizationFailed"):
                with self.subTest(operation=operation, error=error):
                    sim = self.start([incident(n, f"@-{300 - n}m", alerts=1,
                                               comments=1)
                                      for n in range(120)],
                                     {"enrichment_calls_per_5min": 1000})
                    sim.fault(operation, do={"error": error}, count=1,
                              skip=1 if operation != "onboarding" else 0)
                    self.run_once()
                    self.assertEqual(len(self.last()), 120)
                    self.assertEqual(sim.count("token"), 2)
                    for record in self.records():
                        self.assertEqual(set(record["enrichment"].values()),
                                         {"complete"})

    def test_token_that_is_refused_for_good_ends_the_poll(self) -> None:
        sim = self.start([incident(1)])
        sim.fault("list", do={"error": "AuthorizationFailed"})
        done = self.run_once(77)
        self.assertEqual(sim.count("token"), 2)
        self.assertIn("role_assignment", done.stderr.splitlines()[-1])

    def test_throttled_poll_comes_back_later(self) -> None:
        sim = self.start([incident(1)])
        sim.fault("list", do={"throttle": 17}, count=1)
        self.run_once(75)
        self.assertEqual(self.records(), [])
        self.run_once()
        self.assertEqual(len(self.records()), 1)

    def test_throttled_enrichment_is_pending_and_rests(self) -> None:
        sim = self.start([incident(n, f"@-{100 - n}m", alerts=1)
                          for n in range(20)])
        sim.fault("alerts", do={"throttle": 60}, count=1, skip=5)
        self.run_once()
        states = [r["enrichment"]["alerts"] for r in self.last().values()]
        self.assertEqual((states.count("complete"), states.count("pending")),
                         (5, 15))
        self.assertEqual(sim.stats()["early"], {})

    def test_clock_skew_is_a_warning(self) -> None:
        self.start([incident(1)], clock_offset_seconds=-900)
        done = self.run_once()
        self.assertEqual(done.stderr.count("event=clock_skew"), 1)
        self.assertIn("seconds=900", done.stderr.replace("899", "900")
                      .replace("901", "900"))

    def test_secret_and_token_are_in_no_output_and_no_file(self) -> None:
        from simulator import SECRET
        sim = self.start([incident(1, alerts=1)])
        done = self.run_once()
        shown = run_product(["test"], self.state)
        files = [p for p in pathlib.Path(self.state).rglob("*")
                 if p.is_file()]
        self.assertGreater(len(files), 3)
        token = sim.requests("list")[0]["headers"].get("authorization", "")
        for text in (SECRET, token.removeprefix("Bearer ")[:60]):
            if len(text) < 20:
                continue
            for output in (done.stdout, done.stderr, shown.stdout,
                           shown.stderr):
                self.assertNotIn(text, output)
            for path in files:
                self.assertNotIn(text.encode(), path.read_bytes(), path)


@needs_product
class Daemon(PollCase):
    """`run`: it stays, polls again, ends on a signal."""

    def wait_for(self, condition: Any, seconds: float = 20) -> None:
        """Until it holds, or fail."""
        end = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), end, "nothing came")
            time.sleep(0.05)

    def test_daemon_delivers_and_ends_on_sigterm(self) -> None:
        self.start([incident(1, alerts=1)])
        process = start_product(["run"], self.state)
        self.wait_for(lambda: self.records())
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=10)
        self.assertEqual(process.returncode, 0, errors)

    def test_second_instance_is_refused(self) -> None:
        self.start([incident(1)])
        process = start_product(["run"], self.state)
        self.wait_for(lambda: self.records())
        done = run_product(["run", "--once"], self.state)
        self.assertEqual(done.code, 75)
        self.assertIn("another", done.stderr)
        process.terminate()
        process.communicate(timeout=10)

    def test_daemon_waits_for_a_configuration(self) -> None:
        self.start([incident(1)])
        path = pathlib.Path(self.state, "config.json")
        # Within the sandbox, which was made without a configuration.
        config = json.loads(path.read_text())
        shutil.copy(config["network"]["ca_file"], f"{self.state}/ca.pem")
        config["network"]["ca_file"] = "ca.pem"
        right = json.dumps(config)
        path.write_text("{")
        process = start_product(["run"], self.state)
        time.sleep(0.3)
        path.write_text(right)
        self.wait_for(lambda: self.records())
        process.terminate()
        _, errors = process.communicate(timeout=10)
        self.assertIn("unconfigured", errors)
        path.write_text("{")
        self.run_once(78)


if __name__ == "__main__":
    unittest.main()
