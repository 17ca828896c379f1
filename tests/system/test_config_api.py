# SPDX-License-Identifier: MIT
"""GET and PUT /v1/config: versions, faults, and what is taken when."""
import hashlib
import json
import os
import pathlib
import subprocess
import time
import unittest
from typing import Any

from admin_case import AdminCase
from poll_case import incident
from simulator import BINARY, needs_product


@needs_product
class Config(AdminCase):
    """The configuration over the control socket."""

    def stored(self) -> str:
        """The file's own text."""
        return pathlib.Path(self.state, "config.json").read_text("utf-8")

    def test_what_is_stored_is_answered_with_a_hash_of_it(self) -> None:
        self.start([])
        with self.daemon():
            config, etag = self.get_config()
            self.assertEqual(json.loads(self.stored()), config)
            self.assertEqual(self.call("GET", "/v1/config").text,
                             self.stored())
            self.assertRegex(etag, r'^"[0-9a-f]{64}"$')
            path = pathlib.Path(self.state, "config.json")
            path.write_text(self.stored() + "\n")
            self.assertNotEqual(self.get_config()[1], etag)

    def test_largest_configuration_comes_whole(self) -> None:
        self.start([])
        with self.daemon():
            config, _ = self.get_config()
            text = json.dumps(config)
            text += " " * (65536 - len(text))
            self.assertEqual(self.put_config(text).status, 200)
            self.wait_for(lambda: self.is_up())
            self.assertEqual(self.call("GET", "/v1/config").text, text)
            self.assertEqual(self.put_config(text + " ").status, 413)

    def test_version_that_is_replaced_has_to_be_named(self) -> None:
        self.start([])
        with self.daemon():
            config, etag = self.get_config()
            before = self.stored()
            for headers, status in (({}, 428), ({"If-Match": ""}, 412),
                                    ({"If-Match": '""'}, 412),
                                    ({"If-Match": '"x"'}, 412),
                                    ({"If-Match": "W/" + etag}, 412),
                                    ({"If-Match": etag[:-2] + '"'}, 412)):
                answer = self.call("PUT", "/v1/config", config, headers)
                self.assertEqual(answer.status, status, headers)
                self.assertEqual(answer.error[1], "config")
                self.assertEqual(answer.etag, etag)
                self.assertEqual(self.stored(), before)
            for match in (f'"x", {etag}', "*"):
                config["log_level"] = "debug" if match == "*" else "info"
                answer = self.call("PUT", "/v1/config", config,
                                   {"If-Match": match})
                self.assertEqual(answer.status, 200, answer.text)
                self.assertEqual(answer.json["etag"], answer.etag)
                self.assertEqual(self.get_config(), (config, answer.etag))

    def test_every_fault_is_listed_and_nothing_stored(self) -> None:
        self.start([])
        with self.daemon():
            before = self.stored()
            answer = self.put_config('{"version": 1,\n "appliance_id": "x",\n'
                                     ' "nonsense": 5}')
            self.assertEqual(answer.status, 422)
            self.assertEqual(answer.error, ("config_invalid", "appliance_id"))
            self.assertEqual([(f["line"], f["column"], f["key"])
                              for f in answer.json["faults"]],
                             [(2, 18, "appliance_id"), (3, 2, "nonsense")])
            for text in ("", "{", "[]", "\0", '{"version": 1'):
                answer = self.put_config(text)
                self.assertEqual(answer.status, 422, text)
                self.assertEqual(len(answer.json["faults"]), 1, text)
            many = {"version": 1, **{f"k{i}": 1 for i in range(1000)}}
            faults = self.put_config(many).json["faults"]
            self.assertEqual({f["key"] for f in faults} -
                             {"appliance_id"}, {f"k{i}" for i in range(1000)})
            self.assertEqual(self.stored(), before)
            self.assertEqual([e for e in self.audit()
                              if e["action"] == "config_put"], [])

    def test_what_could_not_be_begun_with_is_refused(self) -> None:
        self.start([])
        with self.daemon():
            config, _ = self.get_config()
            before = self.stored()
            bad = pathlib.Path(self.state, "bad.pem")
            bad.write_text("-----BEGIN CERTIFICATE-----\nx\n")
            cases: tuple[tuple[dict[str, Any], str], ...] = (
                ({"network": {"ca_file": "/nowhere/ca.pem"}},
                 "network.ca_file"),
                ({"network": {"ca_file": str(bad)}}, "network.ca_file"),
                ({"network": {"proxy_user": "x"}}, "proxy"),
                ({"sinks": [{"type": "nats", "name": "bus"}]}, "sinks"),
                ({"control": {**config["control"], "socket":
                              "/nowhere/control.sock"}}, "control.socket"))
            for change, setting in cases:
                answer = self.put_config({**config, **change})
                self.assertEqual(answer.status, 422, answer.text)
                self.assertIn(setting, answer.error[1])
                self.assertEqual(answer.json["faults"], [])
            self.assertEqual(self.stored(), before)

    def test_sink_is_no_file_of_the_state_directory(self) -> None:
        self.start([])
        with self.daemon():
            config, _ = self.get_config()
            for path in ("vault.key", "store.db", "store.db-wal", "lock",
                         "config.json", "audit.ndjson", "secrets/x",
                         "../x.ndjson", f"{self.state}/vault.key"):
                config["sinks"] = [{"type": "file", "name": "f",
                                    "path": path}]
                answer = self.put_config(config)
                self.assertEqual((answer.status, answer.error),
                                 (422, ("config_invalid", "sinks[0].path")))
            config["sinks"][0]["path"] = "locks.ndjson"
            self.assertEqual(self.put_config(config).status, 200)

    def test_change_is_taken_within_two_seconds(self) -> None:
        self.start([incident(1), incident(2)], {"enabled": False})
        with self.daemon():
            config, _ = self.get_config()
            config["connectors"][0]["enabled"] = True
            started = time.monotonic()
            self.assertEqual(self.put_config(config).status, 200)
            self.wait_for(lambda: self.connector_state()[0] == "ok")
            self.assertLess(time.monotonic() - started, 2)
            self.wait_for(lambda: len(self.records()) == 2)

    def test_changes_in_quick_succession_are_all_taken(self) -> None:
        """At once, and not at the next look, which could take one change for
        another of the same tick of the file system's clock."""
        self.start([], {"enabled": False})
        with self.daemon():
            config, _ = self.get_config()
            for number in range(30):
                config["connectors"][0]["name"] = f"name-{number}"
                self.assertEqual(self.put_config(config).status, 200)
                self.wait_for(lambda n=number: [
                    c["name"] for c in self.get_status()["connectors"]]
                    == [f"name-{n}"], 0.6)
            loaded = [e for e in self.audit() if e["action"] ==
                      "config_loaded"]
        self.assertEqual(loaded[0]["etag"], self.final_etag())

    def final_etag(self) -> str:
        """Of the file as it is."""
        return '"' + hashlib.sha256(self.stored().encode()).hexdigest() + '"'

    def test_mode_and_owner_of_the_file(self) -> None:
        self.start([])
        with self.daemon():
            config, _ = self.get_config()
            self.assertEqual(self.put_config(config).status, 200)
        about = os.stat(pathlib.Path(self.state, "config.json"))
        self.assertEqual(about.st_mode & 0o777, 0o640)

    @unittest.skipUnless(os.geteuid() == 0, "namespaces are for root")
    def test_unconfigured_daemon_is_set_up_over_the_socket(self) -> None:
        """The sockets are at the usual place until then: in a /run of its
        own, which is seen through /proc."""
        self.start([incident(1)])
        path = pathlib.Path(self.state, "config.json")
        right = json.loads(path.read_text())
        path.unlink()
        command = ["unshare", "-m", "sh", "-c",
                   'mount -t tmpfs none /run && exec "$@"', "sh", str(BINARY),
                   "--state", self.state, "run"]
        process = subprocess.Popen(command, stderr=subprocess.PIPE)
        run = pathlib.Path(f"/proc/{process.pid}/root/run/wf-sentinel")
        self.control, self.status = run / "control.sock", run / "status.sock"
        try:
            self.wait_for(self.is_up)
            self.assertEqual(self.ask(self.status, "/healthz")[0], 503)
            answer = self.call("GET", "/v1/config")
            self.assertEqual((answer.status, answer.error, answer.etag),
                             (404, ("unconfigured", "config"), '""'))
            answer = self.put_secret("s3cret~value")
            self.assertEqual((answer.status, answer.error),
                             (409, ("unconfigured", "connectors")))
            self.assertEqual(self.call("PUT", "/v1/config", right,
                                       {"If-Match": '"x"'}).status, 412)
            self.assertEqual(self.call("PUT", "/v1/config", "{",
                                       {"If-Match": '""'}).status, 422)
            self.assertFalse(path.exists())
            self.assertEqual(self.call("PUT", "/v1/config", right,
                                       {"If-Match": '""'}).status, 200)
            # The CA file is out of the sandbox's reach: a supervisor's turn.
            _, errors = process.communicate(timeout=5)
            self.assertEqual(process.returncode, 75, errors)
            self.assertIn(b"a new start is needed", errors)
            process = subprocess.Popen(command, stderr=subprocess.PIPE)
            self.control = pathlib.Path(self.state, "control.sock")
            self.status = pathlib.Path(self.state, "status.sock")
            self.wait_for(self.is_up, 3)
            self.wait_for(lambda: self.records())
        finally:
            process.terminate()
            process.communicate(timeout=10)

    def test_state_that_cannot_be_written_refuses_and_says_so(self) -> None:
        self.start([], {"enabled": False})
        with self.daemon():
            config, _ = self.get_config()
            before = self.stored()
            log = pathlib.Path(self.state, "audit.ndjson")
            log.unlink()
            log.mkdir()
            config["log_level"] = "debug"
            answer = self.put_config(config)
            self.assertEqual((answer.status, answer.error[0]),
                             (500, "audit_failed"))
            self.assertEqual(self.stored(), before)
            self.assertEqual(self.put_secret("s3cret~value").error[0],
                             "audit_failed")
            log.rmdir()
            blocked = pathlib.Path(self.state, "config.json.new")
            blocked.mkdir()
            answer = self.put_config(config)
            self.assertEqual((answer.status, answer.error[0]),
                             (500, "config_unwritable"))
            self.assertEqual(self.stored(), before)
            self.assertEqual([(e["action"], e["outcome"])
                              for e in self.audit()
                              if e["action"] == "config_put"],
                             [("config_put", "failed"),
                              ("config_put", "started")])


if __name__ == "__main__":
    unittest.main()
