# SPDX-License-Identifier: MIT
"""Settings and cursors from one appliance to another."""
import contextlib
import datetime
import json
import pathlib
import tempfile
import time
import unittest
from collections.abc import Iterator
from typing import Any

from admin_case import AdminCase
from poll_case import incident
from simulator import (Done, Simulator, needs_product, run_product,
                       store_secrets, write_config)

TARGET_ID = "5eed0000-0000-4000-8000-00000000beef"


@needs_product
class Transfer(AdminCase):
    """Export here, import there."""

    def source(self, count: int = 3, **config: Any) -> Simulator:
        """An appliance that has delivered some incidents of one workspace."""
        sim = self.start([incident(n, f"@-{9 - n}h", alerts=1)
                          for n in range(1, count + 1)],
                         {"overlap_seconds": 0}, config)
        self.run_once()
        return sim

    def export(self, code: int = 0) -> dict[str, Any]:
        """The document that `export` writes."""
        path = pathlib.Path(self.state, "out.json")
        done = run_product(["export", str(path)], self.state)
        self.assertEqual(done.code, code, done.stderr)
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        text = path.read_text("utf-8")
        self.assertNotIn("appliance_id", text)
        document: dict[str, Any] = json.loads(text)
        return document

    @contextlib.contextmanager
    def target(self, sim: Simulator, **config: Any) -> Iterator[None]:
        """Another appliance, with a configuration of its own, is `self`."""
        source = self.state, self.control, self.status
        with tempfile.TemporaryDirectory() as self.state:
            self.control = pathlib.Path(self.state, "control.sock")
            self.status = pathlib.Path(self.state, "status.sock")
            write_config(self.state, sim, appliance_id=TARGET_ID,
                         **{"connectors": [], **config})
            yield
        self.state, self.control, self.status = source

    def fit(self, document: dict[str, Any]) -> dict[str, Any]:
        """The same with this appliance's own sockets."""
        document = json.loads(json.dumps(document))
        document["config"]["control"] = {
            "socket": str(self.control), "status_socket": str(self.status)}
        return document

    def import_(self, document: Any) -> Done:
        """By the command."""
        path = pathlib.Path(self.state, "in.json")
        path.write_text(document if isinstance(document, str)
                        else json.dumps(document, indent=1))
        return run_product(["import", str(path)], self.state)

    def test_document_has_settings_and_cursors_and_no_secret(self) -> None:
        sim = self.source()
        document = self.export()
        self.assertEqual(set(document), {"format", "config", "cursors"})
        self.assertEqual(document["format"], "wf-sentinel.export/1")
        stored = json.loads(pathlib.Path(
            self.state, "config.json").read_text())
        del stored["appliance_id"]
        self.assertEqual(document["config"], stored)
        [cursor] = document["cursors"]
        self.assertTrue(cursor["workspace"].startswith(
            sim.arm_url.lower() + "/subscriptions/"))
        self.assertEqual(cursor["backfilled"], True)
        self.assertEqual(cursor["modified"], max(
            self.modified(sim).values()))
        self.assertNotIn(self.secret_of(sim), json.dumps(document))
        with self.daemon():
            answer = self.call("GET", "/v1/export")
            self.assertEqual((answer.status, answer.json), (200, document))
            self.assertEqual(self.export(), document)

    def test_target_goes_on_where_the_source_was(self) -> None:
        """What was delivered is not read again, but for the newest, which
        may have company of the same time; what is new comes."""
        for running in (False, True):
            with self.subTest(running=running):
                sim = self.source()
                document = self.export()
                with self.target(sim), contextlib.ExitStack() as stack:
                    if running:
                        stack.enter_context(self.daemon())
                    done = self.import_(self.fit(document))
                    self.assertEqual(done.code, 0, done.stderr)
                    self.assertIn("secrets", done.stderr)
                    config = json.loads(pathlib.Path(
                        self.state, "config.json").read_text())
                    self.assertEqual(config["appliance_id"], TARGET_ID)
                    self.assertEqual(config["connectors"],
                                     document["config"]["connectors"])
                    if running:
                        self.wait_for(lambda: self.connector_state()[0]
                                      == "secret_required", 3)
                    sim.add_incident(properties={"title": "New"})
                    store_secrets(self.state, sim)
                    if running:
                        self.wait_for(lambda: self.records())
                    else:
                        self.run_once()
                    self.assertEqual({r["title"] for r in self.records()},
                                     {"Incident 3", "New"})

    def test_older_of_two_cursors_is_taken(self) -> None:
        sim = self.source(1)
        early = self.export()
        sim.add_incident(properties={"title": "Later"})
        self.run_once()
        late = self.export()
        self.assertLess(early["cursors"][0]["modified"],
                        late["cursors"][0]["modified"])
        for first, second in ((early, late), (late, early)):
            with self.target(sim):
                for document in (first, second):
                    self.assertEqual(self.import_(
                        self.fit(document)).code, 0)
                self.assertEqual(self.export()["cursors"],
                                 early["cursors"])

    def test_what_was_not_delivered_is_read_again(self) -> None:
        """Neither what waits for enrichment nor what a sink has not got."""
        sim = self.source(0)
        sim.fault(["alerts"], do={"status": 500})
        old = sim.add_incident(properties={"title": "Pending"},
                               alerts=[{"properties": {}}])
        time.sleep(0.01)
        sim.add_incident(properties={"title": "Newer"})
        self.run_once()
        [cursor] = self.export()["cursors"]
        modified = self.modified(sim)
        self.assertEqual(cursor["modified"], modified[old["name"]])
        sim.clear_faults()

        blocked = tempfile.mkdtemp(dir=self.state)
        self.state_config({"sinks": [{"type": "file", "name": "other",
                                      "path": blocked}]})
        run_product(["run", "--once"], self.state)
        [cursor] = self.export()["cursors"]
        self.assertLess(cursor["modified"], min(modified.values()))

    def modified(self, sim: Simulator) -> dict[str, str]:
        """When each incident was modified, as our texts have it."""
        texts = {}
        for entry in sim.incidents():
            seconds, fraction = divmod(entry["modified"], 10_000_000)
            day = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
            part = f".{fraction:07d}".rstrip("0") if fraction else ""
            texts[entry["name"]] = f"{day:%Y-%m-%dT%H:%M:%S}{part}Z"
        return texts

    def state_config(self, change: dict[str, Any]) -> None:
        """Edit the file."""
        path = pathlib.Path(self.state, "config.json")
        path.write_text(json.dumps({**json.loads(path.read_text()),
                                    **change}))

    def test_import_is_refused_as_a_whole(self) -> None:
        sim = self.source()
        document = self.export()
        cursor = document["cursors"][0]
        cases: tuple[tuple[Any, str], ...] = (
            ("", "not JSON"), ("{", "not JSON"), ("[]", "format"),
            ({**document, "format": "wf-sentinel.export/2"}, "format"),
            ({**document, "more": 1}, "export has"),
            ({"format": document["format"]}, "export has"),
            ({**document, "config": []}, "export has"),
            ({**document, "cursors": {}}, "export has"),
            ({**document, "cursors": [5]}, "A cursor is"),
            ({**document, "cursors": [{**cursor, "more": 1}]}, "A cursor is"),
            ({**document, "cursors": [{**cursor, "workspace": ""}]},
             "A cursor is"),
            ({**document, "cursors": [{**cursor, "workspace": "x" * 1000}]},
             "A cursor is"),
            ({**document, "cursors": [{**cursor, "modified": "now"}]},
             "modified"),
            ({**document, "cursors": [{**cursor, "modified":
                                       "2199-01-01T00:00:00Z"}]}, "future"),
            ({**document, "cursors": [{**cursor, "backfilled": 1}]},
             "backfilled"),
            ({**document, "cursors": [cursor] * 9}, "more cursors"),
            ({**document, "config": {**document["config"], "nonsense": 1}},
             "nonsense: is not known"),
            ({**document, "config": {**document["config"], "network":
                                     {"ca_file": "/nowhere.pem"}}},
             "ca_file"))
        for running in (False, True):
            with self.target(sim), contextlib.ExitStack() as stack:
                if running:
                    stack.enter_context(self.daemon())
                before = self.stored()
                for case, says in cases:
                    with self.subTest(running=running, says=says):
                        done = self.import_(case if isinstance(case, str)
                                            else self.fit(case)
                                            if "control" in case.get(
                                                "config", [])
                                            else case)
                        self.assertEqual(done.code, 65 if "import_invalid" in done.stderr else 78, done.stderr)
                        self.assertIn(says, done.stderr)
                        self.assertEqual(self.stored(), before)
                self.assertEqual(self.export()["cursors"], [])
                self.assertEqual(self.import_("x" * 65537).code, 65)

    def stored(self) -> str:
        """The file's own text."""
        return pathlib.Path(self.state, "config.json").read_text("utf-8")

    def test_fault_is_told_by_its_place_in_the_document(self) -> None:
        sim = self.source()
        document = self.export()
        with self.target(sim):
            text = ('{"format": "wf-sentinel.export/1", "cursors": [],\n'
                    '   "config": {"version": 1, "x": 1,\n "y": 2}}')
            done = self.import_(text)
            path = pathlib.Path(self.state, "in.json")
            self.assertIn(f"{path}:2:29: x: is not known", done.stderr)
            self.assertIn(f"{path}:3:2: y: is not known", done.stderr)
            with self.daemon():
                self.assertEqual(
                    [(f["line"], f["column"]) for f in self.call(
                        "POST", "/v1/import", text).json["faults"]],
                    [(2, 29), (3, 2)])
                # An id in it is another appliance's, however it is spelled.
                for key in ("appliance_id", "appliance\\u005fid"):
                    given = json.dumps(self.fit(document)).replace(
                        '"config": {', f'"config": {{"{key}": "x", ')
                    answer = self.call("POST", "/v1/import", given)
                    self.assertEqual(answer.status, 200, answer.text)
                    self.assertEqual(json.loads(self.stored())
                                     ["appliance_id"], TARGET_ID)
                    self.assertEqual(self.call("GET", "/v1/config").etag,
                                     answer.etag)
                entry = [e for e in self.audit() if e["action"] == "import"
                         and e["outcome"] == "done"][-1]
                self.assertIn("connectors", entry["changed"])

    def test_running_poll_loses_nothing_to_an_import(self) -> None:
        sim = self.start([incident(n, alerts=1) for n in range(1, 121)],
                         {"enrichment_calls_per_5min": 10000})
        sim.latency(any=15)
        with self.daemon():
            for _ in range(5):
                time.sleep(1)
                answer = self.call("GET", "/v1/export")
                self.assertEqual(self.call(
                    "POST", "/v1/import", answer.json).status, 200)
            self.wait_for(lambda: len({r["id"] for r in self.records()})
                          == 120, 60)

    def test_usage(self) -> None:
        self.source(0)
        for args in (["export"], ["import"], ["export", "a", "b"],
                     ["export", "--x"]):
            self.assertEqual(run_product(args, self.state).code, 64)
        self.assertEqual(run_product(["import", "/nowhere"],
                                     self.state).code, 74)
        self.assertEqual(run_product(["export", "/nowhere/x"],
                                     self.state).code, 73)


if __name__ == "__main__":
    unittest.main()
