# SPDX-License-Identifier: MIT
"""Timestamps as Sentinel writes them, and as numbers.

Inside the simulator a time is a count of 100 ns since 1970.  Outside it is
the .NET round-trip form with trailing zeros cut: 0 to 7 fraction digits.
"""
import calendar
import re
import time

TICKS_PER_SECOND = 10_000_000

_STAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,7}))?"
    r"(?:(Z)|([+-])(\d\d):(\d\d))\Z", re.ASCII)
_RELATIVE = re.compile(
    r"@(now|[+-]\d+[dhms](?:[+-]?\d+[dhms])*)(?:\.(\d{1,7}))?\Z", re.ASCII)
_TERM = re.compile(r"([+-]?)(\d+)([dhms])")
_UNIT_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}


def parse_time(text: object) -> int | None:
    """Ticks of a timestamp with a zone, None where it is not one."""
    match = _STAMP.match(text) if isinstance(text, str) else None
    if match is None:
        return None
    year, month, day, hour, minute, second = map(int, match.group(1, 2, 3,
                                                                  4, 5, 6))
    if not (1 <= month <= 12 and 1 <= day <= calendar.monthrange(
            max(year, 1), month)[1] and hour < 24 and minute < 60
            and second < 60):
        return None
    seconds = calendar.timegm((year, month, day, hour, minute, second))
    if match.group(9):
        zone = int(match.group(10)) * 3600 + int(match.group(11)) * 60
        seconds -= zone if match.group(9) == "+" else -zone
    fraction = (match.group(7) or "").ljust(7, "0")
    return seconds * TICKS_PER_SECOND + int(fraction)


def format_time(ticks: int) -> str:
    """The .NET form: trailing zeros of the fraction are cut, always Z."""
    seconds, fraction = divmod(ticks, TICKS_PER_SECOND)
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    digits = f"{fraction:07d}".rstrip("0")
    return f"{stamp}.{digits}Z" if digits else stamp + "Z"


def expand_time(text: str, start: int) -> str:
    """Turn "@-2h30m.5330149" into a timestamp that far from the start.

    What follows the point becomes the fraction; without a point there is
    none.  A sign holds for the terms after it; "@now" is the start itself.
    Other text is returned unchanged, so that a scenario can hold any
    timestamp, also a bad one.
    """
    match = _RELATIVE.match(text)
    if match is None:
        return text
    seconds, sign = start // TICKS_PER_SECOND, 1
    for mark, number, unit in _TERM.findall(match.group(1)):
        if mark:
            sign = -1 if mark == "-" else 1
        seconds += sign * int(number) * _UNIT_SECONDS[unit]
    fraction = int((match.group(2) or "").ljust(7, "0"))
    return format_time(seconds * TICKS_PER_SECOND + fraction)


class Clock:
    """The simulated clock: the machine's, moved by an offset."""

    def __init__(self, offset_seconds: float = 0) -> None:
        self._offset = int(offset_seconds * TICKS_PER_SECOND)
        self._date_second = -1
        self._date = ""

    def now(self) -> int:
        """The time in ticks."""
        return time.time_ns() // 100 + self._offset

    def seconds(self) -> float:
        """The time in seconds."""
        return self.now() / TICKS_PER_SECOND

    def advance(self, seconds: float) -> None:
        """Move the clock forward, or back with a negative number."""
        self._offset += int(seconds * TICKS_PER_SECOND)

    def set_offset(self, seconds: float) -> None:
        """Put the clock that far from the machine's."""
        self._offset = int(seconds * TICKS_PER_SECOND)

    def http_date(self) -> str:
        """The Date header; written once a second."""
        second = self.now() // TICKS_PER_SECOND
        if second != self._date_second:
            self._date = time.strftime("%a, %d %b %Y %H:%M:%S GMT",
                                       time.gmtime(second))
            self._date_second = second
        return self._date
