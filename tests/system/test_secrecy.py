# SPDX-License-Identifier: MIT
"""S8: no secret and no token on any output, through a whole life.

The life: a secret is set, tested, used by polls and by a daemon, refused by
servers whose error texts repeat it, replaced, used after a reload, listed.
Searched is all that the program wrote: its output, its log, the state
directory, answers at the sockets, and every write of its system calls.
"""
import base64
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.parse
from typing import Any

from poll_case import incident
from simulator import BINARY, needs_product, start_product
from test_control import DaemonCase

FIRST = "S8first~Q8.recognisable+secret/with=odd&characters%42"
SECOND = "S8second~Z9.recognisable+secret/with=odd&characters%43"
#: So many bytes of a secret in a row are a leak too.
RUN_BYTES = 16

WRITES = "write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,sendmmsg"


def forms(secret: bytes) -> dict[str, bytes]:
    """How it could be written; parts of it too."""
    found = {
        "hex": secret.hex().encode(), "HEX": secret.hex().upper().encode(),
        "URL-encoded": urllib.parse.quote(secret, safe="").encode(),
        "url-encoded": re.sub(
            "%..", lambda m: m[0].lower(),
            urllib.parse.quote(secret, safe="")).encode(),
        "form": urllib.parse.quote_plus(secret, safe="~").encode(),
        "reversed": secret[::-1]}
    for start in range(0, len(secret) - RUN_BYTES + 1, 4):
        found[f"bytes {start} on"] = secret[start:start + RUN_BYTES]
    # Base64 of a text that holds it somewhere: without the characters that
    # also depend on what is around it.
    for before in range(3):
        text = base64.b64encode(b"\0" * before + secret)
        whole = text[(0, 2, 3)[before]:len(text.rstrip(b"=")) - 3]
        found[f"base64 {before}"] = whole
        found[f"base64url {before}"] = whole.translate(
            bytes.maketrans(b"+/", b"-_"))
    return found


def hits(data: bytes, secrets: dict[str, bytes]) -> list[str]:
    """Which secrets stand in the data, and in what form."""
    return [f"{name}, {form}" for name, secret in secrets.items()
            for form, text in forms(secret).items() if text in data]


def written(trace: pathlib.Path, sets_secret: bool = False) -> bytes:
    """All bytes that strace saw go out, those of each descriptor together.

    A secret that is set goes to the daemon, over its socket and only there.
    """
    streams: dict[str, list[bytes]] = {}
    for line in trace.read_text("ascii").split("\n"):
        match = re.match(r"\d+ +\w+\((\d+)(<UNIX)?", line)
        if match is None or (sets_secret and match[2]):
            continue
        texts = re.findall(r'"((?:\\x[0-9a-f]{2})*)"', line)
        streams.setdefault(match[1], []).extend(
            bytes.fromhex(text.replace("\\x", "")) for text in texts)
    return b"\n\n".join(b"".join(parts) for parts in streams.values())


class Checker(unittest.TestCase):
    """The search itself."""

    def test_planted_copies_are_found(self) -> None:
        secret = {"it": FIRST.encode()}
        plain = FIRST.encode()
        for planted in (
                plain, plain[5:30], plain[::-1], plain.hex().encode(),
                plain.hex().upper().encode(),
                urllib.parse.quote_plus(FIRST).encode(),
                base64.b64encode(plain), base64.b64encode(b"a" + plain),
                base64.b64encode(b"user:" + plain + b"!"),
                base64.urlsafe_b64encode(b"client:" + plain)):
            self.assertTrue(hits(b"x" * 99 + planted + b"y", secret),
                            planted)
        self.assertEqual(hits(SECOND.encode(), {"it": os.urandom(40)}), [])

    def test_trace_is_read(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            trace = pathlib.Path(folder, "trace")
            subprocess.run(
                ["strace", "-f", "-xx", "-s", "100000", "-e",
                 f"trace={WRITES}", "-o", str(trace), "sh", "-c",
                 f"printf %s '{FIRST[:20]}'; printf %s '{FIRST[20:]}'"],
                stdout=subprocess.DEVNULL, check=True, timeout=30)
            self.assertIn(FIRST.encode(), written(trace))


def may_trace() -> bool:
    """strace is here and may trace."""
    return shutil.which("strace") is not None and subprocess.run(
        ["strace", "-o", "/dev/null", "true"], capture_output=True,
        check=False).returncode == 0


@needs_product
@unittest.skipUnless(may_trace(), "strace is not here, or may not trace")
class Secrecy(DaemonCase):
    """The whole life."""

    def setUp(self) -> None:
        self.folder = pathlib.Path(
            self.enterContext(tempfile.TemporaryDirectory()))
        self.outputs: dict[str, bytes] = {}
        self.traces = 0
        self.sets_secret: set[str] = set()

    def strace(self) -> list[str]:
        """A command to run the product under."""
        self.traces += 1
        return ["strace", "-f", "-yy", "-xx", "-s", "100000", "-e",
                f"trace={WRITES}", "-o",
                str(self.folder / f"trace.{self.traces}")]

    def run_traced(self, args: list[str], stdin: str = "") -> int:
        """A command, with all that it writes kept."""
        command = self.strace()
        if args[:2] == ["secret", "set"]:
            self.sets_secret.add(f"trace.{self.traces}")
        done = subprocess.run(
            [*command, str(BINARY), "--state", self.state, *args],
            input=stdin.encode(), capture_output=True, timeout=60,
            check=False)
        self.outputs[f"{len(self.outputs)} {' '.join(args)}"] = \
            done.stdout + done.stderr
        return done.returncode

    def ask_all(self) -> None:
        """Every answer of the daemon."""
        for target in ("/v1/status", "/v1/log?limit=60000", "/metrics",
                       "/healthz", "/v1/support?with_incidents=1",
                       "/v1/config", "/v1/secrets", "/v1/audit?limit=1000",
                       "/v1/export", "/v1/workunits?limit=1000"):
            answer = self.ask(self.control, target)[1]
            self.outputs[f"{len(self.outputs)} {target}"] = answer.encode()

    def echo(self, sim: Any) -> None:
        """From now on refusals repeat what they refuse, in every way."""
        text = "refused '{authorization}', '{authorization}'"
        for op in ("list", "alerts", "entities", "comments", "onboarding"):
            for status, code in ((400, "BadRequest"), (401, text),
                                 (403, "AuthorizationFailed"),
                                 (500, text)):
                sim.fault(op, count=1, do={"status": status, "body": {
                    "error": {"code": code, "message": text}}})
        text = "refused '{client_secret}', {form}"
        for body in (
                {"error": "invalid_client", "error_codes": [7000215],
                 "error_description": f"AADSTS7000215: {text}",
                 "trace_id": "{client_secret}",
                 "correlation_id": "{client_secret}"},
                {"error": "{client_secret}", "error_description": text},
                {"error": "x", "error_description":
                 f"{'x' * 570} {{client_secret}}"},
                {"error": "{form}", "error_description": "{form}"}):
            sim.fault("token", count=1, do={"status": 400, "body": body})

    def live(self) -> Any:
        """All of it; the simulator, with what it was asked."""
        sim = self.start(
            [incident(n, alerts=1, comments=1) for n in range(1, 4)],
            config={"log_level": "debug"},
            app={"secrets": [{"value": FIRST}, {"value": SECOND}]})
        self.assertEqual(self.run_traced(
            ["secret", "set", "sentinel", "client_secret"], FIRST), 0)
        self.assertEqual(self.run_traced(["test"]), 0)
        self.assertEqual(self.run_traced(["run", "--once"]), 0)
        self.echo(sim)
        for _ in range(4):
            self.run_traced(["test", "--json"])
            self.run_traced(["run", "--once"])
        self.live_daemon(sim)
        for args in (["workunits", "--json"], ["secret", "list"],
                     ["status"], ["version"],
                     ["support", str(self.folder / "bundle.1")]):
            self.run_traced(args)
        return sim

    def live_daemon(self, sim: Any) -> None:
        """The part with sockets."""
        config = pathlib.Path(self.state, "config.json")
        with open(self.folder / "stderr", "wb") as errors:
            process = start_product(["run"], self.state, stderr=errors,
                                    under=self.strace())
            try:
                self.wait_for(self.is_up)
                for number in range(8):
                    time.sleep(0.3)
                    self.ask_all()
                    self.run_traced(["status"])
                    settings = json.loads(config.read_text("utf-8"))
                    settings["connectors"][0]["overlap_seconds"] = number
                    config.write_text(json.dumps(settings), "utf-8")
                    if number == 2:
                        self.run_traced(["secret", "set", "sentinel",
                                         "client_secret"], SECOND)
                    if number == 5:
                        sim.clear_faults()
                    sim.update_incident(1, properties={})
                    time.sleep(1.2)
                self.wait_for(lambda: self.get_status()["connectors"]
                              and self.get_status()["connectors"][0]
                              ["last_poll"])
                self.run_traced(["support", str(self.folder / "bundle.2"),
                                 "--with-incidents"])
                self.ask_all()
            finally:
                # strace itself does not hear the signal.
                children = pathlib.Path(
                    f"/proc/{process.pid}/task/{process.pid}/children")
                for child in children.read_text().split():
                    os.kill(int(child), signal.SIGTERM)
                process.communicate(timeout=10)

    def test_no_output_holds_a_secret_or_token(self) -> None:
        sim = self.live()
        tokens, used = set(), set()
        for request in sim.requests():
            tokens.add(request["headers"].get("authorization", "")
                       .removeprefix("Bearer ").encode())
            form = urllib.parse.parse_qs(request["body"])
            used |= set(form.get("client_secret", []))
        tokens.discard(b"")
        self.assertEqual(used, {FIRST, SECOND})
        self.assertGreater(len(tokens), 5)
        secrets = {"first": FIRST.encode(), "second": SECOND.encode(),
                   **{f"token {i}": t for i, t in enumerate(tokens)}}
        for path in sorted(pathlib.Path(self.state).rglob("*")):
            if path.is_file():
                self.outputs[str(path)] = path.read_bytes()
        for path in sorted(self.folder.iterdir()):
            self.outputs[path.name] = \
                written(path, path.name in self.sets_secret) \
                if path.name.startswith("trace") else path.read_bytes()
        self.assertGreater(len(self.outputs["trace.1"]), 0)
        for name in ("bundle.1", "bundle.2"):
            self.assertTrue(b"ustar" in self.outputs[name], name)
        # Something was withheld where it would have been shown.
        self.assertTrue(b"event=poll_failed" in self.outputs["stderr"])
        self.assertTrue(b"*****" in self.outputs["stderr"])
        for name, data in self.outputs.items():
            self.assertEqual(hits(data, secrets), [], name)

    def test_no_core_can_be_made(self) -> None:
        self.start([incident(1)])

        def no_limit() -> None:
            hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
            resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
        process = subprocess.Popen(
            [str(BINARY), "--state", self.state, "run"], cwd=self.folder,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, preexec_fn=no_limit)
        try:
            self.wait_for(self.is_up)
            if "sandbox" not in self.get_status():
                self.skipTest("this version has no sandbox")
            process.send_signal(signal.SIGABRT)
            _, how = os.waitpid(process.pid, 0)
            process.returncode = -os.WTERMSIG(how)
        finally:
            if process.returncode is None:
                process.kill()
                process.wait(10)
        self.assertEqual(os.WTERMSIG(how), signal.SIGABRT)
        self.assertFalse(os.WCOREDUMP(how))
        self.assertEqual(list(self.folder.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
