# SPDX-License-Identifier: MIT
"""HTTP/1.1 as far as the simulator needs it, strict where a client could
be wrong without noticing: raw spaces or other forbidden bytes in the
target, a body without a length, a wrong Host.
"""
import dataclasses
import re
import socket
import urllib.parse
from typing import Any

MAX_HEAD_BYTES = 64 * 1024
MAX_BODY_BYTES = 4 * 1024 * 1024
_READ_BYTES = 64 * 1024

#: RFC 3986: what may not stand in a path and query.
_NOT_TARGET = re.compile(
    r"[^A-Za-z0-9\-._~!$&'()*+,;=:@/?%]|%(?![0-9A-Fa-f]{2})", re.ASCII)
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z", re.ASCII)

REASONS = {
    100: "Continue", 200: "OK", 201: "Created", 204: "No Content",
    301: "Moved Permanently", 302: "Found", 303: "See Other",
    307: "Temporary Redirect", 308: "Permanent Redirect",
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden",
    404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout",
    409: "Conflict", 411: "Length Required", 413: "Payload Too Large",
    429: "Too Many Requests", 500: "Internal Server Error",
    502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
}


class BadRequest(Exception):
    """The bytes are not a request; carries the status to answer with."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Closed(Exception):
    """The peer went away between two requests."""


@dataclasses.dataclass(slots=True)
class Request:
    """One request as it was received; header names in lower case."""
    method: str
    target: str
    version: str
    headers: dict[str, str]
    body: bytes = b""
    connection: int = 0

    @property
    def path(self) -> str:
        """The target without its query, still percent-encoded."""
        return self.target.partition("?")[0]

    def query_pairs(self) -> list[tuple[str, str]]:
        """The query decoded as ASP.NET does: "+" is a space."""
        text = self.target.partition("?")[2]
        return urllib.parse.parse_qsl(text, keep_blank_values=True)


@dataclasses.dataclass(slots=True)
class Reply:
    """What is to be sent; `wire` holds the faults of the transport."""
    status: int
    headers: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    body: bytes = b""
    close: bool = False
    wire: dict[str, Any] = dataclasses.field(default_factory=dict)

    def head(self, length: int | None) -> bytes:
        """Status line and headers; length None leaves the length out."""
        lines = [f"HTTP/1.1 {self.status} {REASONS.get(self.status, 'X')}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if length is not None:
            lines.append(f"Content-Length: {length}")
        if self.close:
            lines.append("Connection: close")
        lines += ["", ""]
        # A scenario may put any text into a header, UTF-8 included.
        return "\r\n".join(lines).encode("utf-8", "surrogateescape")


class Reader:
    """Reads requests from one connection, one after the other."""

    def __init__(self, sock: socket.socket, strict: bool) -> None:
        self._sock = sock
        self._strict = strict
        self._buf = b""

    def _more(self) -> None:
        chunk = self._sock.recv(_READ_BYTES)
        if not chunk:
            raise Closed
        self._buf += chunk

    def read(self) -> Request:
        """The next request; raises Closed, BadRequest or an OSError."""
        while (end := self._buf.find(b"\r\n\r\n")) < 0:
            if len(self._buf) > MAX_HEAD_BYTES:
                raise BadRequest(400, "the request's head is too long")
            self._more()
        head = self._buf[:end].decode("latin-1").split("\r\n")
        self._buf = self._buf[end + 4:]
        request = _parse_head(head, self._strict)
        length = _body_length(request, self._strict)
        if length and request.headers.get("expect", "").lower() == \
                "100-continue":
            self._sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        while len(self._buf) < length:
            self._more()
        request.body = self._buf[:length]
        self._buf = self._buf[length:]
        return request


def _parse_head(lines: list[str], strict: bool) -> Request:
    parts = lines[0].split(" ")
    if len(parts) != 3 or parts[2] not in ("HTTP/1.1", "HTTP/1.0"):
        raise BadRequest(400, f"bad request line: {lines[0][:200]!r}")
    if strict and (parts[1][:1] != "/" or _NOT_TARGET.search(parts[1])):
        raise BadRequest(400, f"bad target: {parts[1][:200]!r}")
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        key = name.lower()
        if not colon or not _NAME.match(name):
            raise BadRequest(400, f"bad header line: {line[:80]!r}")
        if strict and key in headers:
            raise BadRequest(400, f"header {name} came twice")
        headers[key] = value.strip(" \t")
    return Request(parts[0], parts[1], parts[2], headers)


def _body_length(request: Request, strict: bool) -> int:
    if "transfer-encoding" in request.headers:
        raise BadRequest(411, "a body must come with its length")
    text = request.headers.get("content-length")
    if text is None:
        if strict and request.method in ("POST", "PUT", "PATCH"):
            raise BadRequest(411, f"{request.method} without Content-Length")
        return 0
    if not (text.isascii() and text.isdigit()):
        raise BadRequest(400, "bad Content-Length")
    length = int(text)
    if length > MAX_BODY_BYTES:
        raise BadRequest(413, "the body is too long")
    return length


def refusal(error: BadRequest) -> Reply:
    """What the front end of the live service answers: a page of HTML."""
    reason = REASONS[error.status]
    body = (f"<!DOCTYPE HTML><HTML><HEAD><TITLE>{reason}</TITLE></HEAD>"
            f"<BODY><h2>{reason}</h2><hr><p>HTTP Error {error.status}. "
            f"{reason}.</p></BODY></HTML>\r\n")
    return Reply(error.status, [("Content-Type", "text/html; "
                                 "charset=us-ascii")],
                 body.encode(), close=True)
