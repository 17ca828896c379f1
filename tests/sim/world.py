# SPDX-License-Identifier: MIT
"""Everything that the simulator knows, and how a request is answered.

One lock guards it all: a request is answered, faults and hooks included,
before the next one is looked at.  Waiting and sending happen outside.
"""
import dataclasses
import threading
import urllib.parse
from collections.abc import Mapping
from typing import Any

from . import arm, faults
from .entra import Entra
from .faults import Faults
from .http1 import Reply, Request
from .log import RequestLog
from .scenario import (OPERATIONS, Scenario, one_of, read_latency,
                       read_limits, require, take)
from .throttle import Throttle
from .times import Clock
from .workspace import Workspace

ORIGINS = ("entra", "arm", "catch_all")


@dataclasses.dataclass
class Hook:
    """Changes that follow a request.

    op     after which operation
    after  after its n-th request ("every": after each n-th)
    """
    op: str
    changes: list[Any]
    after: int | None = None
    every: int | None = None

    def __post_init__(self) -> None:
        one_of("hook.op", self.op, OPERATIONS)
        require((self.after is None) != (self.every is None), "hook",
                "either 'after' or 'every'")

    def due(self, n: int) -> bool:
        """Whether it follows the n-th request."""
        if self.after is not None:
            return n == self.after
        return n % (self.every or 1) == 0


class World:
    """The simulated Azure without its sockets."""

    def __init__(self, scenario: Scenario) -> None:
        self.lock = threading.Lock()
        self.scenario = scenario
        self.clock = Clock(scenario.clock_offset_seconds)
        self.log = RequestLog(scenario.log.replies)
        self.throttle = Throttle(scenario.limits, self.clock.seconds)
        self.faults = Faults(scenario.faults)
        self.hooks = [take("hook", h, Hook) for h in scenario.hooks]
        self.latency_ms = scenario.latency_ms
        self.entra = Entra(scenario.tenants, self.clock,
                           scenario.wire.aadsts_newline)
        self.workspaces = [Workspace(w, self.clock, scenario.wire.types)
                           for w in scenario.workspaces]
        self._arm = arm.Arm(scenario, self.workspaces, self.entra,
                            self.throttle, self.clock)
        self.urls: dict[str, str] = {}

    def set_urls(self, urls: Mapping[str, str]) -> None:
        """Tell the origins once the ports are known."""
        self.urls = dict(urls)
        self.entra.arm_origin = self._arm.origin = urls["arm"]

    def answer(self, origin: str, request: Request) -> Reply:
        """The reply to a request that reached that origin."""
        where = arm.route(request) if origin != "entra" \
            else arm.Route("token")
        with self.lock:
            self.throttle.arrive(where.op)
            entry = self.log.begin(self.clock.now(), origin, where.op,
                                   where.incident, request,
                                   keep_body=origin != "arm")
            due = self.faults.due(where.op, where.incident, origin)
            reply = self._reply(origin, request, where, due)
            self._finish(origin, reply, where)
            self.log.end(entry, reply, due.name if due else None)
            if origin != "catch_all":
                self._run_hooks(where.op)
        return reply

    def _reply(self, origin: str, request: Request, where: arm.Route,
               due: faults.Fault | None) -> Reply:
        urls = {**self.urls, "path": request.target,
                "host": self.urls.get(origin, "").partition("//")[2],
                "authorization": request.headers.get("authorization", ""),
                "form": request.body.decode("utf-8", "replace")}
        urls["client_secret"] = dict(urllib.parse.parse_qsl(
            urls["form"])).get("client_secret", "")
        if due is not None:
            reply = faults.replacement(due.do, self.clock, urls)
            if reply is not None:
                faults.change(reply, due.do, urls)
                return reply
        if origin == "catch_all":
            # It looks like success, so that a client that came here goes
            # on and shows what it would do.
            reply = Reply(200, [("Content-Type",
                                 "application/json; charset=utf-8")],
                          b'{"value":[],"entities":[]}')
        elif origin == "entra":
            reply = self.entra.answer(request)
        else:
            reply = self._arm.answer(request, where)
            if self.scenario.wire.chunked:
                reply.wire["chunked"] = True
        if due is not None:
            faults.change(reply, due.do, urls)
        return reply

    def _finish(self, origin: str, reply: Reply, where: arm.Route) -> None:
        dated = False
        for name, value in reply.headers:
            if name == "Date":
                dated = True
            elif name == "Retry-After":
                self.throttle.told_to_wait(where.op, value)
        if not dated:
            reply.headers.append(("Date", self.clock.http_date()))
        wait = self.latency_ms.get(where.op, self.latency_ms.get("any", 0))
        if wait and origin != "catch_all":
            reply.wire["delay_ms"] = reply.wire.get("delay_ms", 0) + wait

    def _run_hooks(self, op: str) -> None:
        n = self.log.by_op[op]
        for hook in self.hooks:
            if hook.op == op and hook.due(n):
                self.apply(hook.changes)

    def connection(self, origin: str) -> faults.Fault | None:
        """Count a connection; the fault that hits it before TLS."""
        with self.lock:
            self.log.counters[f"connections.{origin}"] += 1
            return self.faults.due("connect", None, origin)

    def no_request(self, origin: str, op: str, request: Request) -> None:
        """Note what came instead of a TLS request."""
        with self.lock:
            entry = self.log.begin(self.clock.now(), origin, op, None,
                                   request, True)
            self.log.end(entry, Reply(0), None)

    # --- for the admin interface; the caller holds the lock ---------------

    def apply(self, changes: object) -> list[dict[str, object]]:
        """Apply changes to incidents or workspaces, in order."""
        require(isinstance(changes, list), "changes", "a list is expected")
        assert isinstance(changes, list)
        done = []
        for change in changes:
            require(isinstance(change, Mapping), "change",
                    "an object is expected")
            done.append(self._workspace(change.get("workspace", 0))
                        .apply(change))
        return done

    def _workspace(self, which: object) -> Workspace:
        for index, workspace in enumerate(self.workspaces):
            if which in (index, workspace.settings.name,
                         workspace.settings.connector):
                return workspace
        require(False, "workspace", f"{which!r} is not there")
        raise AssertionError

    def incidents(self, which: object) -> list[dict[str, object]]:
        """Number, name, time, status and title of each incident; one that
        was never changed since it was generated has no title here."""
        return [{"number": i.number, "name": i.name, "status": i.status,
                 "severity": i.severity, "modified": i.modified,
                 "title": getattr(i, "properties", {}).get("title")}
                for i in self._workspace(which).all()]

    def set_limits(self, data: object) -> None:
        """Put other limits in place and begin new windows."""
        self.throttle.limits = read_limits(data)
        self.throttle.clear()

    def set_latency(self, data: object) -> None:
        """Put other latencies in place."""
        self.latency_ms = read_latency(data)

    def add_hooks(self, data: object) -> None:
        """Append hooks; "after" counts from the last reset."""
        require(isinstance(data, list), "hooks", "a list is expected")
        assert isinstance(data, list)
        self.hooks += [take("hook", h, Hook) for h in data]

    def reset(self) -> None:
        """Forget log, counters, faults, hooks and used-up budgets."""
        self.log.clear()
        self.throttle.clear()
        self.faults.clear()
        self.hooks.clear()

    def stats(self) -> dict[str, Any]:
        """The counters."""
        return {**self.log.describe(), "early": dict(self.throttle.early)}
