# SPDX-License-Identifier: MIT
"""Budgets per operation, and who came back before Retry-After was over.

Both run on the simulated clock: moving it on begins a new window.
"""
import math
from collections.abc import Callable

from .scenario import Limit


class Throttle:
    """Fixed windows by operation; one subscription, as tests have it."""

    def __init__(self, limits: dict[str, Limit],
                 clock: Callable[[], float]) -> None:
        self.limits = limits
        self._clock = clock
        self._windows: dict[str, tuple[float, int]] = {}
        self._not_before: dict[str, float] = {}
        self.early: dict[str, int] = {}

    def arrive(self, op: str) -> None:
        """Count a request that came before it was allowed to."""
        until = self._not_before.get(op)
        if until is not None and self._clock() < until:
            self.early[op] = self.early.get(op, 0) + 1

    def told_to_wait(self, op: str, retry_after: str) -> None:
        """Remember the Retry-After of a reply, if it is in seconds."""
        if retry_after.isascii() and retry_after.isdigit():
            self._not_before[op] = self._clock() + min(int(retry_after),
                                                       86400)

    def spend(self, op: str) -> tuple[int | None, int]:
        """Take one request out of the budget.

        Returns what remains (None: there is no limit) and, where nothing
        was left, the seconds until the window ends; else 0.
        """
        limit = self.limits.get(op)
        if limit is None:
            return None, 0
        now = self._clock()
        start, used = self._windows.get(op, (now, 0))
        if now - start >= limit.seconds:
            start, used = now, 0
        if used >= limit.requests:
            self._windows[op] = (start, used)
            return 0, max(math.ceil(start + limit.seconds - now), 1)
        self._windows[op] = (start, used + 1)
        return limit.requests - used - 1, 0

    def clear(self) -> None:
        """Begin new windows."""
        self._windows.clear()
        self._not_before.clear()
        self.early.clear()
