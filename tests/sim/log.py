# SPDX-License-Identifier: MIT
"""The request log and the counters, for tests to read."""
import collections
import dataclasses
import json
import time
import urllib.parse
from typing import Any

from .http1 import Reply, Request
from .times import format_time

#: More than any test sends; older entries are dropped and counted.
MAX_ENTRIES = 200_000
#: What is kept of a body (token form, anything at the catch-all).
MAX_BODY_BYTES = 64 * 1024


@dataclasses.dataclass(slots=True)
class Entry:
    """One request, or a connection that never became one (op "plain" or
    "handshake").  `reply` is kept only when the scenario asks for it."""
    n: int
    at: int
    started: float
    origin: str
    op: str
    incident: str | None
    request: Request
    body: bytes = b""
    status: int = 0
    fault: str | None = None
    sent: int = 0
    ended: float = 0.0
    reply: bytes | None = None

    def describe(self) -> dict[str, Any]:
        """The entry for the admin interface."""
        request = self.request
        described = {
            "n": self.n, "at": format_time(self.at),
            "started": self.started, "ended": self.ended,
            "origin": self.origin, "op": self.op, "incident": self.incident,
            "connection": request.connection, "method": request.method,
            "target": request.target,
            "path": urllib.parse.unquote(request.path),
            "query": dict(request.query_pairs()),
            "headers": request.headers,
            "body": self.body.decode("utf-8", "replace"),
            "status": self.status, "fault": self.fault, "bytes": self.sent}
        if self.reply is not None:
            described["reply"] = self.reply.decode("utf-8", "replace")
        return described


class RequestLog:
    """Entries in the order in which requests arrived."""

    def __init__(self, keep_replies: bool) -> None:
        self.keep_replies = keep_replies
        self._entries: collections.deque[Entry] = collections.deque(
            maxlen=MAX_ENTRIES)
        self._next = 0
        self.counters: collections.Counter[str] = collections.Counter()
        self.by_op: collections.Counter[str] = collections.Counter()

    def begin(self, now: int, origin: str, op: str, incident: str | None,
              request: Request, keep_body: bool) -> Entry:
        """Note a request when it has arrived."""
        entry = Entry(self._next, now, time.monotonic(), origin, op,
                      incident, request)
        if keep_body:
            entry.body = request.body[:MAX_BODY_BYTES]
        self._next += 1
        self._entries.append(entry)
        self.by_op[op] += 1
        self.counters[f"origin.{origin}"] += 1
        return entry

    def end(self, entry: Entry, reply: Reply, fault: str | None) -> None:
        """Note what was answered."""
        entry.request.body = b""
        entry.status, entry.fault = reply.status, fault
        entry.sent, entry.ended = len(reply.body), time.monotonic()
        if self.keep_replies:
            entry.reply = reply.body
        self.counters[f"status.{reply.status}"] += 1

    def since(self, first: int) -> list[dict[str, Any]]:
        """The entries from that number on."""
        return [e.describe() for e in self._entries if e.n >= first]

    def describe(self) -> dict[str, Any]:
        """The counters."""
        return {"requests": self._next, "operations": dict(self.by_op),
                "kept": len(self._entries), **{
                    key: value for key, value in self.counters.items()}}

    def clear(self) -> None:
        """Forget entries and counters; numbers go on."""
        self._entries.clear()
        self.counters.clear()
        self.by_op.clear()


def as_json(value: object) -> bytes:
    """JSON for the admin interface; odd characters come as escapes."""
    return json.dumps(value).encode()
