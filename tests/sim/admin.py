# SPDX-License-Identifier: MIT
"""The admin interface: how a test watches and controls the simulator.

Plain HTTP on loopback, JSON both ways; the paths stand in README.md.
"""
import json
import socket
import threading
import urllib.parse
from collections.abc import Callable
from typing import Any

from .http1 import BadRequest, Closed, Reader, Reply
from .log import as_json
from .scenario import ScenarioError, require
from .world import World

_IDLE_SECONDS = 600.0


class Admin:
    """Answers the admin requests of one world."""

    def __init__(self, world: World, stop: threading.Event,
                 describe: dict[str, Any]) -> None:
        self._world, self._stop = world, stop
        self._describe = describe
        self._routes: dict[tuple[str, str], Callable[[Any], Any]] = {
            ("GET", "/"): lambda _: self._describe,
            ("GET", "/stats"): lambda _: world.stats(),
            ("GET", "/log"): self._log,
            ("GET", "/incidents"): lambda data: {
                "incidents": world.incidents(_whole(
                    data.get("workspace", "0")))},
            ("GET", "/faults"): lambda _: {
                "faults": world.faults.describe()},
            ("POST", "/changes"): lambda data: {
                "changed": world.apply(data.get("changes"))},
            ("POST", "/faults"): lambda data: world.faults.add(
                data.get("faults")),
            ("DELETE", "/faults"): lambda _: world.faults.clear(),
            ("POST", "/hooks"): lambda data: world.add_hooks(
                data.get("hooks")),
            ("POST", "/latency"): lambda data: world.set_latency(
                data.get("latency_ms", {})),
            ("POST", "/limits"): lambda data: world.set_limits(
                data.get("limits", {})),
            ("POST", "/clock"): self._clock,
            ("POST", "/tokens"): self._tokens,
            ("POST", "/app"): self._app,
            ("POST", "/reset"): lambda _: world.reset(),
            ("POST", "/shutdown"): lambda _: stop.set(),
        }

    def serve(self, sock: socket.socket) -> None:
        """Accept in a thread until the process ends."""
        threading.Thread(target=self._accept, args=(sock,), daemon=True,
                         name="accept-admin").start()

    def _accept(self, sock: socket.socket) -> None:
        while not self._stop.is_set():
            try:
                peer, _ = sock.accept()
            except OSError:
                return
            threading.Thread(target=self._connection, args=(peer,),
                             daemon=True).start()

    def _connection(self, peer: socket.socket) -> None:
        peer.settimeout(_IDLE_SECONDS)
        reader = Reader(peer, strict=False)
        with peer:
            while True:
                try:
                    request = reader.read()
                except (Closed, BadRequest, OSError):
                    return
                pairs = dict(request.query_pairs())
                reply = self.answer(request.method, request.path, pairs,
                                    request.body)
                try:
                    peer.sendall(reply.head(len(reply.body)) + reply.body)
                except OSError:
                    return

    def answer(self, method: str, path: str, query: dict[str, str],
               body: bytes) -> Reply:
        """Do one order; 400 with a sentence where it cannot be done."""
        action = self._routes.get((method, urllib.parse.unquote(path)))
        status, result = 200, None
        try:
            require(action is not None, f"{method} {path}", "no such order")
            assert action is not None
            data = json.loads(body) if body else query
            require(isinstance(data, dict), "body",
                    "a JSON object is expected")
            with self._world.lock:
                result = action(data)
        except (ScenarioError, ValueError, TypeError, KeyError) as error:
            status, result = 400, {"error": f"{type(error).__name__}: "
                                            f"{error}"}
        return Reply(status, [("Content-Type", "application/json")],
                     as_json({} if result is None else result))

    def _log(self, data: dict[str, Any]) -> dict[str, Any]:
        return {"requests": self._world.log.since(int(data.get("since",
                                                               0)))}

    def _clock(self, data: dict[str, Any]) -> dict[str, Any]:
        clock = self._world.clock
        if "offset_seconds" in data:
            clock.set_offset(float(data["offset_seconds"]))
        clock.advance(float(data.get("advance_seconds", 0)))
        return {"date": clock.http_date(), "ticks": clock.now()}

    def _tokens(self, data: dict[str, Any]) -> None:
        what = data.get("do")
        require(what in ("revoke", "expire"), "tokens.do",
                "revoke or expire is expected")
        if what == "revoke":
            self._world.entra.revoke()
        else:
            self._world.entra.expire()

    def _app(self, data: dict[str, Any]) -> None:
        values = {k: v for k, v in data.items() if k != "client_id"}
        allowed = ("state", "audience", "secrets")
        require(all(k in allowed for k in values), "app",
                f"allowed: {', '.join(allowed)}")
        require(self._world.entra.set_app(str(data.get("client_id")),
                                          values),
                "app", "no such client_id")


def _whole(text: object) -> object:
    """A workspace may be named by its number in a query."""
    return int(text) if isinstance(text, str) and text.isdigit() else text
