# SPDX-License-Identifier: MIT
"""GET /v1/workunits, and the workunits command over it."""
import datetime
import json
import pathlib
import socket
import sqlite3
import time
import unittest

from poll_case import incident
from simulator import needs_product, run_product, start_product
from test_control import DaemonCase


@needs_product
class WorkUnits(DaemonCase):
    """Records over the control socket."""

    def list(self, query: str = "") -> dict[str, object]:
        code, text = self.ask(self.control, "/v1/workunits" + query)
        self.assertEqual(code, 200, text)
        answer: dict[str, object] = json.loads(text)
        self.assertEqual(set(answer), {"workunits", "damaged"})
        return answer

    def delivered(self, count: int) -> None:
        """Until so many records were."""
        self.wait_for(lambda: len(self.records()) == count)

    def test_newest_first_and_as_they_were_delivered(self) -> None:
        self.start([incident(n, alerts=2) for n in range(1, 31)])
        with self.daemon():
            self.delivered(30)
            newest = list(reversed(self.records()))
            for query, count in (("", 20), ("?limit=1", 1), ("?limit=30", 30),
                                 ("?limit=10000", 30), ("?x=1", 20)):
                with self.subTest(query=query):
                    self.assertEqual(
                        self.list(query),
                        {"workunits": newest[:count], "damaged": 0})
            self.assertEqual(self.list("?before=3&after=1")["workunits"],
                             newest[28:29])

    def test_what_is_asked_wrongly(self) -> None:
        self.start([])
        with self.daemon():
            self.wait_for(
                lambda: self.ask(self.status, "/healthz")[0] == 200)
            for query in ("?limit=0", "?limit=10001", "?limit=x", "?limit=",
                          "?limit=1&limit=2", "?limit=-1", "?before=x",
                          "?after=-1", "?before=99999999999999999999"):
                with self.subTest(query=query):
                    code, text = self.ask(self.control,
                                          "/v1/workunits" + query)
                    self.assertEqual(code, 400, text)
                    self.assertEqual(json.loads(text)["error"]["code"],
                                     "bad_query")
            self.assertEqual(self.list(), {"workunits": [], "damaged": 0})
            self.assertEqual(self.ask(self.status, "/v1/workunits")[0], 404)

    def test_long_records_come_whole_while_others_are_made(self) -> None:
        """A record of many pieces, read slowly."""
        sim = self.start([incident(1, alerts=150, comments=100)])
        with self.daemon():
            self.delivered(1)
            body = json.dumps(self.records()[0])
            self.assertGreater(len(body), 30000)
            with socket.socket(socket.AF_UNIX) as peer:
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                peer.settimeout(10)
                peer.connect(str(self.control))
                peer.sendall(b"GET /v1/workunits HTTP/1.1\r\nHost: x\r\n\r\n")
                head = peer.recv(100)
                sim.add_incident(**incident(2))
                self.ask(self.control, "/v1/connectors/sentinel/poll", "POST")
                self.delivered(2)
                got = b""
                while piece := peer.recv(1000):
                    got += piece
            self.assertIn(b"200 OK", head)
            self.assertTrue(got.endswith(b"0\r\n\r\n"))
            self.assertEqual(len(self.list()["workunits"]), 2)

    def test_damaged_record_is_left_out_and_counted(self) -> None:
        self.start([incident(1), incident(2), incident(3)])
        self.run_once()
        path = pathlib.Path(self.state, "store.db")
        with sqlite3.connect(path) as db:
            db.execute("UPDATE record SET body=replace(body,'Incident','Xncident')"
                       " WHERE seq=2")
        db.close()
        whole = list(reversed(self.records()))
        with self.daemon():
            self.wait_for(
                lambda: self.ask(self.status, "/healthz")[0] == 200)
            self.assertEqual(self.list(), {"workunits": [whole[0], whole[2]],
                                           "damaged": 1})
            done = run_product(["workunits", "--json"], self.state)
            self.assertEqual(done.records(), [whole[0], whole[2]])
            self.assertIn("damaged and not shown: 1", done.stderr)
        done = run_product(["workunits", "--json"], self.state)
        self.assertEqual(done.records(), [whole[0], whole[2]])
        self.assertIn("damaged and not shown: 1", done.stderr)


@needs_product
class Command(DaemonCase):
    """`workunits` asks the daemon, or reads the store."""

    def test_same_output_with_and_without_a_daemon(self) -> None:
        self.start([incident(n, alerts=n) for n in range(1, 25)])
        shown = {}
        with self.daemon():
            self.wait_for(lambda: len(self.records()) == 24)
            for args in ((), ("--json",), ("--limit", "3"),
                         ("--json", "--limit", "24")):
                shown[args] = run_product(["workunits", *args], self.state)
        for args, done in shown.items():
            with self.subTest(args=args):
                self.assertEqual((done.code, done.stderr), (0, ""))
                self.assertEqual(
                    done, run_product(["workunits", *args], self.state))
        self.assertEqual(shown["--json", "--limit", "24"].records(),
                         list(reversed(self.records())))
        self.assertEqual(len(shown["--limit", "3"].stdout.splitlines()), 4)

    def test_configuration_is_not_needed(self) -> None:
        self.start([incident(1)])
        self.run_once()
        right = run_product(["workunits"], self.state)
        config = pathlib.Path(self.state, "config.json")
        for text in ("{", None):
            with self.subTest(text=text):
                if text is None:
                    config.unlink()
                else:
                    config.write_text(text)
                self.assertEqual(run_product(["workunits"], self.state),
                                 right)

    def test_follow_shows_the_last_ones_and_each_new_one(self) -> None:
        sim = self.start([incident(n) for n in range(1, 6)])
        with self.daemon():
            self.wait_for(lambda: len(self.records()) == 5)
            process = start_product(["workunits", "--follow", "--json",
                                     "--limit", "2"], self.state)
            assert process.stdout is not None
            seen = [json.loads(process.stdout.readline()) for _ in range(2)]
            self.assertEqual(seen, self.records()[3:])
            sim.add_incident(**incident(7, title="Seven"))
            self.ask(self.control, "/v1/connectors/sentinel/poll", "POST")
            new = json.loads(process.stdout.readline())
            self.assertEqual(new, self.records()[5])
        _, errors = process.communicate(timeout=10)
        self.assertEqual(process.returncode, 75, errors)
        self.assertIn("did not answer in full", errors)

    def test_follow_needs_a_daemon(self) -> None:
        self.start([incident(1)])
        done = run_product(["workunits", "--follow"], self.state)
        self.assertEqual(done.code, 75)
        self.assertIn("no daemon answers here", done.stderr)

    def test_wrong_arguments(self) -> None:
        self.start([])
        for args in (["--limit"], ["--limit", "0"], ["--limit", "10001"],
                     ["--limit", "x"], ["x"], ["--follow", "x"]):
            with self.subTest(args=args):
                done = run_product(["workunits", *args], self.state)
                self.assertEqual((done.code, done.stdout), (64, ""))
                self.assertIn("usage: ", done.stderr)


@needs_product
class PollNow(DaemonCase):
    """POST /v1/connectors/{name}/poll."""

    def poll(self, name: str = "sentinel") -> tuple[int, dict[str, object]]:
        code, text = self.ask(self.control, f"/v1/connectors/{name}/poll",
                              "POST")
        answer: dict[str, object] = json.loads(text)
        return code, answer

    def test_polls_at_once_and_by_its_interval_again(self) -> None:
        sim = self.start([incident(1)])
        with self.daemon():
            self.wait_for(lambda: len(self.records()) == 1)
            self.wait_for(lambda: self.get_status()["connectors"][0]
                          ["last_poll"])
            before = self.get_status()["connectors"][0]
            sim.add_incident(**incident(2))
            began = time.monotonic()
            code, answer = self.poll()
            self.assertEqual((code, set(answer)),
                             (202, {"connector", "next_poll"}))
            self.wait_for(lambda: len(self.records()) == 2)
            self.assertLess(time.monotonic() - began, 5)
            self.wait_for(lambda: self.get_status()["connectors"][0]
                          ["last_poll"] > before["last_poll"])
            after = self.get_status()["connectors"][0]
            # The whole interval from here on, and up to a tenth more.
            last, following = (
                datetime.datetime.fromisoformat(after[key][:19])
                for key in ("last_poll", "next_poll"))
            self.assertTrue(299 <= (following - last).total_seconds() <= 331,
                            after)

    def test_what_cannot_be_polled(self) -> None:
        self.start([incident(1)], connector={"enabled": False})
        with self.daemon():
            self.wait_for(
                lambda: self.ask(self.status, "/healthz")[0] == 200)
            code, answer = self.poll()
            self.assertEqual((code, answer["error"]["code"]),
                             (409, "disabled"))
            self.assertEqual(self.poll("other")[0], 404)
            self.assertEqual(self.ask(self.control, "/v1/connectors/"
                                      "sentinel/poll")[0], 405)

    def test_a_wait_that_azure_asked_for_is_kept(self) -> None:
        sim = self.start([incident(1)])
        sim.fault("list", do={"status": 429,
                              "headers": {"Retry-After": "120"}})
        with self.daemon():
            self.wait_for(lambda: self.get_status()["connectors"]
                          and self.get_status()["connectors"][0]["last_error"])
            asked = sim.count("list")
            code, answer = self.poll()
            self.assertEqual((code, answer["error"]["code"]),
                             (409, "retry_after"))
            self.assertRegex(answer["error"]["message"],
                             r"until 20\d\d-\d\d-\d\dT")
            time.sleep(1.5)
            self.assertEqual(sim.count("list"), asked)


if __name__ == "__main__":
    unittest.main()
