# SPDX-License-Identifier: MIT
"""The control and status sockets of the daemon."""
import contextlib
import datetime
import http.client
import json
import os
import pathlib
import signal
import socket
import stat
import subprocess
import threading
import time
import unittest
from collections.abc import Iterator
from typing import Any

from poll_case import PollCase, incident
from simulator import (Done, Simulator, needs_product, run_product,
                       start_product)

#: Members of GET /v1/status, as interface.md has them; `state` is ours.
STATUS = {"version", "uptime_seconds", "state", "log_level", "connectors",
          "sinks", "store", "memory", "vault", "sandbox",
          "clock_skew_seconds"}
CONNECTOR = {"name", "state", "last_poll", "next_poll", "last_error",
             "cursor", "incidents_known", "pending_enrichment",
             "secret_expires", "progress"}
SINK = {"name", "state", "delivered", "backlog", "set_aside", "last_error"}
ERROR = {"code", "message", "setting", "since"}

FLOOD = 10000


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: pathlib.Path) -> None:
        super().__init__("localhost", timeout=10)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(str(self.path))


class DaemonCase(PollCase):
    """A daemon with one connector, and its sockets."""

    def start(self, *args: Any, **more: Any) -> Simulator:
        sim = super().start(*args, **more)
        self.control = pathlib.Path(self.state, "control.sock")
        self.status = pathlib.Path(self.state, "status.sock")
        return sim

    @contextlib.contextmanager
    def daemon(self) -> Iterator["subprocess.Popen[str]"]:
        process = start_product(["run"], self.state)
        try:
            self.wait_for(self.is_up)
            yield process
        finally:
            process.terminate()
            _, self.errors = process.communicate(timeout=10)

    def is_up(self) -> bool:
        """Somebody answers; the file alone may be a dead daemon's."""
        with contextlib.suppress(OSError):
            return self.ask(self.status, "/healthz")[0] in (200, 503)
        return False

    def wait_for(self, condition: Any, seconds: float = 20) -> None:
        """Until it holds, or fail."""
        end = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), end, "nothing came")
            time.sleep(0.02)

    def ask(self, path: pathlib.Path, target: str, method: str = "GET",
            body: Any = None) -> tuple[int, str]:
        """Status and text of an answer; a body is sent as JSON."""
        connection = UnixConnection(path)
        try:
            connection.request(method, target, None if body is None
                               else json.dumps(body))
            answer = connection.getresponse()
            return answer.status, answer.read().decode("utf-8")
        finally:
            connection.close()

    def get_status(self) -> dict[str, Any]:
        code, text = self.ask(self.status, "/v1/status")
        self.assertEqual(code, 200)
        return json.loads(text)


@needs_product
class Sockets(DaemonCase):
    """What is answered at the sockets."""

    def test_status_of_a_connector_that_works(self) -> None:
        self.start([incident(1, alerts=1), incident(2)])
        with self.daemon():
            self.wait_for(lambda: self.get_status()["connectors"]
                          and self.get_status()["connectors"][0]["last_poll"])
            status = self.get_status()
            self.assertEqual(self.ask(self.control, "/v1/status")[0], 200)
            self.assertEqual(self.ask(self.status, "/healthz"),
                             (200, "ok\n"))
        self.assertEqual(set(status), STATUS)
        [connector], [sink] = status["connectors"], status["sinks"]
        self.assertEqual(set(connector), CONNECTOR)
        self.assertEqual(set(sink), SINK)
        self.assertEqual((connector["state"], connector["last_error"],
                          connector["incidents_known"],
                          connector["pending_enrichment"]),
                         ("ok", None, 2, 0))
        self.assertLess(connector["last_poll"], connector["next_poll"])
        self.assertEqual((sink["state"], sink["delivered"], sink["backlog"]),
                         ("ok", 2, 0))
        self.assertGreater(status["store"]["bytes"], 0)
        self.assertGreater(status["memory"]["arena_peak_bytes"], 0)

    def test_status_names_the_setting_of_a_failure(self) -> None:
        self.start([incident(1)], connector={
            "tenant_id": "00000000-0000-4000-8000-00000000dead"})
        with self.daemon():
            self.wait_for(lambda: self.get_status()["connectors"]
                          and self.get_status()["connectors"][0]["last_error"])
            [connector] = self.get_status()["connectors"]
        self.assertNotEqual(connector["state"], "ok")
        self.assertEqual(set(connector["last_error"]), ERROR)
        self.assertTrue(connector["last_error"]["setting"])
        self.assertTrue(connector["last_error"]["since"])
        self.assertIsNone(connector["last_poll"])

    def test_secret_that_expires_soon_is_a_warning(self) -> None:
        sim = self.start([incident(1)])
        for days, state in ((365, "ok"), (10, "warning"), (-1, "warning")):
            with self.subTest(days=days):
                day = (datetime.date.today()
                       + datetime.timedelta(days)).isoformat()
                secret = pathlib.Path(sim.info["secrets"]["sentinel"])
                run_product(["secret", "set", "sentinel", "client_secret",
                             "--expires", day], self.state,
                            stdin=secret.read_text("utf-8"))
                with self.daemon():
                    self.wait_for(lambda: self.get_status()["connectors"]
                                  and self.get_status()["connectors"][0]
                                  ["last_poll"])
                    [connector] = self.get_status()["connectors"]
                    shown = run_product(["status"], self.state).stdout
                self.assertEqual(connector["secret_expires"][:10], day)
                self.assertEqual(connector["state"], state)
                says = "expires" if days > 0 else "expired"
                self.assertEqual(f"secret {says} on {day}" in shown,
                                 state == "warning", shown)
                self.assertEqual("event=secret_expiring" in self.errors,
                                 state == "warning", self.errors)

    def test_files_have_their_modes_and_go_at_the_end(self) -> None:
        self.start([incident(1)])
        with self.daemon():
            for path, mode in ((self.control, 0o660), (self.status, 0o666)):
                about = os.stat(path)
                self.assertTrue(stat.S_ISSOCK(about.st_mode))
                self.assertEqual(stat.S_IMODE(about.st_mode), mode)
        self.assertFalse(self.control.exists() or self.status.exists())

    def test_what_a_killed_daemon_left_is_replaced(self) -> None:
        self.start([incident(1)])
        with self.daemon() as process:
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        self.assertTrue(self.status.exists())
        with self.daemon():
            self.wait_for(lambda: self.records())
            self.assertEqual(self.ask(self.status, "/healthz")[0], 200)

    def test_socket_that_cannot_be_made_stops_the_start(self) -> None:
        self.start([incident(1)])
        self.status.write_text("mine")
        process = start_product(["run"], self.state)
        _, errors = process.communicate(timeout=10)
        self.assertEqual(process.returncode, 73, errors)
        self.assertIn("control.status_socket", errors)
        self.assertEqual(self.status.read_text(), "mine")
        self.assertFalse(self.control.exists())

    def test_flood_of_peers_does_not_hold_up_a_poll(self) -> None:
        """S10: connections, half requests, peers that do not read."""
        self.start([incident(n, alerts=1) for n in range(1, 201)])
        with self.daemon():
            held = []
            for number in range(FLOOD):
                peer = socket.socket(socket.AF_UNIX)
                peer.settimeout(10)
                with contextlib.suppress(OSError):
                    peer.connect(str((self.status, self.control)[number % 2]))
                    peer.sendall((b"", b"GET /v1/st",
                                  b"GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n"
                                  )[number % 3])
                held.append(peer)
                if len(held) > 50:
                    held.pop(0).close()
            self.wait_for(lambda: len(self.records()) == 200)
            for peer in held:
                peer.close()
            self.wait_for(lambda: self.ask(self.status, "/healthz")[0] == 200)
            self.assertIsNone(self.get_status()["connectors"][0]["last_error"])


@needs_product
class Status(DaemonCase):
    """`wf-sentinel status`."""

    def test_tables_of_a_daemon_that_works(self) -> None:
        self.start([incident(1), incident(2)])
        with self.daemon():
            self.wait_for(lambda: len(self.records()) == 2)
            self.wait_for(lambda: self.get_status()["connectors"][0]
                          ["last_poll"])
            done = run_product(["status"], self.state)
            json_done = run_product(["status", "--json"], self.state)
        self.assertEqual((done.code, done.stderr), (0, ""))
        lines = done.stdout.split("\n")
        self.assertRegex(lines[0], r"^wf-sentinel \S+, running for \d+ s")
        self.assertRegex(done.stdout, r"\nsentinel +ok +20\d\d-\S+ +2 +0\n")
        self.assertRegex(done.stdout, r"\nfile +ok +2 +0\n")
        for line in lines:
            self.assertEqual(line, line.rstrip())
            self.assertLess(len(line), 100)
        self.assertEqual(set(json.loads(json_done.stdout)), STATUS)

    def test_failure_is_shown_with_its_setting(self) -> None:
        self.start([incident(1)], connector={
            "tenant_id": "00000000-0000-4000-8000-00000000dead"})
        with self.daemon():
            self.wait_for(lambda: self.get_status()["connectors"]
                          and self.get_status()["connectors"][0]["last_error"])
            done = run_product(["status"], self.state)
            error = self.get_status()["connectors"][0]["last_error"]
        self.assertEqual(done.code, 0, done.stderr)
        self.assertIn("! " + error["message"], done.stdout)
        self.assertIn("setting: " + error["setting"], done.stdout)

    def test_no_daemon(self) -> None:
        self.start([incident(1)])
        done = run_product(["status"], self.state)
        self.assertEqual((done.code, done.stdout), (75, ""))
        self.assertIn("no daemon answers here", done.stderr)
        self.assertIn("wf-sentinel run", done.stderr)
        self.assertEqual(run_product(["status", "x"], self.state).code, 64)

    def answered_by(self, answer: bytes) -> Done:
        """What the command makes of somebody else at the socket."""
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(self.status))
            server.listen(1)

            def serve() -> None:
                peer, _ = server.accept()
                with peer, contextlib.suppress(OSError):
                    peer.recv(1000)
                    peer.sendall(answer)
            thread = threading.Thread(target=serve)
            thread.start()
            done = run_product(["status"], self.state)
            thread.join(10)
        self.status.unlink()
        return done

    def test_answers_that_are_none(self) -> None:
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        self.start([incident(1)])
        for answer, code, says in (
                (b"", 75, "cannot be asked"),
                (b"HTTP/1.1 200 OK\r\n", 75, "cannot be asked"),
                (b"\x00" * 100, 75, "cannot be asked"),
                (head, 75, "cannot be asked"),
                (head + b"0005\r\n{}\r\n0\r\n\r\n", 75, "cannot be asked"),
                (head + b"2\r\n{}\r\n", 75, "cannot be asked"),
                (head + b"ffff\r\n{}\r\n0\r\n\r\n", 75,
                 "cannot be asked"),
                (head + b"-1\r\n{}\r\n0\r\n\r\n", 75, "cannot be asked"),
                (head + b"x" * 100000, 75, "cannot be asked"),
                (b"HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n", 75, "busy"),
                (b"HTTP/1.1 503 x\r\n\r\n", 75, "cannot be asked"),
                (head + b"2\r\n{]\r\n0\r\n\r\n", 65, "cannot be read"),
                (head + b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", 0, "")):
            with self.subTest(answer=answer[:60]):
                done = self.answered_by(answer)
                self.assertEqual(done.code, code, done.stderr)
                self.assertIn(says, done.stderr)


if __name__ == "__main__":
    unittest.main()
