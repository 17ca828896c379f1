# SPDX-License-Identifier: MIT
"""A changed configuration is taken within two seconds, and nothing is lost."""
import json
import pathlib
import time
import unittest
from typing import Any

from poll_case import incident
from simulator import needs_product, start_product, write_config
from test_control import DaemonCase


@needs_product
class Reload(DaemonCase):
    """What a running daemon makes of its file."""

    def change(self, text: str | None = None, **connector: Any) -> None:
        """Write the file anew, whole: the connector's members, or a text."""
        path = pathlib.Path(self.state, "config.json")
        config = json.loads(path.read_text("utf-8")) if text is None else {}
        for entry in config.get("connectors", []):
            entry.update(connector)
        fresh = path.with_name("config.json.new")
        fresh.write_text(json.dumps(config) if text is None else text,
                         "utf-8")
        fresh.replace(path)

    def test_change_is_applied_within_two_seconds(self) -> None:
        self.start([incident(1), incident(2)], {"enabled": False})
        with self.daemon():
            self.wait_for(lambda: self.ask(self.status, "/healthz")[0] == 200)
            time.sleep(0.5)
            self.assertEqual(self.records(), [])
            self.change(enabled=True)
            started = time.monotonic()
            self.wait_for(lambda: len(self.records()) == 2)
            # Two seconds, and what a poll of two incidents takes.
            self.assertLess(time.monotonic() - started, 4)
            self.assertEqual(
                self.get_status()["connectors"][0]["state"], "ok")
        self.assertIn("event=config_changed", self.errors)

    def test_start_with_an_unusable_ca_file_waits_for_a_right_one(self) \
            -> None:
        sim = self.start([incident(1)])
        write_config(self.state, sim, network={"ca_file": "ca.pem"})
        path = pathlib.Path(self.state, "ca.pem")
        with self.daemon():
            for text in (None, "no certificate"):
                if text is not None:
                    path.write_text(text)
                    time.sleep(1.5)
                self.assertEqual(self.ask(self.status, "/healthz")[0], 503)
            path.write_text(pathlib.Path(sim.ca_file).read_text())
            # A secret is bound to what the file says, not to its name.
            self.wait_for(self.records)
            self.assertEqual(self.ask(self.status, "/healthz")[0], 200)
        self.assertIn("network.ca_file", self.errors)

    def test_refused_file_leaves_the_old_one_in_use(self) -> None:
        self.start([incident(1)])
        path = pathlib.Path(self.state, "config.json")
        right = path.read_text("utf-8")
        for text in ("{", '{"version": 1, "nonsense": 2}', ""):
            with self.subTest(text=text):
                with self.daemon():
                    self.wait_for(lambda: self.get_status()["connectors"])
                    self.change(text)
                    time.sleep(2.5)
                    [connector] = self.get_status()["connectors"]
                    self.assertEqual(connector["name"], "sentinel")
                    self.wait_for(lambda: self.get_status()
                                  ["connectors"][0]["last_poll"])
                self.assertIn("event=config_refused", self.errors)
                self.assertIn("config.json:1:", self.errors)
                self.change(right)

    def test_file_that_cannot_be_begun_with_is_refused_too(self) -> None:
        self.start([incident(1)])
        path = pathlib.Path(self.state, "config.json")
        config = json.loads(path.read_text("utf-8"))
        config["network"]["ca_file"] = "/nowhere/ca.pem"
        with self.daemon():
            self.wait_for(lambda: self.records())
            self.change(json.dumps(config))
            time.sleep(2.5)
            self.assertEqual(self.ask(self.status, "/healthz")[0], 200)
            self.wait_for(lambda: self.get_status()["connectors"][0]
                          ["last_poll"])
        self.assertIn("network.ca_file", self.errors)
        self.assertIn("event=config_refused", self.errors)

    def test_changes_during_a_poll_lose_nothing(self) -> None:
        sim = self.start([incident(n, alerts=1, comments=1)
                          for n in range(1, 151)],
                         {"enrichment_calls_per_5min": 10000})
        sim.latency(any=20)
        with self.daemon():
            for number in range(6):
                time.sleep(1.5)
                self.change(overlap_seconds=100 + number)
            self.wait_for(lambda: len(self.records()) >= 150, 60)
            self.wait_for(lambda: self.get_status()["connectors"][0]
                          ["pending_enrichment"] == 0, 60)
            records = self.records()
        self.assertEqual(len({r["id"] for r in records}), 150)
        self.assertGreater(self.errors.count("event=config_changed"), 3)

    def test_new_sockets_want_a_new_start(self) -> None:
        self.start([incident(1)])
        path = pathlib.Path(self.state, "config.json")
        config = json.loads(path.read_text("utf-8"))
        config["control"]["status_socket"] += "2"
        with self.daemon() as process:
            self.change(json.dumps(config))
            self.assertEqual(process.wait(10), 75)
        self.assertFalse(self.control.exists() or self.status.exists())
        process = start_product(["run"], self.state)
        self.wait_for(pathlib.Path(self.state, "status.sock2").exists)
        process.terminate()
        process.communicate(timeout=10)


if __name__ == "__main__":
    unittest.main()
