# SPDX-License-Identifier: MIT
"""The command line: usage, configuration faults, secrets, exit codes."""
import json
import os
import pathlib
import pty
import select
import sqlite3
import subprocess
import termios
import time
import unittest
from typing import Any

from poll_case import PollCase, incident
from simulator import BINARY, needs_product, run_product


@needs_product
class Commands(PollCase):
    """The command line: usage, faults, exit codes."""

    def test_usage_faults_end_with_64(self) -> None:
        self.start([])
        for args in ([], ["nonsense"], ["run", "--twice"], ["test", "--x"],
                     ["secret"], ["secret", "set", "sentinel"],
                     ["secret", "set", "nobody", "client_secret"],
                     ["secret", "set", "sentinel", "nothing"],
                     ["secret", "set", "sentinel", "client_secret",
                      "--expires", "tomorrow"],
                     ["workunits", "--limit", "0"], ["version", "--x"]):
            with self.subTest(args=args):
                done = run_product(args, self.state, stdin="x")
                self.assertEqual(done.code, 64, done)
                self.assertTrue(done.stderr.startswith("wf-sentinel: "))

    def test_help_names_every_command(self) -> None:
        self.start([])
        done = run_product(["--help"], self.state)
        self.assertEqual(done.code, 0)
        for word in ("test", "run", "status", "workunits", "secret", "version",
                     "example"):
            self.assertIn(word, done.stdout)

    def test_all_faults_of_a_configuration_are_listed_with_places(self) \
            -> None:
        self.start([])
        path = pathlib.Path(self.state, "config.json")
        path.write_text('{\n  "version": 1,\n  "log_level": "loud",\n'
                        '  "connectors": [\n    {"name": "A B"}\n  ],\n'
                        '  "nonsense": 5\n}\n')
        done = run_product(["run", "--once"], self.state)
        self.assertEqual(done.code, 78, done)
        for place in (":3:", ":5:", ":7:"):
            self.assertIn(str(path) + place, done.stderr)
        self.assertIn("tenant_id", done.stderr)

    def test_what_this_version_has_not_is_refused_before_a_request(self) \
            -> None:
        artifact = {"type": "file", "name": "out", "format": "artifact"}
        nats = {"type": "nats", "name": "bus"}
        cases: tuple[tuple[dict[str, Any], str], ...] = (
            ({"sinks": [artifact]}, "sink_unsupported"),
            ({"sinks": [nats]}, "sink_unsupported"),
            ({"network": {"proxy_user": "somebody"}},
             "proxy_user_unsupported"))
        for config, code in cases:
            for args in (["test"], ["run", "--once"]):
                with self.subTest(args=args, config=config):
                    sim = self.start([incident(1)], config=config)
                    done = run_product(args, self.state)
                    self.assertEqual(done.code, 78, done)
                    self.assertIn(f"Code: {code}",
                                  done.stderr.splitlines()[-1])
                    self.assertEqual(sim.requests(), [])
        self.start([incident(1)], config={"sinks": [
            {"type": "file"}, {**artifact, "enabled": False},
            {**nats, "enabled": False}]})
        self.run_once()
        self.assertEqual(len(self.records()), 1)

    def test_secret_values_that_cannot_be_are_refused(self) -> None:
        self.start([])
        for value, says in (("", "empty"), ("\n", "empty"),
                            ("a b", "space"), ("x" * 600, "longer"),
                            ("ä", "character"),
                            ("5eed0000-0000-4000-8000-000000000001",
                             "Secret ID")):
            with self.subTest(value=value[:20]):
                done = run_product(["secret", "set", "sentinel",
                                    "client_secret"], self.state,
                                   stdin=value)
                self.assertEqual(done.code, 78, done)
                self.assertIn(says, done.stderr)

    def read_terminal(self, ours: int) -> bytes:
        """What a terminal shows until its last program has ended."""
        seen = b""
        while select.select([ours], [], [], 10)[0]:
            try:
                seen += os.read(ours, 4096)
            except OSError:
                break
        return seen

    def test_a_secret_typed_at_a_terminal_is_not_shown(self) -> None:
        self.start([])
        ours, terminal = pty.openpty()
        self.addCleanup(os.close, ours)
        process = subprocess.Popen(
            [str(BINARY), "--state", self.state, "secret", "set", "sentinel",
             "client_secret"], stdin=terminal, stdout=terminal,
            stderr=terminal, start_new_session=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        os.close(terminal)
        end = time.monotonic() + 5
        while termios.tcgetattr(ours)[3] & termios.ECHO:
            self.assertLess(time.monotonic(), end, "the echo stays on")
            time.sleep(0.01)
        os.write(ours, b"typed~at~a~terminal\n")
        seen = self.read_terminal(ours)
        self.assertEqual(process.wait(10), 0, seen)
        self.assertIn(b"not shown", seen)
        self.assertIn(b"stored", seen)
        self.assertNotIn(b"typed", seen)

    def test_secrets_are_listed_without_values_and_deleted(self) -> None:
        self.start([])
        done = run_product(["secret", "set", "sentinel", "client_secret",
                            "--expires", "2027-05-31"], self.state,
                           stdin="an0ther~secret\r\n")
        self.assertEqual(done.code, 0, done)
        listed = run_product(["secret", "list"], self.state)
        self.assertIn("sentinel\tclient_secret", listed.stdout)
        self.assertIn("2027-05-31", listed.stdout)
        self.assertNotIn("an0ther", listed.stdout)
        self.assertEqual(run_product(
            ["secret", "delete", "sentinel", "client_secret"],
            self.state).code, 0)
        self.assertEqual(run_product(["secret", "list"],
                                     self.state).stdout, "")

    def test_version_as_json_names_what_is_built_in(self) -> None:
        self.start([])
        version = json.loads(run_product(["version", "--json"],
                                         self.state).stdout)
        self.assertEqual(version["board"], "x86_64")
        for name in ("bearssl", "curl", "c-ares", "sqlite3"):
            self.assertIn(name, version["dependencies"])
        text = run_product(["version"], self.state).stdout
        self.assertIn(f"state schema {version['state_schema']}\n", text)

    def test_workunits_as_json_are_the_records_newest_first(self) -> None:
        self.start([incident(n, f"@-{60 - n}m") for n in range(5)])
        self.run_once()
        shown = run_product(["workunits", "--json", "--limit", "3"],
                            self.state).records()
        self.assertEqual(shown, list(reversed(self.records()))[:3])
        table = run_product(["workunits"], self.state)
        self.assertEqual(len(table.stdout.splitlines()), 6)

    def test_no_title_can_steer_a_terminal(self) -> None:
        self.start([incident(1, title="a\x1b[2Jb\x9b31mc\x85d\u202ee\u2066f"
                                      "\u2019\U0001f512ä\u4e2d\r\nz")])
        self.run_once()
        table = run_product(["workunits"], self.state).stdout
        self.assertIn("a?[2Jb?31mc?d?e?f\u2019\U0001f512ä\u4e2d??z\n", table)

    def test_damaged_records_are_counted_on_stderr(self) -> None:
        self.start([incident(n, f"@-{60 - n}m") for n in range(5)])
        self.run_once()
        with sqlite3.connect(f"{self.state}/store.db") as store:
            store.execute("UPDATE record SET body = zeroblob(100) "
                          "WHERE seq IN (2, 4)")
        store.close()
        for args in (["workunits"], ["workunits", "--json"]):
            with self.subTest(args=args):
                done = run_product(args, self.state)
                self.assertEqual(done.code, 0, done)
                self.assertIn("damaged and not shown: 2\n", done.stderr)
                self.assertEqual(done.stdout.count("\n"),
                                 3 + ("--json" not in args))

    def test_a_damaged_store_is_said_and_left_as_it_is(self) -> None:
        self.start([incident(1)])
        self.run_once()
        path = pathlib.Path(self.state, "store.db")
        path.write_bytes(b"not a database" * 1000)
        done = run_product(["run", "--once"], self.state)
        self.assertEqual(done.code, 74, done)
        self.assertIn("damaged", done.stderr)
        self.assertTrue(path.read_bytes().startswith(b"not a database"))

    def test_nothing_in_the_state_directory_is_for_others(self) -> None:
        self.start([incident(1)])
        os.chmod(self.state, 0o755)
        before = os.umask(0)
        try:
            self.run_once()
        finally:
            os.umask(before)
        names = [p for p in pathlib.Path(self.state).rglob("*")
                 if p.name != "config.json"]
        self.assertIn("store.db", [p.name for p in names])
        for path in names:
            self.assertEqual(path.stat().st_mode & 0o007, 0, path)

    def test_a_key_that_cannot_be_read_is_not_called_damaged(self) -> None:
        self.start([incident(1)])
        key = pathlib.Path(self.state, "vault.key")
        key.unlink()
        key.mkdir()
        done = run_product(["test"], self.state)
        self.assertEqual(done.code, 77, done)
        self.assertIn("secret_unreadable", done.stderr)
        self.assertIn("the user that the daemon runs as", done.stderr)
        self.assertNotIn("enter it again", done.stderr)

    def test_closed_descriptors_become_no_files(self) -> None:
        self.start([incident(1)])
        self.run_once()
        for closed in ("2>&-", "1>&-", "0<&- 1>&- 2>&-"):
            subprocess.run(
                ["sh", "-c", f'exec "$@" {closed}', "sh", str(BINARY),
                 "--state", self.state, "workunits", "--json"],
                check=False, timeout=20, capture_output=True)
            self.assertEqual(pathlib.Path(self.state, "lock").read_bytes(),
                             b"", closed)

    def test_a_missing_secret_names_its_connector(self) -> None:
        self.start([incident(1)])
        run_product(["secret", "delete", "sentinel", "client_secret"],
                    self.state)
        done = run_product(["test"], self.state)
        self.assertEqual(done.code, 78, done)
        self.assertIn("[sentinel]", done.stderr)
        self.assertNotIn("See 'wf-sentinel test'", done.stderr)

    def test_words_that_are_no_command_say_why(self) -> None:
        self.start([])
        for args, says in ((["--confg", "x"], "no such option"),
                           (["--state"], "its value is missing"),
                           (["polls"], "no such command"),
                           (["secret", "set"], "usage: ")):
            with self.subTest(args=args):
                done = run_product(args, self.state)
                self.assertEqual(done.code, 64, done)
                self.assertIn(says, done.stderr)


if __name__ == "__main__":
    unittest.main()
