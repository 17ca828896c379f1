# SPDX-License-Identifier: MIT
"""S10, R13: a name server that never answers."""
import contextlib
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import time
import unittest
from collections.abc import Iterator

from poll_case import incident
from simulator import BINARY, needs_product, run_product
from test_control import DaemonCase

#: Of loopback, and nobody else's; it takes questions and says nothing.
SERVER = "127.77.0.53"
CONNECT_SECONDS = 3
OTHER = "5eed0000-0000-4000-8000-0000000000d5"
#: In a mount namespace of its own, with another resolv.conf.
WRAPPER = ["unshare", "--mount", "--propagation", "private", "sh", "-c",
           'mount --bind "$0" /etc/resolv.conf && exec "$@"']


def why_not() -> str:
    """Why this cannot be tried here; empty when it can."""
    if os.getuid() != 0:
        return "mount namespaces are root's"
    with tempfile.NamedTemporaryFile() as file:
        done = subprocess.run([*WRAPPER, file.name, "true"],
                              capture_output=True, text=True, check=False)
    return done.stderr.strip()


@needs_product
class BlackHole(DaemonCase):
    """A connector whose login has a name that nobody resolves."""

    def begin(self) -> None:
        why = why_not()
        if why:
            self.skipTest(why)
        hole = self.enterContext(socket.socket(socket.AF_INET,
                                               socket.SOCK_DGRAM))
        hole.bind((SERVER, 53))
        self.hole = hole
        file = self.enterContext(tempfile.NamedTemporaryFile("w"))
        file.write(f"nameserver {SERVER}\n")
        file.flush()
        self.resolv_conf = file.name
        self.sim = self.start(
            [incident(1)],
            config={"network":
                    {"connect_timeout_seconds": CONNECT_SECONDS}})
        path = pathlib.Path(self.state, "config.json")
        config = json.loads(path.read_text())
        dead = {**config["connectors"][0], "name": "dead",
                "subscription_id": OTHER,
                "authority_url": "https://login.nowhere.test"}
        config["connectors"].insert(0, dead)
        path.write_text(json.dumps(config))
        done = run_product(["secret", "set", "dead", "client_secret"],
                           self.state, stdin="x" * 40)
        self.assertEqual(done.code, 0, done.stderr)

    @contextlib.contextmanager
    def isolated(self) -> Iterator["subprocess.Popen[str]"]:
        """The daemon with that name server."""
        process = subprocess.Popen(
            [*WRAPPER, self.resolv_conf, str(BINARY), "--state", self.state,
             "run"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        try:
            self.wait_for(self.is_up)
            yield process
        finally:
            process.terminate()
            _, self.errors = process.communicate(timeout=10)

    def poll(self, name: str) -> None:
        """Poll now."""
        code, text = self.ask(self.control, f"/v1/connectors/{name}/poll",
                              "POST")
        self.assertEqual(code, 202, text)

    def slowest_answer(self, until: float) -> float:
        """The longest that the control socket took to answer."""
        slowest = 0.0
        while time.monotonic() < until:
            began = time.monotonic()
            self.assertEqual(self.ask(self.control, "/v1/status")[0], 200)
            slowest = max(slowest, time.monotonic() - began)
            time.sleep(0.02)
        return slowest

    def test_the_sockets_answer_and_the_others_are_polled(self) -> None:
        self.begin()
        with self.isolated():
            for turn in range(3):
                with self.subTest(turn=turn):
                    lists = self.sim.count("list")
                    began = time.monotonic()
                    if turn > 0:
                        self.poll("dead")
                        time.sleep(0.2)
                        self.poll("sentinel")
                    # One connector at a time goes through its cycle: the
                    # other one waits as long as a connection may take.
                    slowest = self.slowest_answer(began + CONNECT_SECONDS - 1)
                    self.assertLess(slowest, 0.5)
                    self.wait_for(lambda: self.sim.count("list") > lists,
                                  seconds=CONNECT_SECONDS)
                    self.assertLess(time.monotonic() - began,
                                    CONNECT_SECONDS + 2)
                    self.assertGreater(time.monotonic() - began,
                                       CONNECT_SECONDS - 1)
            [dead, alive] = self.get_status()["connectors"]
        self.hole.settimeout(1)
        self.assertIn(b"nowhere", self.hole.recv(512))
        self.assertEqual((dead["state"], dead["last_error"]["setting"]),
                         ("error", "network"))
        self.assertEqual(dead["last_error"]["code"], "dns_failure")
        self.assertEqual((alive["state"], alive["last_error"]), ("ok", None))
        self.assertEqual(len(self.records()), 1)


if __name__ == "__main__":
    unittest.main()
