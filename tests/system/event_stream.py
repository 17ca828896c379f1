# SPDX-License-Identifier: MIT
"""A reader of server-sent events (HTML Living Standard, 9.2.6)."""
import json
import pathlib
import time
import typing
from typing import Any

from test_control import UnixConnection


class Event(typing.NamedTuple):
    """One event; `id` is the last that was given so far."""
    name: str
    id: str
    data: Any


class Events:
    """An open stream; a context manager."""

    def __init__(self, path: pathlib.Path, query: str = "",
                 seconds: float = 10) -> None:
        self.connection = UnixConnection(path)
        self.connection.connect()
        self.connection.sock.settimeout(seconds)
        self.connection.request("GET", "/v1/events" + query)
        self.answer = self.connection.getresponse()
        self.id = ""
        self.comments = 0

    def __enter__(self) -> "Events":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Go away."""
        self.answer.close()
        self.connection.close()

    def next(self) -> Event:
        """The next event; TimeoutError after `seconds` without a byte."""
        name, data = "message", []
        while True:
            line = self.answer.readline().decode("utf-8")
            if not line:
                raise EOFError("the stream has ended")
            line = line.removesuffix("\n")
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if line == "":
                if data:
                    return Event(name, self.id, json.loads("\n".join(data)))
                name = "message"
            elif field == "":
                self.comments += 1
            elif field == "event":
                name = value
            elif field == "data":
                data.append(value)
            elif field == "id":
                self.id = value

    def until(self, name: str, count: int = 1,
              seconds: float = 20) -> list[Event]:
        """All events up to the count-th of this name."""
        end = time.monotonic() + seconds
        found: list[Event] = []
        while sum(e.name == name for e in found) < count:
            if time.monotonic() > end:
                raise AssertionError(f"no {name} but {found}")
            found.append(self.next())
        return found

    def named(self, name: str, count: int = 1) -> list[Event]:
        """The next `count` events of this name."""
        return [e for e in self.until(name, count) if e.name == name]
