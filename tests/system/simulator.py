# SPDX-License-Identifier: MIT
"""What system tests use: the simulated Azure and the product's binary.

    with Simulator("demo") as sim, tempfile.TemporaryDirectory() as state:
        write_config(state, sim)
        store_secrets(state, sim)
        done = run_product(["run", "--once"], state)
        assert done.code == 0, done.stderr
        assert sim.requests(op="list")

Everything here is bounded in time, and a simulator ends with its test: it
watches the pipe that this process holds.
"""
import http.client
import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import typing
import unittest
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("WF_SHARED", ROOT.parent / "shared"))
BINARY = pathlib.Path(os.environ.get("WF_SENTINEL_BINARY",
                                     ROOT / "build" / "wf-sentinel"))
#: Certificates are made once and kept with the other build products.
PKI = ROOT / "build" / "sim-pki"

START_SECONDS = 30.0
ORDER_SECONDS = 30.0
PRODUCT_SECONDS = 120.0
#: A simulator that nobody stopped ends by itself.
LIFETIME_SECONDS = 3600

TENANT = "5eed0000-0000-4000-8000-0000000000f1"
CLIENT = "5eed0000-0000-4000-8000-0000000000f2"
SUBSCRIPTION = "5eed0000-0000-4000-8000-0000000000f3"
SECRET = "te5t~secret.with_odd-characters+/=&%"


def named_scenario(name: str) -> dict[str, Any]:
    """A scenario of tests/sim/scenarios, to be changed and given back."""
    path = ROOT / "tests" / "sim" / "scenarios" / f"{name}.json"
    loaded: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return loaded


def scenario(incidents: Sequence[Mapping[str, Any]] = (),
             workspace: Mapping[str, Any] = {}, app: Mapping[str, Any] = {},
             token: Mapping[str, Any] = {}, **extra: Any) -> dict[str, Any]:
    """A scenario with one tenant, one app and one workspace.

    workspace, app, token   members laid over those of the default
    extra                   members of the scenario itself (faults, ...)
    """
    return {
        "tenants": [{
            "id": TENANT, "token": dict(token),
            "apps": [{"client_id": CLIENT, "secrets": [{"value": SECRET}],
                      **app}]}],
        "workspaces": [{
            "tenant": TENANT, "subscription": SUBSCRIPTION,
            "resource_group": "rg-test", "name": "law-test",
            "incidents": list(incidents), **workspace}],
        **extra}


class Answer(typing.NamedTuple):
    """A reply that a test fetched itself."""
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body read as JSON."""
        return json.loads(self.body)


class Simulator:
    """A running simulator; a context manager."""

    def __init__(self, scenario: str | pathlib.Path | Mapping[str, Any],
                 incidents: int | None = None,
                 pki: pathlib.Path = PKI) -> None:
        """scenario   a name, a file, or the scenario itself
        incidents     another number for its "generate"
        pki           where the certificates are kept
        """
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="wf-sim-"))
        self._scenario = scenario
        self._incidents = incidents
        self._pki = pki
        self._process: subprocess.Popen[bytes] | None = None
        self._admin: http.client.HTTPConnection | None = None
        self.info: dict[str, Any] = {}
        #: Exit code, once it has ended; negative where it had to be killed.
        self.code: int | None = None
        #: What it is asked is held against Azure's description at the end.
        self.conforms = True

    def __enter__(self) -> "Simulator":
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _start(self) -> None:
        given = self._scenario
        if isinstance(given, Mapping):
            path = self.dir / "scenario.json"
            path.write_text(json.dumps(given), "utf-8")
            given = path
        command = [sys.executable, str(ROOT / "tests" / "sim"),
                   "--scenario", str(given), "--dir", str(self.dir),
                   "--pki", str(self._pki), "--watch-stdin",
                   "--lifetime", str(LIFETIME_SECONDS)]
        if self._incidents is not None:
            command += ["--incidents", str(self._incidents)]
        with open(self.dir / "sim.log", "wb") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=log, stderr=log)
        ready = self.dir / "sim.json"
        end = time.monotonic() + START_SECONDS
        while not ready.is_file():
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("the simulator did not start: "
                                   + (self.dir / "sim.log").read_text())
            time.sleep(0.01)
        self.info = json.loads(ready.read_text("utf-8"))

    def stop(self) -> None:
        """End the process and remove its folder."""
        if self._admin is not None:
            self._admin.close()
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(5)
            self.code = self._process.returncode
            self._process = None
        shutil.rmtree(self.dir, ignore_errors=True)

    # --- where it is ------------------------------------------------------

    @property
    def authority_url(self) -> str:
        """Origin of the simulated Entra ID."""
        return str(self.info["authority_url"])

    @property
    def arm_url(self) -> str:
        """Origin of the simulated ARM."""
        return str(self.info["arm_url"])

    @property
    def catch_all_url(self) -> str:
        """An origin that no request may ever reach."""
        return str(self.info["catch_all_url"])

    @property
    def ca_file(self) -> str:
        """The CA that signed the server's certificate."""
        return str(self.info["ca_file"])

    @property
    def other_ca_file(self) -> str:
        """A CA that did not."""
        return str(self.info["other_ca_file"])

    @property
    def connectors(self) -> list[dict[str, Any]]:
        """The connectors of the configuration that fits the scenario."""
        path = pathlib.Path(self.info["config_file"])
        found: list[dict[str, Any]] = json.loads(path.read_text())[
            "connectors"]
        return found

    # --- watching ---------------------------------------------------------

    def order(self, method: str, path: str,
              body: Mapping[str, Any] | None = None) -> Any:
        """Send an order to the admin interface; its answer."""
        if self._admin is None:
            url = urllib.parse.urlsplit(self.info["admin_url"])
            self._admin = http.client.HTTPConnection(
                "127.0.0.1", url.port or 0, timeout=ORDER_SECONDS)
        self._admin.request(method, path, None if body is None
                            else json.dumps(body))
        reply = self._admin.getresponse()
        answer = json.loads(reply.read())
        if reply.status != 200:
            raise ValueError(f"{method} {path}: {answer.get('error')}")
        return answer

    def requests(self, op: str | None = None, origin: str | None = None,
                 since: int = 0) -> list[dict[str, Any]]:
        """The request log, oldest first."""
        log = self.order("GET", f"/log?since={since}")["requests"]
        return [r for r in log if op in (None, r["op"])
                and origin in (None, r["origin"])]

    def stats(self) -> dict[str, Any]:
        """Counters: requests by operation, status and origin, connections,
        and "early": who came back before Retry-After was over."""
        found: dict[str, Any] = self.order("GET", "/stats")
        return found

    def count(self, op: str) -> int:
        """How many requests of that operation there were."""
        return int(self.stats()["operations"].get(op, 0))

    def incidents(self, workspace: int = 0) -> list[dict[str, Any]]:
        """Number, name, status, severity and time of each incident."""
        found: list[dict[str, Any]] = self.order(
            "GET", f"/incidents?workspace={workspace}")["incidents"]
        return found

    # --- changing ---------------------------------------------------------

    def change(self, *changes: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Apply changes (tests/sim/README.md) in order."""
        changed: list[dict[str, Any]] = self.order(
            "POST", "/changes", {"changes": list(changes)})["changed"]
        return changed

    def add_incident(self, **incident: Any) -> dict[str, Any]:
        """Add an incident; its name, number, etag and time."""
        return self.change({"do": "add", "incident": incident})[0]

    def update_incident(self, incident: int | str,
                        **what: Any) -> dict[str, Any]:
        """Change an incident (properties=, add_alerts=, modified=, ...)."""
        return self.change({"do": "update", "incident": incident,
                            **what})[0]

    def close_incident(self, incident: int | str,
                       **what: Any) -> dict[str, Any]:
        """Close it (classification=, reason=, comment=)."""
        return self.change({"do": "close", "incident": incident, **what})[0]

    def merge_incident(self, incident: int | str,
                       into: int | str) -> dict[str, Any]:
        """Merge it into another one."""
        return self.change({"do": "merge", "incident": incident,
                            "into": into})[0]

    def delete_incident(self, incident: int | str) -> dict[str, Any]:
        """Delete it."""
        return self.change({"do": "delete", "incident": incident})[0]

    def comment(self, incident: int | str, message: str) -> dict[str, Any]:
        """Add a comment."""
        return self.change({"do": "comment", "incident": incident,
                            "message": message})[0]

    def settings(self, **what: Any) -> None:
        """Change the workspace: onboarded, role, role_scope, posts."""
        self.change({"do": "settings", **what})

    def app(self, client_id: str = CLIENT, **what: Any) -> None:
        """Change the app: state, audience, secrets."""
        self.order("POST", "/app", {"client_id": client_id, **what})

    def fault(self, op: str | list[str] = "any", *, do: Mapping[str, Any],
              **when: Any) -> None:
        """Add a fault; `when`: skip, count, every, incident, origin."""
        self.order("POST", "/faults",
                   {"faults": [{"op": op, "do": do, **when}]})

    def clear_faults(self) -> None:
        """No more faults."""
        self.order("DELETE", "/faults")

    def hook(self, op: str, *changes: Mapping[str, Any],
             after: int | None = None, every: int | None = None) -> None:
        """Apply changes after the n-th (or each n-th) such request."""
        when: dict[str, Any] = {"every": every} if after is None \
            else {"after": after}
        self.order("POST", "/hooks", {"hooks": [
            {"op": op, "changes": list(changes), **when}]})

    def latency(self, **by_operation: float) -> None:
        """Milliseconds by operation, any= for the others."""
        self.order("POST", "/latency", {"latency_ms": by_operation})

    def limits(self, **by_operation: Mapping[str, Any]) -> None:
        """Budgets by operation: {"requests": 10, "seconds": 300}."""
        self.order("POST", "/limits", {"limits": by_operation})

    def advance_clock(self, seconds: float) -> None:
        """Move the simulated clock (Date, token expiry, new times)."""
        self.order("POST", "/clock", {"advance_seconds": seconds})

    def expire_tokens(self) -> None:
        """Every token given so far has expired."""
        self.order("POST", "/tokens", {"do": "expire"})

    def revoke_tokens(self) -> None:
        """Every token given so far is unknown."""
        self.order("POST", "/tokens", {"do": "revoke"})

    def reset(self) -> None:
        """Forget log, counters, faults, hooks and used-up budgets."""
        self.order("POST", "/reset")

    # --- a client of its own, for tests of the simulator ------------------

    def fetch(self, method: str, url: str, body: bytes | None = None,
              headers: Mapping[str, str] = {}) -> Answer:
        """One request on a connection of its own, TLS 1.2."""
        parts = urllib.parse.urlsplit(url)
        context = ssl.create_default_context(cafile=self.ca_file)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        connection = http.client.HTTPSConnection(
            "localhost", parts.port or 0, context=context,
            timeout=ORDER_SECONDS)
        try:
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            connection.request(method, target, body, dict(headers))
            reply = connection.getresponse()
            return Answer(reply.status, dict(reply.headers), reply.read())
        finally:
            connection.close()


class Done(typing.NamedTuple):
    """How a run of the product ended."""
    code: int
    stdout: str
    stderr: str

    def records(self) -> list[dict[str, Any]]:
        """stdout read as NDJSON."""
        # Not splitlines(): a title may hold U+2028.
        return [json.loads(line) for line in self.stdout.split("\n") if line]


def needs_product(test: Callable[..., Any] | type) -> Any:
    """Skip a test, by name, where the binary is not built."""
    return unittest.skipUnless(BINARY.is_file(),
                               f"{BINARY} is not built (run make)")(test)


def needs_shared(*parts: str) -> Any:
    """Skip a test, by name, where that part of the data is missing."""
    path = SHARED.joinpath(*parts)
    return unittest.skipUnless(path.exists(), f"{path} is missing")


def config_for(sim: Simulator, connector: Mapping[str, Any] = {},
               **whole: Any) -> dict[str, Any]:
    """A configuration for the simulator.

    connector  members laid over each connector; None removes one
    whole      members laid over the configuration; network= is merged
    """
    path = pathlib.Path(sim.info["config_file"])
    config: dict[str, Any] = json.loads(path.read_text("utf-8"))
    for entry in config["connectors"]:
        entry.update(connector)
        for key in [k for k, v in entry.items() if v is None]:
            del entry[key]
    network = {**config["network"], **whole.pop("network", {})}
    return {**config, **whole, "network": network}


def write_config(state: str | pathlib.Path, sim: Simulator,
                 connector: Mapping[str, Any] = {}, **whole: Any) \
        -> pathlib.Path:
    """Write STATE/config.json, the default place; its path.

    The sockets are in STATE too, unless control= says otherwise.
    """
    path = pathlib.Path(state).absolute() / "config.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    whole.setdefault("control", {
        "socket": str(path.parent / "control.sock"),
        "status_socket": str(path.parent / "status.sock")})
    path.write_text(json.dumps(config_for(sim, connector, **whole),
                               indent=1) + "\n", "utf-8")
    return path


def run_product(args: Sequence[str], state: str | pathlib.Path,
                stdin: str = "", timeout: float = PRODUCT_SECONDS,
                env: Mapping[str, str] = {}) -> Done:
    """Run build/wf-sentinel --state STATE ARGS to its end."""
    done = subprocess.run(
        [str(BINARY), "--state", str(state), *args], input=stdin,
        capture_output=True, text=True, encoding="utf-8", errors="replace",
        timeout=timeout, check=False, env=_environment(env))
    return Done(done.returncode, done.stdout, done.stderr)


def start_product(args: Sequence[str], state: str | pathlib.Path,
                  env: Mapping[str, str] = {},
                  stderr: int | typing.IO[bytes] = subprocess.PIPE,
                  under: Sequence[str] = ()) -> "subprocess.Popen[str]":
    """Start the daemon; the caller ends it.

    stderr  a file where there may be more than the 64 KiB of a pipe
    under   a command that runs it: ["strace", ...]
    """
    return subprocess.Popen(
        [*under, str(BINARY), "--state", str(state), *args],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=stderr, text=True, encoding="utf-8",
        errors="replace", env=_environment(env))


def _environment(env: Mapping[str, str]) -> dict[str, str]:
    """The environment without what could lead the product elsewhere."""
    kept = {k: v for k, v in os.environ.items()
            if not k.lower().endswith("_proxy")
            and not k.startswith("WF_SENTINEL_")}
    return {**kept, **env}


def store_secrets(state: str | pathlib.Path, sim: Simulator,
                  value: str | None = None) -> None:
    """Store the client secret of every connector (or another value)."""
    for name, path in sim.info["secrets"].items():
        secret = pathlib.Path(path).read_text("utf-8") if value is None \
            else value
        done = run_product(["secret", "set", name, "client_secret"], state,
                           stdin=secret + "\n")
        if done.code != 0:
            raise RuntimeError(f"secret set {name}: {done.stderr}")


def closed_port() -> int:
    """A loopback port on which nothing listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Silent:
    """Accepts TCP connections (in the kernel) and never says a word."""

    def __enter__(self) -> str:
        self._sock = socket.socket()
        self._sock.bind(("127.0.0.1", 0))
        self._sock.listen(16)
        return f"https://localhost:{self._sock.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self._sock.close()
