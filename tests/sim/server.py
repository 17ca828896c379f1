# SPDX-License-Identifier: MIT
"""Sockets: one listener for each origin, one thread for each connection.

Blocking sockets and threads are both simpler and, at this size, faster than
an event loop: a request costs one SSL_read, one SSL_write and no handover.
"""
import itertools
import socket
import ssl
import struct
import threading
import time

from . import faults
from .http1 import (BadRequest, Closed, Reader, Reply, Request, refusal)
from .world import World

#: An idle connection is dropped after this.
IDLE_SECONDS = 300.0
HANDSHAKE_SECONDS = 20.0
#: No stall or slow reply lasts longer.
MAX_STALL_SECONDS = 120.0
_TLS_HANDSHAKE = 0x16
_RESET = struct.pack("ii", 1, 0)
_numbers = itertools.count(1)


def listen() -> socket.socket:
    """A listener on a free loopback port."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.bind(("127.0.0.1", 0))
    sock.listen(128)
    return sock


class _Abort(Exception):
    """The connection ends here, as a fault wanted it."""


class Connection:
    """One accepted connection of an origin."""

    def __init__(self, world: World, origin: str, raw: socket.socket,
                 context: ssl.SSLContext | None, stop: threading.Event) \
            -> None:
        self._world, self._origin, self._stop = world, origin, stop
        self._raw: socket.socket = raw
        self._sock: socket.socket = raw
        self._context = context
        self._number = next(_numbers)
        self._host = world.urls[origin].partition("//")[2]

    def run(self) -> None:
        """Serve until the peer or a fault ends the connection."""
        try:
            self._raw.settimeout(HANDSHAKE_SECONDS)
            self._raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connect_fault()
            if self._context is not None and not self._start_tls():
                return
            self._sock.settimeout(IDLE_SECONDS)
            self._requests()
        except (_Abort, Closed, OSError, ValueError):
            pass
        finally:
            self._sock.close()
            self._raw.close()

    def _connect_fault(self) -> None:
        fault = self._world.connection(self._origin)
        if fault is None:
            return
        if "stall" in fault.do:
            self._wait(fault.do["stall"])
        if "garbage" in fault.do:
            self._raw.sendall(faults.garbage(fault.do["garbage"]))
            raise _Abort
        if "reset" in fault.do:
            self._reset()

    def _start_tls(self) -> bool:
        assert self._context is not None
        first = self._raw.recv(1, socket.MSG_PEEK)
        if not first:
            return False
        if first[0] != _TLS_HANDSHAKE:
            return self._plaintext()
        try:
            self._sock = self._context.wrap_socket(self._raw,
                                                   server_side=True)
        except (ssl.SSLError, OSError) as error:
            self._note("handshake", str(error))
            return False
        return True

    def _plaintext(self) -> bool:
        """Somebody speaks plain HTTP to a TLS port.

        Only the catch-all talks to it, to see all that it would send.
        """
        if self._origin == "catch_all":
            return True
        text = self._raw.recv(65536).decode("latin-1")
        self._note("plain", text)
        return False

    def _note(self, op: str, text: str) -> None:
        request = Request("", text, "", {}, connection=self._number)
        self._world.no_request(self._origin, op, request)

    # --- requests ---------------------------------------------------------

    def _requests(self) -> None:
        strict = self._origin != "catch_all"
        reader = Reader(self._sock, strict)
        while not self._stop.is_set():
            try:
                request = reader.read()
                if strict and request.headers.get("host", "").lower() != \
                        self._host:
                    raise BadRequest(400, "Host is another: "
                                     f"{request.headers.get('host')!r}")
            except BadRequest as error:
                self._note("refused", str(error))
                self._send(refusal(error))
                return
            request.connection = self._number
            reply = self._world.answer(self._origin, request)
            close = request.headers.get("connection", "").lower() == "close"
            reply.close = reply.close or close
            self._send(reply)
            if reply.close:
                self._say_goodbye()
                return

    def _say_goodbye(self) -> None:
        """End the TLS stream in order: a body without a length needs it."""
        if isinstance(self._sock, ssl.SSLSocket):
            self._sock.settimeout(1.0)
            self._sock = self._sock.unwrap()

    # --- sending, with the faults of the wire -----------------------------

    def _wait(self, seconds: float) -> None:
        if self._stop.wait(min(float(seconds), MAX_STALL_SECONDS)):
            raise _Abort

    def _reset(self) -> None:
        """End with RST; what TCP has not sent yet is thrown away."""
        self._raw = self._detach()
        self._raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._raw.close()
        raise _Abort

    def _detach(self) -> socket.socket:
        """The TCP socket below, without a TLS close_notify."""
        if isinstance(self._sock, ssl.SSLSocket):
            return socket.socket(fileno=self._sock.detach())
        return self._sock

    def _send(self, reply: Reply) -> None:
        if reply.wire:
            self._send_faulty(reply)
        elif reply.status == 204:
            self._sock.sendall(reply.head(None))
        else:
            self._sock.sendall(reply.head(len(reply.body)) + reply.body)

    def _send_faulty(self, reply: Reply) -> None:
        wire, body = reply.wire, reply.body
        if "delay_ms" in wire:
            self._wait(wire["delay_ms"] / 1000)
        if wire.get("reset") == "before":
            self._reset()
        if "stall" in wire and wire.get("at", "before") == "before":
            self._wait(wire["stall"])
        if "garbage" in wire:
            self._sock.sendall(faults.garbage(wire["garbage"]))
            raise _Abort
        if "huge_headers" in wire:
            reply.headers.append(("X-Huge", "h" * wire["huge_headers"]))
        reply.close = reply.close or bool(wire.get("close")) \
            or bool(wire.get("no_length"))
        self._sock.sendall(self._head(reply))
        if wire.get("reset") == "headers":
            self._settle()
            self._reset()
        if "stall" in wire and wire.get("at") == "headers":
            self._wait(wire["stall"])
        self._send_body(body, wire)

    def _head(self, reply: Reply) -> bytes:
        wire = reply.wire
        if wire.get("chunked"):
            reply.headers.append(("Transfer-Encoding", "chunked"))
            return reply.head(None)
        if wire.get("no_length"):
            return reply.head(None)
        return reply.head(max(len(reply.body)
                              + int(wire.get("content_length", 0)), 0))

    def _send_body(self, body: bytes, wire: dict[str, object]) -> None:
        cut = len(body)
        if "truncate" in wire:
            cut = min(int(str(wire["truncate"])), cut)
        elif "reset" in wire or wire.get("at") == "body":
            cut //= 2
        chunked = bool(wire.get("chunked"))
        step = max(int(str(wire.get("slow", 0))), 0) or 16384
        for at in range(0, cut, step):
            part = body[at:min(at + step, cut)]
            if chunked:
                part = b"%x\r\n%s\r\n" % (len(part), part)
            self._sock.sendall(part)
            if "slow" in wire:
                self._wait(float(str(wire.get("seconds", 0.01))))
        if "truncate" in wire:
            self._settle()
            self._detach().close()
            raise _Abort
        if "reset" in wire:
            self._settle()
            self._reset()
        if "stall" in wire and wire.get("at") == "body":
            self._wait(float(str(wire["stall"])))
            self._sock.sendall(body[cut:])
        if chunked:
            self._sock.sendall(b"0\r\n\r\n")
        if int(str(wire.get("content_length", 0))) > 0:
            # Less came than was promised: only the end shows it.
            raise _Abort

    def _settle(self) -> None:
        """Give the peer time to read what comes before the break."""
        time.sleep(0.02)


class Listener:
    """Accepts connections of one origin; context None is plain HTTP."""

    def __init__(self, world: World, origin: str, sock: socket.socket,
                 context: ssl.SSLContext | None,
                 stop: threading.Event) -> None:
        self._world, self._origin, self._sock = world, origin, sock
        self._context, self._stop = context, stop

    def start(self) -> None:
        """Accept in a thread of its own until the process ends."""
        threading.Thread(target=self._accept, daemon=True,
                         name=f"accept-{self._origin}").start()

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                raw, _ = self._sock.accept()
            except OSError:
                return
            connection = Connection(self._world, self._origin, raw,
                                    self._context, self._stop)
            threading.Thread(target=connection.run, daemon=True).start()
