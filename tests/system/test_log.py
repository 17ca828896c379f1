# SPDX-License-Identifier: MIT
"""GET /v1/log: the last lines of the log, and its level."""
import json
import pathlib
import unittest

from poll_case import incident
from simulator import needs_product
from test_control import DaemonCase


@needs_product
class Log(DaemonCase):
    """What the control socket tells of the log."""

    def lines(self, query: str = "") -> list[str]:
        """The lines, newest first."""
        code, text = self.ask(self.control, "/v1/log" + query)
        self.assertEqual(code, 200)
        found = json.loads(text)
        self.assertEqual(list(found), ["log"])
        lines: list[str] = found["log"]
        return lines

    def test_lines_are_those_of_stderr_newest_first(self) -> None:
        self.start([incident(1)], config={"log_level": "debug"})
        with self.daemon():
            self.wait_for(lambda: "event=poll_done" in str(self.lines()))
            self.wait_for(lambda: "to=idle" in self.lines("?limit=1")[0])
            all_lines = self.lines("?limit=1000")
            self.assertEqual(self.lines("?limit=3"), all_lines[:3])
            self.assertEqual(self.lines("?limit=0"), [])
            self.assertEqual(self.get_status()["log_level"], "debug")
        said = self.errors.split("\n")
        self.assertEqual(all_lines[::-1], said[:len(all_lines)])
        self.assertIn("event=started", str(all_lines[-2:]))
        self.assertGreater(len(all_lines), 5)

    def test_a_flood_is_kept_up_to_the_size_of_the_ring(self) -> None:
        # Nobody reads stderr meanwhile: a pipe takes 64 KiB.
        self.start([{"name": f"no/{n}" + "x" * 10,
                     "properties": {"incidentNumber": n}}
                    for n in range(1, 400)])
        with self.daemon():
            self.wait_for(lambda: self.get_status()["connectors"]
                          and self.get_status()["connectors"][0]["last_poll"])
            lines = self.lines("?limit=70000")
        said = self.errors.split("\n")[:-1]
        self.assertLess(len(lines), len(said))
        last = next(i for i, line in enumerate(said) if line == lines[0])
        self.assertEqual(lines[::-1], said[last + 1 - len(lines):last + 1])
        length = sum(len(line) + 1 for line in lines)
        self.assertLessEqual(length, 32 * 1024)
        self.assertGreater(length, 31 * 1024)

    def test_who_may_ask_and_how(self) -> None:
        self.start([incident(1)])
        with self.daemon():
            self.assertEqual(self.ask(self.status, "/v1/log")[0], 404)
            code, text = self.ask(self.control, "/v1/log?limit=x")
        self.assertEqual(code, 400)
        self.assertEqual(json.loads(text)["error"]["setting"], "limit")

    def test_level_of_a_changed_configuration(self) -> None:
        self.start([incident(1)])
        path = pathlib.Path(self.state, "config.json")
        with self.daemon():
            self.wait_for(lambda: self.get_status()["log_level"] == "info"
                          and self.get_status()["connectors"])
            config = json.loads(path.read_text("utf-8"))
            path.write_text(json.dumps({**config, "log_level": "debug"}))
            self.wait_for(
                lambda: self.get_status()["log_level"] == "debug")
            path.write_text(json.dumps({**config, "log_level": "error"}))
            self.wait_for(
                lambda: self.get_status()["log_level"] == "error")


if __name__ == "__main__":
    unittest.main()
