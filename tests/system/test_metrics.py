# SPDX-License-Identifier: MIT
"""GET /metrics: its form, and that each number is the right one."""
import datetime
import json
import pathlib
import re
import time
import unittest
from typing import Any

from poll_case import incident
from prometheus_client.parser import text_string_to_metric_families
from simulator import needs_product, run_product
from test_control import DaemonCase

P = "wf_sentinel_"
#: As interface.md has them: name, type, labels.
METRICS = {
    P + "up": ("gauge", ()),
    P + "polls_total": ("counter", ("connector", "result")),
    P + "poll_duration_seconds": ("gauge", ("connector",)),
    P + "incidents_read_total": ("counter", ()),
    P + "records_delivered_total": ("counter", ("sink",)),
    P + "records_set_aside_total": ("counter", ("reason",)),
    P + "filtered_total": ("counter", ("connector", "rule")),
    P + "api_requests_total": ("counter", ("operation", "status")),
    P + "throttled_total": ("counter", ()),
    P + "enrichment_pending": ("gauge", ("connector",)),
    P + "lag_seconds": ("gauge", ("connector",)),
    P + "backlog_records": ("gauge", ("sink",)),
    P + "secret_expiry_timestamp_seconds": ("gauge", ("connector",)),
    P + "clock_skew_seconds": ("gauge", ()),
    P + "arena_bytes": ("gauge", ()),
    P + "arena_peak_bytes": ("gauge", ()),
    P + "store_bytes": ("gauge", ()),
    "pipeline_stage_count": ("counter", ("stage", "status")),
}

Series = dict[tuple[str, ...], float]


def parse(text: str) -> dict[str, Series]:
    """Samples by name, then by the values of their labels in order."""
    found: dict[str, Series] = {}
    # The parser gives every counter the ending that the platform's has not.
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            name = sample.name if sample.name in METRICS \
                else sample.name.removesuffix("_total")
            found.setdefault(name, {})[
                tuple(sample.labels.values())] = sample.value
    return found


def faults_of_form(text: str) -> list[str]:
    """What is wrong with the text that a parser may let pass."""
    faults: list[str] = []
    seen: set[str] = set()
    series: set[str] = set()
    name, family = "", []
    for line in text.split("\n")[:-1]:
        if line.startswith("# HELP "):
            name = line.split(" ")[2]
            family = ["HELP"]
            if name not in METRICS or name in seen:
                faults.append(f"{line}: a second time, or unknown")
            seen.add(name)
        elif line.startswith("# TYPE "):
            family.append("TYPE")
            if line.split(" ")[2:] != [name, METRICS[name][0]]:
                faults.append(f"{line}: not the type of {name}")
        else:
            match = re.fullmatch(
                r"([a-z_]+)(?:\{(.*)\})? (-?\d+(?:\.\d+)?)", line)
            if match is None or match[1] != name \
                    or family[:2] != ["HELP", "TYPE"]:
                faults.append(f"{line}: no sample of {name}")
                continue
            key = line.rpartition(" ")[0]
            if key in series:
                faults.append(f"{line}: a second time")
            series.add(key)
            labels = tuple(re.findall(
                r'([a-z]+)="(?:[^"\\\n]|\\["\\n])*"(?:,|$)', match[2] or ""))
            if labels != METRICS[name][1]:
                faults.append(f"{line}: labels {labels}")
    if not text.endswith("\n"):
        faults.append("no line feed at the end")
    return faults + [f"{n} is missing" for n in METRICS if n not in seen]


@needs_product
class Metrics(DaemonCase):
    """What Prometheus gets."""

    def metrics(self) -> dict[str, Series]:
        """The numbers now; their form is checked each time."""
        code, text = self.ask(self.status, "/metrics")
        self.assertEqual(code, 200)
        self.assertEqual(faults_of_form(text), [])
        return parse(text)

    def polls(self, result: str) -> float:
        """How many polls of the connector ended so."""
        return self.metrics()[P + "polls_total"].get(
            ("sentinel", result), 0)

    def change(self, **connector: Any) -> None:
        """Write the configuration anew with the connector's members."""
        path = pathlib.Path(self.state, "config.json")
        config = json.loads(path.read_text("utf-8"))
        config["connectors"][0].update(connector)
        fresh = path.with_name("config.json.new")
        fresh.write_text(json.dumps(config), "utf-8")
        fresh.replace(path)

    def test_checker_of_the_form_finds_faults(self) -> None:
        good = "# HELP wf_sentinel_up x\n# TYPE wf_sentinel_up gauge\n"
        for text in (good + "wf_sentinel_up 1",
                     good + "wf_sentinel_up 1\nwf_sentinel_up 1\n",
                     good + 'wf_sentinel_up{a="b"} 1\n',
                     good + "wf_sentinel_up x\n",
                     good.replace("gauge", "counter"), good + good,
                     "wf_sentinel_up 1\n", ""):
            faults = [f for f in faults_of_form(text)
                      if not f.endswith("is missing")]
            self.assertTrue(faults or text in (good, ""), text)
        self.assertIn("pipeline_stage_count is missing",
                      faults_of_form(good))

    def test_every_counter_after_a_poll(self) -> None:
        day = datetime.date.today() + datetime.timedelta(100)
        sim = self.start(
            [incident(1, alerts=2, comments=1), incident(2, alerts=1),
             incident(3, severity="Low"),
             incident(4, title="a drill"), incident(5, status="Closed"),
             {"name": "bad name/../", "properties": {"incidentNumber": 6}},
             incident(7, "@-10m")],
            {"min_severity": "medium",
             "exclude": [{"title_contains": "drill"}]},
            faults=[{"op": "alerts", "count": 1, "do": {"throttle": 600}},
                    {"op": "comments", "count": 1, "do": {"status": 503}},
                    {"op": "token", "count": 1, "do": {"reset": "before"}}])
        secret = pathlib.Path(sim.info["secrets"]["sentinel"]).read_text()
        run_product(["secret", "set", "sentinel", "client_secret",
                     "--expires", day.isoformat()], self.state, stdin=secret)
        with self.daemon():
            self.wait_for(lambda: self.polls("failure") == 1)
            failed = self.metrics()
            self.change(overlap_seconds=100)
            self.wait_for(lambda: self.polls("success") == 1)
            found = self.metrics()
            self.assertEqual(self.ask(self.control, "/metrics")[0], 200)
            stats = sim.stats()["operations"]
            time.sleep(0.1)
            self.assertEqual(self.metrics()[P + "api_requests_total"],
                             found[P + "api_requests_total"])
        self.assertEqual(failed[P + "api_requests_total"]
                         [("token", "none")], 1)
        self.assertEqual(found[P + "polls_total"],
                         {("sentinel", "success"): 1,
                          ("sentinel", "failure"): 1})
        self.assertEqual(found[P + "incidents_read_total"], {(): 7})
        rules = {key[1]: n for key, n in found[P + "filtered_total"].items()
                 if n != 0}
        self.assertEqual(rules, {"min_severity": 1, "statuses": 1,
                                 "exclude.title_contains": 1})
        self.assertEqual(len(found[P + "filtered_total"]), 7)
        [(reason, count)] = found[P + "records_set_aside_total"].items()
        self.assertEqual(count, 1)
        self.assertIn("name", reason[0])
        self.assertEqual(found[P + "records_delivered_total"],
                         {("file",): 3})
        self.assertEqual(found["pipeline_stage_count"], {
            ("source_client", "success"): 3, ("source_client", "error"): 1,
            ("source_client", "dropped"): 3})
        requests = found[P + "api_requests_total"]
        self.assertEqual(
            {key: n for key, n in requests.items() if n != 0},
            {("token", "none"): 1, ("token", "200"): 1,
             ("onboarding", "200"): 1, ("incidents", "200"): 1,
             ("alerts", "429"): 1, ("entities", "200"): 1,
             ("comments", "5xx"): 1})
        self.assertEqual(sum(requests.values()), sum(stats.values()))
        self.assertEqual(found[P + "throttled_total"], {(): 1})
        self.assertEqual(found[P + "enrichment_pending"],
                         {("sentinel",): 2})
        self.assertEqual(found[P + "backlog_records"], {("file",): 0})
        self.assertEqual(found[P + "clock_skew_seconds"], {(): 0})
        # The newest was modified ten minutes before the start.
        self.assertAlmostEqual(found[P + "lag_seconds"][("sentinel",)],
                               600, delta=20)
        self.assertLess(found[P + "poll_duration_seconds"][("sentinel",)],
                        10)
        self.assertEqual(found[P + "secret_expiry_timestamp_seconds"], {
            ("sentinel",): datetime.datetime.combine(
                day, datetime.time(23, 59, 59), datetime.timezone.utc).timestamp()})
        self.assertGreater(found[P + "arena_peak_bytes"][()],
                           found[P + "arena_bytes"][()])
        self.assertGreater(found[P + "store_bytes"][()], 0)

    def test_no_counter_falls_over_reloads(self) -> None:
        sim = self.start([incident(n, alerts=1) for n in range(1, 4)],
                         {"min_severity": "medium"})
        with self.daemon():
            self.wait_for(lambda: self.polls("success") == 1)
            before = self.metrics()
            for number in range(3):
                sim.add_incident(properties={"severity": "Low"})
                sim.add_incident(properties={"severity": "High"})
                self.change(overlap_seconds=100 + number)
                self.wait_for(
                    lambda: self.polls("success") == 2 + number)
                after = self.metrics()
                for name, (kind, _) in METRICS.items():
                    if kind != "counter":
                        continue
                    for key, n in before.get(name, {}).items():
                        self.assertGreaterEqual(after[name][key], n, name)
                before = after
            status = self.get_status()
        self.assertEqual(before[P + "records_delivered_total"],
                         {("file",): 6})
        self.assertEqual(status["sinks"][0]["delivered"], 6)
        self.assertEqual(
            before[P + "filtered_total"][("sentinel", "min_severity")], 3)

    def test_lag_and_backlog_grow_while_a_sink_fails(self) -> None:
        self.start([incident(1, "@-60s")],
                   config={"sinks": [{"type": "file", "name": "gone",
                                      "path": "missing/x.ndjson"}]})
        with self.daemon():
            self.wait_for(lambda: self.polls("success") == 1)
            self.assertEqual(self.metrics()[P + "backlog_records"],
                             {("gone",): 1})
            first = self.metrics()[P + "lag_seconds"][("sentinel",)]
            time.sleep(1.1)
            then = self.metrics()[P + "lag_seconds"][("sentinel",)]
        self.assertAlmostEqual(first, 60, delta=15)
        self.assertGreaterEqual(then, first + 1)


if __name__ == "__main__":
    unittest.main()
