# SPDX-License-Identifier: MIT
"""The subset of OData that the incident list answers to.

filter  := all { "or" all }         all   := term { "and" term }
term    := "(" filter ")" | field op literal
field   := properties/lastModifiedTimeUtc | properties/createdTimeUtc |
           properties/incidentNumber | properties/severity |
           properties/status
op      := eq | ne | ge | gt | le | lt
literal := a timestamp with a zone, unquoted | a number | 'text'
orderby := field [ asc | desc ] { "," field [ asc | desc ] }

Everything else is a syntax error, as an unencoded "+" of a zone is (it
arrives as a space).
"""
import operator
import re
from collections.abc import Callable
from typing import Any

from .times import parse_time

Test = Callable[[Any], bool]

#: field -> (attribute of an incident, kind of literal)
FIELDS = {
    "properties/lastmodifiedtimeutc": ("modified", "time"),
    "properties/createdtimeutc": ("created", "time"),
    "properties/incidentnumber": ("number", "number"),
    "properties/severity": ("severity", "text"),
    "properties/status": ("status", "text"),
}
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq, "ne": operator.ne, "ge": operator.ge,
    "gt": operator.gt, "le": operator.le, "lt": operator.lt,
}
_TOKEN = re.compile(r"\s*(?:([()])|('(?:[^']|'')*')|([^\s()']+))")
_MAX_TOKENS = 200


class ODataError(ValueError):
    """The query is not of the subset."""


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or len(tokens) >= _MAX_TOKENS:
            raise ODataError("OData query syntax error")
        tokens.append(match.group().strip())
        at = match.end()
    return tokens


def _literal(kind: str, token: str) -> object:
    if kind == "text":
        if len(token) >= 2 and token[0] == token[-1] == "'":
            return token[1:-1].replace("''", "'").lower()
    elif kind == "number":
        if re.fullmatch(r"-?\d{1,10}", token, re.ASCII):
            return int(token)
    elif (ticks := parse_time(token)) is not None:
        return ticks
    raise ODataError("OData query syntax error")


class _Parser:
    """Recursive descent; a filter has at most _MAX_TOKENS tokens."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0

    def _next(self) -> str:
        if self._at >= len(self._tokens):
            raise ODataError("OData query syntax error")
        self._at += 1
        return self._tokens[self._at - 1]

    def _have(self, word: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == word:
            self._at += 1
            return True
        return False

    def _term(self) -> Test:
        token = self._next()
        if token == "(":
            inner = self._any()
            if self._next() != ")":
                raise ODataError("OData query syntax error")
            return inner
        field, word = token.lower(), self._next()
        if field not in FIELDS or word not in _OPERATORS:
            raise ODataError("OData query syntax error")
        (attribute, kind), compare = FIELDS[field], _OPERATORS[word]
        value = _literal(kind, self._next())

        def test(incident: Any) -> bool:
            mine = getattr(incident, attribute)
            if isinstance(mine, str):
                mine = mine.lower()
            return mine is not None and compare(mine, value)
        return test

    def _all(self) -> Test:
        tests = [self._term()]
        while self._have("and"):
            tests.append(self._term())
        if len(tests) == 1:
            return tests[0]
        return lambda incident: all(t(incident) for t in tests)

    def _any(self) -> Test:
        tests = [self._all()]
        while self._have("or"):
            tests.append(self._all())
        if len(tests) == 1:
            return tests[0]
        return lambda incident: any(t(incident) for t in tests)

    def parse(self) -> Test:
        """The whole filter, or ODataError."""
        test = self._any()
        if self._at != len(self._tokens):
            raise ODataError("OData query syntax error")
        return test


def parse_filter(text: str) -> Test:
    """A test of one incident; raises ODataError."""
    return _Parser(text).parse()


def parse_orderby(text: str) -> list[tuple[str, bool]]:
    """(attribute, descending) for each key; raises ODataError."""
    keys = []
    for part in text.split(","):
        words = part.split()
        if not 1 <= len(words) <= 2 or (len(words) == 2
                                        and words[1] not in ("asc", "desc")):
            raise ODataError("OData query syntax error")
        field = FIELDS.get(words[0].lower())
        if field is None:
            raise ODataError("OData query syntax error")
        keys.append((field[0], words[-1] == "desc"))
    return keys
