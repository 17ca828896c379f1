# SPDX-License-Identifier: MIT
"""The running process, seen by the kernel: where its randomness comes from."""
import re
import shutil
import subprocess
import tempfile
import unittest

from poll_case import PollCase, incident
from simulator import BINARY, needs_product

STRACE = shutil.which("strace")
#: What our getrandom injects, and what BearSSL reads for each engine.
INJECTED = re.compile(r"\bgetrandom\(.*, 48, \w+\) += 48$", re.M)
SEEDED = re.compile(r"\bread\(\d+</dev/urandom>, .*, 32\) += 32$", re.M)


def cannot_trace() -> str:
    """Why strace cannot be used here; empty when it can."""
    if STRACE is None:
        return "strace is not installed"
    done = subprocess.run([STRACE, "-o", "/dev/null", "true"],
                          capture_output=True, text=True, check=False)
    return f"strace cannot trace: {done.stderr.strip()}" \
        if done.returncode != 0 else ""


@needs_product
class Randomness(PollCase):
    """S2: the kernel's randomness is in the keys of every connection."""

    def trace(self, *args: str) -> str:
        """Its system calls from the first connection on."""
        with tempfile.NamedTemporaryFile("r", encoding="utf-8") as log:
            done = subprocess.run(
                [str(STRACE), "-f", "-y", "-o", log.name,
                 "-e", "trace=connect,getrandom,read", str(BINARY),
                 "--state", self.state, *args],
                capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            return log.read().partition(" connect(")[2]

    def test_every_connection_takes_from_both_sources(self) -> None:
        why = cannot_trace()
        if why:
            self.skipTest(why)
        sim = self.start([incident(n, f"@-{300 - n}m", alerts=1)
                          for n in range(6)])
        for args in (["run", "--once"], ["test"]):
            with self.subTest(args=args):
                sim.reset()
                # A server that hangs up makes more connections.
                sim.fault("entities", do={"close": True})
                calls = self.trace(*args)
                stats = sim.stats()
                made = stats["connections.entra"] + stats["connections.arm"]
                self.assertGreaterEqual(made, 6 if args[0] == "run" else 2)
                self.assertEqual(len(INJECTED.findall(calls)), made, calls)
                self.assertEqual(len(SEEDED.findall(calls)), made, calls)


if __name__ == "__main__":
    unittest.main()
