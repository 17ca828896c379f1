# SPDX-License-Identifier: MIT
"""The running process, seen by the kernel: where its randomness comes from,
where it is loaded."""
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from poll_case import PollCase, incident
from simulator import BINARY, needs_product, start_product

STRACE = shutil.which("strace")
#: What our getrandom injects, and what BearSSL reads for each engine.
INJECTED = re.compile(r"\bgetrandom\(.*, 48, \w+\) += 48$", re.M)
SEEDED = re.compile(r"\bread\(\d+</dev/urandom>, .*, 32\) += 32$", re.M)
LOAD_COUNT = 4


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


@needs_product
class Address(unittest.TestCase):
    """The executable is loaded somewhere else each time (static-pie)."""

    def load_address(self, state: str) -> str:
        """Where the first page of one run of the daemon is."""
        process = start_product(["run"], state)
        try:
            end = time.monotonic() + 10
            while True:
                maps = pathlib.Path(f"/proc/{process.pid}/maps").read_text()
                found = [line.split("-")[0] for line in maps.splitlines()
                         if line.endswith(str(BINARY.resolve()))]
                # Before the exec it is this interpreter.
                if found:
                    return found[0]
                self.assertLess(time.monotonic(), end, maps)
                time.sleep(0.01)
        finally:
            process.send_signal(signal.SIGKILL)
            process.communicate()

    def test_load_address_differs_from_run_to_run(self) -> None:
        switch = pathlib.Path("/proc/sys/kernel/randomize_va_space")
        if switch.read_text().strip() == "0":
            self.skipTest("this kernel does not randomize addresses")
        with tempfile.TemporaryDirectory() as state:
            found = {self.load_address(state) for _ in range(LOAD_COUNT)}
        self.assertEqual(len(found), LOAD_COUNT, found)


if __name__ == "__main__":
    unittest.main()
