# SPDX-License-Identifier: MIT
"""Faults: which requests they hit and what they do to the reply.

A fault says where ("op", "incident"), when ("skip", "count", "every") and
what ("do").  The first fault that is due for a request is applied; those
after it do not see the request.  README.md lists every "do".
"""
import dataclasses
import json
import random
from collections.abc import Mapping
from typing import Any

from .errors import (ARM_ERRORS, ENTRA_ERRORS, JSON_TYPE, arm_error,
                     entra_error)
from .http1 import Reply
from .scenario import OPERATIONS, one_of, require, take
from .times import Clock

#: "do" keys that replace the reply, and those that change the normal one.
REPLACING = ("status", "error", "aadsts", "throttle", "malformed", "html",
             "redirect")
CHANGING = ("headers", "next_link", "replace", "body")
#: "do" keys that work while the reply is sent.
WIRE = ("delay_ms", "reset", "truncate", "slow", "stall", "content_length",
        "huge_headers", "garbage", "chunked", "no_length", "close")

_HTML = """<!DOCTYPE html><html><head><title>Guest network</title></head>
<body><h1>Please sign in to use this network</h1><form method="post"
action="/login"><input name="room"></form></body></html>
"""


@dataclasses.dataclass
class Fault:
    """One fault as a scenario or a test gives it.

    op        an operation, a list of them, or "any"; "connect" is the
              moment before the TLS handshake ("reset", "stall", "garbage")
    incident  only requests for this incident's name
    skip      so many matching requests pass first
    count     so many are hit, None: all
    every     of those, each n-th is hit
    """
    do: dict[str, Any]
    op: str | list[str] = "any"
    incident: str | None = None
    origin: str | None = None
    skip: int = 0
    count: int | None = None
    every: int = 1
    name: str = ""
    seen: int = dataclasses.field(default=0, init=False)
    hits: int = dataclasses.field(default=0, init=False)

    def __post_init__(self) -> None:
        for op in self._ops():
            one_of("fault.op", op, (*OPERATIONS, "any", "connect"))
        require(isinstance(self.do, Mapping) and bool(self.do), "fault.do",
                "an object with at least one key is expected")
        for key in self.do:
            one_of("fault.do", key,
                   (*REPLACING, *CHANGING, *WIRE, "style", "retry_after",
                    "code", "seconds", "bytes", "at", "location"))
        if "error" in self.do:
            one_of("fault.do.error", self.do["error"], list(ARM_ERRORS))
        if "aadsts" in self.do:
            one_of("fault.do.aadsts", self.do["aadsts"], list(ENTRA_ERRORS))
        if "reset" in self.do:
            one_of("fault.do.reset", self.do["reset"],
                   ("before", "headers", "body"))
        require(self.every >= 1, "fault.every", "1 or more")
        self.name = self.name or ",".join(self.do)

    def _ops(self) -> list[str]:
        return [self.op] if isinstance(self.op, str) else self.op

    def due(self, op: str, incident: str | None, origin: str) -> bool:
        """Count a request; whether the fault hits it."""
        ops = self._ops()
        if op not in ops and ("any" not in ops or op == "connect"):
            return False
        if self.origin is not None and self.origin != origin:
            return False
        if self.incident is not None and (
                incident is None
                or incident.lower() != self.incident.lower()):
            return False
        if self.count is not None and self.hits >= self.count:
            return False
        self.seen += 1
        if self.seen <= self.skip or (self.seen - self.skip) % self.every:
            return False
        self.hits += 1
        return True


class Faults:
    """The list of faults."""

    def __init__(self, given: list[Any]) -> None:
        self._faults: list[Fault] = []
        self.add(given)

    def add(self, given: list[Any]) -> None:
        """Append faults; all of them are checked first."""
        require(isinstance(given, list), "faults", "a list is expected")
        self._faults += [take(f"faults[{i}]", f, Fault)
                         for i, f in enumerate(given)]

    def clear(self) -> None:
        """Forget all faults."""
        self._faults.clear()

    def due(self, op: str, incident: str | None,
            origin: str) -> Fault | None:
        """The fault that hits this request."""
        for fault in self._faults:
            if fault.due(op, incident, origin):
                return fault
        return None

    def describe(self) -> list[dict[str, Any]]:
        """The faults with how often each matched and hit."""
        return [dataclasses.asdict(f) for f in self._faults]


def replacement(do: Mapping[str, Any], clock: Clock,
                urls: Mapping[str, str]) -> Reply | None:
    """The reply that takes the place of the normal one, if there is one."""
    if "aadsts" in do:
        newline = "\r\n" if do.get("style") == "crlf" else " "
        return entra_error(do["aadsts"], clock, newline=newline)
    if "throttle" in do:
        after = str(do["throttle"])
        reply = arm_error(do.get("code", "SubscriptionRequestsThrottled"),
                          {"seconds": after})
        reply.headers.append(("Retry-After", after))
        return reply
    if "error" in do:
        return arm_error(do["error"])
    if "redirect" in do:
        location = do.get("location", "{catch_all}{path}")
        return Reply(do["redirect"],
                     [("Location", fill(location, urls))])
    if "html" in do:
        text = do["html"] if isinstance(do["html"], str) else _HTML
        return Reply(do.get("status", 200),
                     [("Content-Type", "text/html; charset=utf-8")],
                     text.encode())
    if "malformed" in do:
        text = do["malformed"] if isinstance(do["malformed"], str) \
            else '{"value":[{"id":'
        return Reply(do.get("status", 200), [("Content-Type", JSON_TYPE)],
                     text.encode("utf-8", "surrogateescape"))
    if "status" in do:
        body = do.get("body", "")
        text = body if isinstance(body, str) else json.dumps(body)
        for key in ("authorization", "form", "client_secret"):
            text = text.replace("{" + key + "}", urls[key])
        return Reply(do["status"], [("Content-Type", JSON_TYPE)],
                     text.encode("utf-8", "surrogateescape"))
    return None


def fill(text: str, urls: Mapping[str, str]) -> str:
    """Put {arm}, {entra}, {catch_all}, {path}, {base}, {port} ... in."""
    for key, value in urls.items():
        text = text.replace("{" + key + "}", value)
    return text


def change(reply: Reply, do: Mapping[str, Any],
           urls: Mapping[str, str]) -> None:
    """Change the reply as the fault says; note what the wire has to do."""
    if "body" in do and "status" not in do:
        body = do["body"]
        reply.body = (body if isinstance(body, str)
                      else json.dumps(body)).encode("utf-8",
                                                    "surrogateescape")
    if "next_link" in do:
        document = json.loads(reply.body)
        link = do["next_link"]
        document["nextLink"] = fill(link, urls) if isinstance(link, str) \
            else link
        reply.body = json.dumps(document, separators=(",", ":")).encode()
    if "replace" in do:
        old, new = do["replace"]
        reply.body = reply.body.replace(old.encode(), new.encode())
    for name, value in do.get("headers", {}).items():
        reply.headers = [h for h in reply.headers
                         if h[0].lower() != name.lower()]
        if value is not None:
            reply.headers.append((name, fill(str(value), urls)))
    if "retry_after" in do:
        reply.headers.append(("Retry-After", str(do["retry_after"])))
    for key in (*WIRE, "seconds", "bytes", "at"):
        if key in do:
            reply.wire[key] = do[key]


def garbage(length: int) -> bytes:
    """Bytes that are not HTTP; always the same ones."""
    return random.Random(length).randbytes(length)
