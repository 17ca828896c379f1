# SPDX-License-Identifier: MIT
"""Tables on terminals of all widths, and in pipes."""
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import unicodedata
import unittest
from collections.abc import Mapping
from typing import Any

from poll_case import incident
from simulator import BINARY, needs_product, run_product
from test_control import DaemonCase

COLOUR = re.compile(r"\x1b\[\d+m")
WIDTHS = (20, 30, 40, 60, 80, 100, 132, 250, 1000)


def columns(text: str) -> int:
    """What a terminal uses for it."""
    return sum(0 if unicodedata.combining(c) else
               2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in text)


class TerminalCase(DaemonCase):
    """Runs the product with a terminal as its standard output."""

    def on_terminal(self, args: list[str], width: int,
                    env: Mapping[str, str] = {}) -> str:
        """What it writes to a terminal of this width."""
        ours, its = pty.openpty()
        fcntl.ioctl(its, termios.TIOCSWINSZ,
                    struct.pack("HHHH", 50, width, 0, 0))
        kept = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
        process = subprocess.Popen(
            [str(BINARY), "--state", self.state, *args], stdout=its,
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env={**kept, "TERM": "xterm", **env})
        os.close(its)
        text = b""
        try:
            while piece := os.read(ours, 4096):
                text += piece
        except OSError:
            pass  # the other side is closed
        os.close(ours)
        _, self.errors = process.communicate(timeout=10)
        self.code = process.returncode
        return text.decode("utf-8").replace("\r\n", "\n")

    def fits(self, text: str, width: int) -> list[str]:
        """No line is wider; the lines without colours."""
        lines = COLOUR.sub("", text).rstrip("\n").split("\n")
        for line in lines:
            self.assertLessEqual(columns(line), width, line)
            self.assertEqual(line, line.rstrip())
        self.assertNotIn("\x1b", "".join(lines))
        return lines


@needs_product
class WorkUnits(TerminalCase):
    """The table of work units."""

    def start(self, *args: Any, **more: Any) -> Any:
        sim = super().start(
            [incident(1, "@-3h", title="日本語の題名" * 20, severity="High",
                      alerts=3),
             incident(2, "@-2h", title="e\u0301" * 300, severity="Medium"),
             incident(3, "@-1h", title="plain " * 60, severity="Low")])
        self.run_once()
        return sim

    def test_no_line_is_wider_than_the_terminal(self) -> None:
        self.start()
        for width in WIDTHS:
            with self.subTest(width=width):
                text = self.on_terminal(["workunits"], width)
                self.assertEqual(len(self.fits(text, width)), 4)

    def test_columns_go_in_their_order(self) -> None:
        self.start()
        for width, head in (
                (132, "UPDATED (UTC) SEVERITY STATUS EVENT ALERTS NODES "
                      "TITLE"),
                (80, "UPDATED (UTC) SEVERITY STATUS EVENT ALERTS NODES "
                     "TITLE"),
                (70, "UPDATED (UTC) SEVERITY STATUS EVENT NODES TITLE"),
                (64, "UPDATED (UTC) SEVERITY STATUS EVENT TITLE"),
                (55, "UPDATED (UTC) SEVERITY STATUS TITLE"),
                (40, "SEVERITY STATUS TITLE"),
                (25, "SEVERITY TITLE")):
            with self.subTest(width=width):
                lines = self.fits(self.on_terminal(["workunits"], width),
                                  width)
                self.assertEqual(" ".join(lines[0].split()), head)
        # What is left goes to the title.
        self.assertGreater(columns(lines[1]), 22)

    def test_wide_characters_are_two_columns(self) -> None:
        self.start()
        lines = self.fits(self.on_terminal(["workunits"], 100), 100)
        self.assertIn("日本語の題名", lines[3])
        self.assertGreaterEqual(columns(lines[3]), 99)
        self.assertEqual(columns(lines[2]), 100)
        self.assertEqual(columns(lines[1]), 100)

    def test_colours_are_for_terminals(self) -> None:
        self.start()
        text = self.on_terminal(["workunits"], 80)
        self.assertIn("\x1b[31mhigh", text)
        self.assertIn("\x1b[33mmedium", text)
        for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            self.assertNotIn("\x1b", self.on_terminal(["workunits"], 80, env))
        self.assertIn("\x1b", self.on_terminal(["workunits"], 80,
                                               {"NO_COLOR": ""}))
        self.assertNotIn("\x1b[", self.on_terminal(["workunits", "--json"],
                                                   80))
        self.assertNotIn("\x1b", run_product(["workunits"], self.state,
                                             env={"TERM": "xterm"}).stdout)


@needs_product
class Status(TerminalCase):
    """The tables of the status, and Test Connection."""

    def test_no_line_is_wider_than_the_terminal(self) -> None:
        sim = self.start([incident(1)])
        sim.settings(role="none")
        with self.daemon():
            self.wait_for(lambda: self.get_status()["connectors"]
                          and self.get_status()["connectors"][0]["last_error"])
            error = self.get_status()["connectors"][0]["last_error"]
            for width in WIDTHS[2:]:
                with self.subTest(width=width):
                    text = self.on_terminal(["status"], width)
                    self.assertEqual(self.code, 0, self.errors)
                    whole = "".join("".join(self.fits(text, width)).split())
                    self.assertIn("!" + "".join(error["message"].split()),
                                  whole)
                    self.assertIn("setting:role_assignment", whole)
                    self.assertIn("\x1b[31merror", text)
                    self.assertIn("\x1b[32mok", text)
                    shown = self.on_terminal(["test"], width)
                    self.assertEqual(self.code, 77, self.errors)
                    self.assertIn("✗", shown)
                    self.fits(shown, width)
            self.assertNotIn("\x1b", self.on_terminal(["status"], 80,
                                                      {"NO_COLOR": "1"}))
            self.assertNotIn("\x1b", run_product(["status"],
                                                 self.state).stdout)

    def test_columns_go_in_their_order(self) -> None:
        self.start([incident(1)])
        with self.daemon():
            for width, head in (
                    (80, "CONNECTOR STATE LAST POLL (UTC) INCIDENTS PENDING"),
                    (56, "CONNECTOR STATE LAST POLL (UTC) PENDING"),
                    (50, "CONNECTOR STATE LAST POLL (UTC)"),
                    (40, "CONNECTOR STATE")):
                with self.subTest(width=width):
                    lines = self.fits(self.on_terminal(["status"], width),
                                      width)
                    self.assertIn(head, [" ".join(x.split()) for x in lines])


if __name__ == "__main__":
    unittest.main()
