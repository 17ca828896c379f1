# SPDX-License-Identifier: MIT
"""Azure Resource Manager: who may ask, and the incident API of Sentinel."""
import base64
import dataclasses
import datetime
import re
import urllib.parse
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from .entra import Entra, Token
from .errors import JSON_TYPE, arm_error, not_onboarded_twice
from .http1 import Reply, Request
from .odata import ODataError, parse_filter, parse_orderby
from .scenario import Scenario
from .throttle import Throttle
from .times import TICKS_PER_SECOND, Clock
from .workspace import AnyIncident, Workspace

_PATH = re.compile(
    r"/subscriptions/([^/]+)/resourceGroups/([^/]+)/providers/"
    r"Microsoft\.OperationalInsights/workspaces/([^/]+)/providers/"
    r"Microsoft\.SecurityInsights/(.+)\Z", re.IGNORECASE)
_REST = re.compile(
    r"(?:(onboardingStates)(?:/default)?|"
    r"incidents(?:/([^/]+)(?:/(alerts|entities|bookmarks|comments|"
    r"relations|tasks))?)?)\Z", re.IGNORECASE)
_Item = TypeVar("_Item")
_POSTS = ("alerts", "entities", "bookmarks")
_READS_LEFT = 1099
_GLOBAL_READS_LEFT = 16499
_PARAMETERS = ("api-version", "$filter", "$orderby", "$top", "$skiptoken")


@dataclasses.dataclass(frozen=True)
class Route:
    """Where a request leads; `op` is "other" where it leads nowhere."""
    op: str
    subscription: str = ""
    group: str = ""
    workspace: str = ""
    incident: str | None = None
    type_name: str = ""


def route(request: Request) -> Route:
    """Find the operation by the path; names compare without case."""
    # Almost every path is plain text already.
    path = request.path
    if "%" in path:
        path = urllib.parse.unquote(path)
    match = _PATH.match(path)
    if match is None:
        return Route("other")
    subscription, group, workspace, rest = match.groups()
    below = _REST.match(rest)
    if below is None:
        return Route("other", subscription, group, workspace)
    onboarding, incident, part = below.groups()
    if onboarding:
        op, type_name = "onboarding", "onboardingStates"
    elif incident is None:
        op, type_name = "list", "incidents"
    else:
        op = (part or "get").lower()
        type_name = f"incidents/{part}" if part else "incidents"
    return Route(op, subscription, group, workspace, incident, type_name)


class Refused(Exception):
    """Carries the reply that ends the request."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


class Arm:
    """Answers requests from the workspaces of the scenario."""

    def __init__(self, scenario: Scenario, workspaces: list[Workspace],
                 entra: Entra, throttle: Throttle, clock: Clock) -> None:
        self._scenario = scenario
        self._workspaces = workspaces
        self._entra = entra
        self._throttle = throttle
        self._clock = clock
        self._operations: dict[str, Callable[
            [Workspace, Route, Mapping[str, str], str], bytes]] = {
                "onboarding": self._onboarding, "list": self._list,
                "get": self._get, "alerts": self._alerts,
                "entities": self._entities, "comments": self._comments,
                "bookmarks": self._nothing, "relations": self._nothing,
                "tasks": self._nothing}
        #: The origin that nextLink names; set when the port is known.
        self.origin = ""

    def answer(self, request: Request, where: Route) -> Reply:
        """The reply with the headers that every reply of ARM has."""
        try:
            remaining = self._spend(where)
            reply = Reply(200, [("Content-Type", JSON_TYPE)],
                          self._serve(request, where))
        except Refused as refused:
            reply, remaining = refused.reply, None
        own = str(uuid.uuid4())
        correlation = request.headers.get("x-ms-correlation-request-id", own)
        reply.headers += [
            ("Cache-Control", "no-cache"), ("Pragma", "no-cache"),
            ("Expires", "-1"),
            *_rate_headers(where.op, remaining),
            ("x-ms-request-id", own),
            ("x-ms-correlation-request-id", correlation),
            ("x-ms-routing-request-id",
             f"SIMULATED:{self._clock.http_date()[17:25]}:{own}"),
            ("Strict-Transport-Security",
             "max-age=31536000; includeSubDomains"),
            ("X-Content-Type-Options", "nosniff")]
        return reply

    def _spend(self, where: Route) -> int | None:
        remaining, wait = self._throttle.spend(where.op)
        if not wait:
            return remaining
        limit = self._throttle.limits[where.op]
        after = limit.retry_after or str(wait)
        reply = arm_error(limit.code, {
            "subscription": where.subscription, "operation": where.type_name,
            "seconds": after})
        reply.headers.append(("Retry-After", after))
        raise Refused(reply)

    def _serve(self, request: Request, where: Route) -> bytes:
        token = self._token(request)
        query = _query(request)
        version = query.get("api-version", "")
        if not version:
            raise Refused(arm_error("MissingApiVersionParameter"))
        workspace = self._workspace(token, where)
        self._check_version(version, where, workspace)
        serve = self._operations.get(where.op)
        if serve is None:
            raise Refused(arm_error("InvalidResourceType",
                                    {"version": version}))
        posts = where.op in _POSTS
        if request.method != ("POST" if posts else "GET"):
            raise Refused(arm_error("MethodNotAllowed",
                                    {"method": request.method}))
        settings = workspace.settings
        if posts and settings.posts == "forbidden":
            raise Refused(self._forbidden(token, where))
        if settings.onboarded == "double_encoded":
            raise Refused(not_onboarded_twice(settings.name))
        if not settings.onboarded:
            raise Refused(arm_error("NotOnboarded",
                                    {"workspace": settings.name}))
        return serve(workspace, where, query, version)

    # --- who may ask ------------------------------------------------------

    def _token(self, request: Request) -> Token:
        header = request.headers.get("authorization")
        if header is None:
            raise Refused(arm_error("AuthenticationFailed"))
        scheme, _, text = header.partition(" ")
        token = self._entra.token(text) if scheme == "Bearer" else None
        if token is None:
            raise Refused(arm_error("InvalidAuthenticationToken"))
        ids: dict[str, object] = {
            "tenant": token.tenant.id, "audience": token.audience,
            "arm": self.origin}
        if token.audience != self.origin:
            raise Refused(arm_error("InvalidAuthenticationTokenAudience",
                                    ids))
        now = self._clock.now()
        if now >= token.expires:
            ids |= {"expiry": _us_time(token.expires), "now": _us_time(now)}
            raise Refused(arm_error("ExpiredAuthenticationToken", ids))
        if token.app.state == "no_service_principal":
            raise Refused(arm_error("NoServicePrincipal", ids))
        return token

    def _forbidden(self, token: Token, where: Route) -> Reply:
        action = f"{where.type_name or 'incidents'}/" \
            f"{'action' if where.op in _POSTS else 'read'}"
        return arm_error("AuthorizationFailed", {
            "client": token.app.client_id, "object": token.app.object_id,
            "action": f"Microsoft.SecurityInsights/{action}",
            "scope": f"/subscriptions/{where.subscription}/resourceGroups/"
                     f"{where.group}/providers/Microsoft.OperationalInsights"
                     f"/workspaces/{where.workspace}/providers/"
                     "Microsoft.SecurityInsights"})

    def _workspace(self, token: Token, where: Route) -> Workspace:
        """The workspace that is asked for, or the error ARM gives."""
        there = [w for w in self._workspaces if _same(
            w.settings.subscription, where.subscription)]
        if not there:
            raise Refused(arm_error("SubscriptionNotFound",
                                    {"subscription": where.subscription}))
        owner = there[0].settings.tenant
        if not _same(owner, token.tenant.id):
            raise Refused(arm_error(
                "InvalidAuthenticationTokenTenant",
                {"tenant": owner, "token_tenant": token.tenant.id}))
        in_group = [w for w in there if _same(w.settings.resource_group,
                                              where.group)]
        for workspace in in_group:
            if _same(workspace.settings.name, where.workspace):
                if workspace.settings.role == "none":
                    raise Refused(self._forbidden(token, where))
                return workspace
        # Who has no right on what encloses it is not told that a name does
        # not exist.
        if not any(w.settings.role != "none"
                   and w.settings.role_scope == "subscription"
                   for w in there):
            raise Refused(self._forbidden(token, where))
        missing = "ResourceNotFound" if in_group else "ResourceGroupNotFound"
        raise Refused(arm_error(missing, {"workspace": where.workspace,
                                          "group": where.group}))

    def _check_version(self, version: str, where: Route,
                       workspace: Workspace) -> None:
        versions = self._scenario.api_versions
        if version not in versions.supported:
            raise Refused(arm_error(versions.error, {
                "version": version, "type": where.type_name,
                "supported": ", ".join(versions.supported),
                "location": workspace.settings.location}))

    # --- the operations ---------------------------------------------------

    def _onboarding(self, workspace: Workspace, where: Route,
                    query: Mapping[str, str], version: str) -> bytes:
        del where, query, version
        return (f'{{"id":"{workspace.base}/onboardingStates/default",'
                '"name":"default",'
                '"type":"Microsoft.SecurityInsights/onboardingStates",'
                '"properties":{"customerManagedKey":false}}').encode()

    def _list(self, workspace: Workspace, where: Route,
              query: Mapping[str, str], version: str) -> bytes:
        preview = version.endswith("-preview")
        try:
            test = parse_filter(query["$filter"]) \
                if "$filter" in query else None
            order = parse_orderby(query["$orderby"]) \
                if "$orderby" in query else []
        except ODataError:
            raise Refused(arm_error("OData")) from None
        found = workspace.query(test, order)
        return self._page(found, lambda i: i.body(preview), where, query)

    def _page(self, items: Sequence[_Item], write: Callable[[_Item], bytes],
              where: Route, query: Mapping[str, str]) -> bytes:
        """One page.  A skip token is an offset into the result of the
        moment, so a change between two pages shifts what follows."""
        page = self._scenario.page
        top = _top(query, page.default, page.maximum)
        skip = _skip(query)
        text = b'{"value":[' + b",".join(
            write(item) for item in items[skip:skip + top]) + b"]"
        if skip + top < len(items):
            link = self._next_link(where, query, skip + top)
            text += b',"nextLink":"' + link.replace(
                "\\", "\\\\").replace('"', '\\"').encode() + b'"'
        return text + b"}"

    def _next_link(self, where: Route, query: Mapping[str, str],
                   offset: int) -> str:
        """Absolute and unescaped, with raw spaces, as the service does."""
        path = f"/subscriptions/{where.subscription}/resourceGroups/" \
            f"{where.group}/providers/Microsoft.OperationalInsights/" \
            f"workspaces/{where.workspace}/providers/" \
            "Microsoft.SecurityInsights/incidents"
        if where.incident is not None:
            path += f"/{where.incident}/comments"
        parts = [f"{name}={query[name]}" for name in
                 ("$filter", "$orderby", "$top", "api-version")
                 if name in query]
        token = base64.b64encode(f"skip:{offset}".encode()).decode()
        return f"{self.origin}{path}?{'&'.join(parts)}&$skipToken={token}"

    def _incident(self, workspace: Workspace, where: Route) -> AnyIncident:
        incident = workspace.get(where.incident or "")
        if incident is None:
            raise Refused(arm_error("NotFound", {"name": where.incident}))
        return incident

    def _get(self, workspace: Workspace, where: Route,
             query: Mapping[str, str], version: str) -> bytes:
        del query
        return self._incident(workspace, where).body(
            version.endswith("-preview"))

    def _alerts(self, workspace: Workspace, where: Route,
                query: Mapping[str, str], version: str) -> bytes:
        del query, version
        incident = self._incident(workspace, where)
        if incident.held_back("alerts"):
            return b'{"value":[]}'
        return incident.alerts_body()

    def _entities(self, workspace: Workspace, where: Route,
                  query: Mapping[str, str], version: str) -> bytes:
        del query, version
        incident = self._incident(workspace, where)
        if incident.held_back("entities"):
            return b'{"entities":[],"metaData":[]}'
        return incident.entities_body()

    def _comments(self, workspace: Workspace, where: Route,
                  query: Mapping[str, str], version: str) -> bytes:
        del version
        items = self._incident(workspace, where).comment_items()
        return self._page(items, lambda item: item, where, query)

    def _nothing(self, workspace: Workspace, where: Route,
                 query: Mapping[str, str], version: str) -> bytes:
        """Bookmarks, relations and tasks: the client does not use them."""
        del query, version
        self._incident(workspace, where)
        return b'{"value":[]}'


def _same(one: str, other: str) -> bool:
    return one.lower() == other.lower()


def _query(request: Request) -> dict[str, str]:
    """Known parameters in the specification's spelling, others dropped."""
    query: dict[str, str] = {}
    for name, value in request.query_pairs():
        known = name.lower()
        if known in _PARAMETERS:
            if known in query:
                raise Refused(arm_error("OData"))
            query[known] = value
    if "$skiptoken" in query:
        query["$skipToken"] = query.pop("$skiptoken")
    return query


def _top(query: Mapping[str, str], default: int, maximum: int) -> int:
    text = query.get("$top")
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 1000):
        raise Refused(arm_error("OData"))
    return min(int(text), maximum)


def _skip(query: Mapping[str, str]) -> int:
    text = query.get("$skipToken")
    if text is None:
        return 0
    try:
        kind, _, offset = base64.b64decode(text, validate=True).decode(
            "ascii").partition(":")
        if kind == "skip" and offset.isdigit():
            return int(offset)
    except ValueError:
        pass
    raise Refused(arm_error("OData"))


def _us_time(ticks: int) -> str:
    """The form of time in ARM's messages: 4/24/2019 7:44:20 AM."""
    when = datetime.datetime.fromtimestamp(ticks // TICKS_PER_SECOND,
                                           datetime.timezone.utc)
    return f"{when.month}/{when.day}/{when.year} {(when.hour + 11) % 12 + 1}" \
        f":{when:%M:%S} {'AM' if when.hour < 12 else 'PM'}"


def _rate_headers(op: str, remaining: int | None) -> list[tuple[str, str]]:
    prefix = "x-ms-ratelimit-remaining-subscription-"
    left = str(_READS_LEFT if remaining is None else remaining)
    if op in ("list", "get", "onboarding", "other"):
        return [(prefix + "reads", left),
                (prefix + "global-reads", str(_GLOBAL_READS_LEFT))]
    return [(prefix + "resource-requests", left)]
