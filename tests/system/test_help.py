# SPDX-License-Identifier: MIT
"""--help of the program and of each command."""
import re
import shlex
import tempfile
import unittest

from simulator import Done, needs_product, run_product

COMMANDS = ("run", "test", "status", "workunits", "secret", "export",
            "import", "support", "version")


@needs_product
class Help(unittest.TestCase):
    """What it says, and in which form."""

    def run_it(self, *args: str) -> Done:
        """Without a state directory: help needs none."""
        with tempfile.TemporaryDirectory() as state:
            return run_product(args, state + "/none")

    def test_list_of_commands(self) -> None:
        done = self.run_it("--help")
        self.assertEqual((done.code, done.stderr), (0, ""))
        for command in COMMANDS:
            self.assertRegex(done.stdout, rf"(?m)^  {command}\b")
        for word in ("-h", "help"):
            self.assertEqual(self.run_it(word), done)

    def test_each_command(self) -> None:
        for command in COMMANDS:
            with self.subTest(command=command):
                done = self.run_it(command, "--help")
                self.assertEqual((done.code, done.stderr), (0, ""))
                parts = re.fullmatch(
                    r"usage: wf-sentinel (\w+).*\n\n(?s:.+)\n"
                    r"example: wf-sentinel (.*)\n\n"
                    r"exit codes: (?s:0 done|0 passed)(?s:.*)\n", done.stdout)
                assert parts is not None, done.stdout
                self.assertEqual(parts[1], command)
                self.assertEqual(shlex.split(parts[2])[0], command)
                for line in done.stdout.splitlines():
                    self.assertLess(len(line), 80, line)
                for args in ((command, "x", "--help"), (command, "-h"),
                             ("help", command)):
                    self.assertEqual(self.run_it(*args), done)

    def test_examples_are_no_wrong_usage(self) -> None:
        """Each is understood, and fails for want of a configuration."""
        for command in ("run", "test", "status", "workunits", "version"):
            with self.subTest(command=command):
                text = self.run_it(command, "--help").stdout
                example = re.search(r"example: wf-sentinel (.*)", text)
                assert example is not None
                done = self.run_it(*shlex.split(example[1]))
                self.assertNotEqual(done.code, 64, done)

    def test_no_such_command(self) -> None:
        for args in (("polls", "--help"), ("help", "polls")):
            with self.subTest(args=args):
                done = self.run_it(*args)
                self.assertEqual((done.code, done.stdout), (64, ""))
                self.assertIn("polls: no such command", done.stderr)


if __name__ == "__main__":
    unittest.main()
