# SPDX-License-Identifier: MIT
"""The support bundle: what is in it, what is not, and what becomes of it."""
import fcntl
import io
import json
import os
import pathlib
import signal
import socket
import stat
import tarfile
import tempfile
import threading
import time
import unittest
from typing import Any

from poll_case import incident
from simulator import Done, needs_product, run_product
from test_control import DaemonCase

TOP = "wf-sentinel-support/"
ALWAYS = ["about.json", "config.json", "secrets.json", "audit.ndjson"]
DAEMONS = ["status.json", "metrics.txt", "log.txt"]


@needs_product
class Support(DaemonCase):
    """`wf-sentinel support` and GET /v1/support."""

    def setUp(self) -> None:
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.file = pathlib.Path(folder, "bundle.tar")

    def support(self, *args: str) -> Done:
        """The command, to self.file."""
        return run_product(["support", str(self.file), *args], self.state)

    def members(self) -> dict[str, bytes]:
        """What is in the file, read by another program's tar."""
        found = {}
        with tarfile.open(self.file, "r:") as tar:
            for member in tar:
                self.assertEqual((member.isreg(), member.mode), (True, 0o600))
                self.assertLess(abs(member.mtime - time.time()), 60)
                self.assertTrue(member.name.startswith(TOP), member.name)
                content = tar.extractfile(member)
                assert content is not None
                name = member.name.removeprefix(TOP)
                self.assertNotIn(name, found)
                found[name] = content.read()
        self.assertEqual(self.file.stat().st_size % 512, 0)
        return found

    def check_about(self, members: dict[str, bytes], daemon: bool) -> None:
        """The facts of program and machine."""
        about = json.loads(members["about.json"])
        version = json.loads(run_product(["version", "--json"],
                                         self.state).stdout)
        self.assertEqual({k: about[k] for k in version}, version)
        self.assertEqual((about["daemon"], about["kernel"],
                          about["machine"]),
                         (daemon, os.uname().release, os.uname().machine))

    def test_bundle_of_a_daemon(self) -> None:
        self.start([incident(n, title=f"Private title {n}", alerts=1)
                    for n in range(1, 4)], config={"log_level": "debug"})
        with self.daemon():
            self.wait_for(lambda: len(self.records()) == 3)
            self.wait_for(lambda: self.get_status()["connectors"][0]
                          ["last_poll"])
            done = self.support()
            log = json.loads(self.ask(self.control, "/v1/log?limit=1000")[1])
        self.assertEqual((done.code, done.stdout, done.stderr), (0, "", ""))
        self.assertEqual(stat.S_IMODE(self.file.stat().st_mode), 0o600)
        members = self.members()
        self.assertEqual(sorted(members), sorted(ALWAYS + DAEMONS))
        self.check_about(members, True)
        self.assertEqual(json.loads(members["status.json"])["connectors"][0]
                         ["incidents_known"], 3)
        self.assertIn(b"\nwf_sentinel_incidents_read_total 3\n",
                      members["metrics.txt"])
        lines = members["log.txt"].decode().rstrip("\n").split("\n")
        self.assertEqual(lines, log["log"][-len(lines):])
        self.assertIn("event=started", str(lines[-2:]))
        self.check_config(json.loads(members["config.json"]))
        [secret] = json.loads(members["secrets.json"])["secrets"]
        self.assertEqual((secret["scope"], secret["field"], secret["state"],
                          secret["expires"]),
                         ("sentinel", "client_secret", "ok", None))
        self.assertNotIn(b"Private title", self.file.read_bytes())

    def check_config(self, found: dict[str, Any]) -> None:
        """What was written is in it, and defaults beside it."""
        path = pathlib.Path(self.state, "config.json")
        given = json.loads(path.read_text("utf-8"))
        for key in ("version", "appliance_id"):
            self.assertEqual(found[key], given[key])
        self.assertEqual(found["log_level"], given.get("log_level", "info"))
        for key, value in given["connectors"][0].items():
            self.assertEqual(found["connectors"][0][key], value, key)
        self.assertEqual(found["connectors"][0]["overlap_seconds"], 900)
        self.assertEqual(found["sinks"][0]["path"], "workunits.ndjson")
        self.assertEqual(found["network"]["ca_file"],
                         given["network"]["ca_file"])

    def test_incidents_only_when_asked_for(self) -> None:
        self.start([incident(n, title=f"Private title {n}",
                             description="text " * 1000)
                    for n in range(1, 31)])
        with self.daemon():
            self.wait_for(lambda: len(self.records()) == 30)
            done = self.support("--with-incidents")
            records = self.records()
        self.assertEqual((done.code, done.stderr), (0, ""))
        found = [json.loads(content) for name, content
                 in self.members().items() if name.startswith("incidents/")]
        self.assertEqual(found, records[::-1][:20])

    def test_nothing_is_written_over(self) -> None:
        self.start([incident(1)])
        self.file.write_text("mine")
        done = self.support()
        self.assertEqual(done.code, 73)
        self.assertIn(str(self.file), done.stderr)
        self.assertEqual(self.file.read_text(), "mine")
        target = self.file.with_name("target")
        self.file.unlink()
        self.file.symlink_to(target)
        self.assertEqual(self.support().code, 73)
        self.assertFalse(target.exists())
        for args in ([], ["a", "b"], ["--what", "a"]):
            self.assertEqual(run_product(["support", *args],
                                         self.state).code, 64)

    def test_without_a_daemon(self) -> None:
        self.start([incident(1, title="Private title")])
        self.run_once()
        audit = pathlib.Path(self.state, "audit.ndjson")
        lines = [json.dumps({"n": n, "what": "x" * (n % 50)}) + "\n"
                 for n in range(2000)]
        audit.write_text("".join(lines))
        self.assertEqual(self.support().code, 0)
        members = self.members()
        self.assertEqual(sorted(members), sorted(ALWAYS))
        self.check_about(members, False)
        self.check_config(json.loads(members["config.json"]))
        self.assertNotIn(b"Private", self.file.read_bytes())
        tail = members["audit.ndjson"].decode().rstrip("\n") + "\n"
        self.assertTrue("".join(lines).endswith(tail))
        self.assertIn(tail.split("\n")[0] + "\n", lines)
        self.assertGreater(len(tail), 32 * 1024 - 100)
        self.file.unlink()
        self.assertEqual(self.support("--with-incidents").code, 0)
        self.assertIn(b"Private title", self.file.read_bytes())

    def test_with_a_refused_configuration(self) -> None:
        self.start([incident(1)])
        pathlib.Path(self.state, "config.json").write_text('{"version": 1}')
        done = self.support("--with-incidents")
        self.assertEqual(done.code, 0, done.stderr)
        self.assertEqual(self.members()["config.json"].strip(), b"")

    def test_one_at_a_time(self) -> None:
        self.start([incident(1)])
        with self.daemon():
            with socket.socket(socket.AF_UNIX) as slow:
                slow.connect(str(self.control))
                slow.sendall(b"GET /v1/support HTTP/1.1\r\nHost: x\r\n\r\n")
                slow.recv(1)
                done = self.support()
                self.assertEqual(done.code, 75)
                self.assertIn("busy", done.stderr)
                self.assertFalse(self.file.exists())
            self.wait_for(lambda: self.support().code == 0)
            self.assertEqual(self.ask(self.status, "/v1/support")[0], 404)
            self.assertEqual(self.ask(
                self.control, "/v1/support?with_incidents=2")[0], 400)
            code, text = self.ask(self.control, "/v1/support")
        self.assertEqual(code, 200)
        with tarfile.open(fileobj=io.BytesIO(text.encode())) as tar:
            self.assertEqual(len(tar.getnames()), 7)

    def test_bundle_that_breaks_off_is_removed(self) -> None:
        self.start([incident(1)])
        with open(f"{self.state}/lock", "w", encoding="ascii") as lock, \
                socket.socket(socket.AF_UNIX) as server:
            fcntl.flock(lock, fcntl.LOCK_EX)  # as a daemon has it
            server.bind(str(self.control))
            server.listen(1)

            def serve() -> None:
                peer, _ = server.accept()
                with peer:
                    peer.recv(1000)
                    peer.sendall(
                        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked"
                        b"\r\n\r\n0200\r\n" + b"x" * 300)
            thread = threading.Thread(target=serve)
            thread.start()
            done = self.support()
            thread.join(10)
        self.assertEqual(done.code, 75, done.stderr)
        self.assertFalse(self.file.exists())

    def test_daemon_that_hangs(self) -> None:
        self.start([incident(1)])
        with self.daemon() as process:
            process.send_signal(signal.SIGSTOP)
            try:
                done = self.support()
            finally:
                process.send_signal(signal.SIGCONT)
        self.assertEqual(done.code, 75, done.stderr)
        self.assertFalse(self.file.exists())


if __name__ == "__main__":
    unittest.main()
