# SPDX-License-Identifier: MIT
"""Reads a scenario: JSON in, checked and typed values out.

An unknown key or a wrong type is refused with the place where it stands, so
that a misspelt fault cannot quietly do nothing.  README.md lists the keys.
"""
import dataclasses
import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

#: The operations that faults, limits, latency and the log name.
OPERATIONS = ("token", "onboarding", "list", "get", "alerts", "entities",
              "comments", "bookmarks", "relations", "tasks", "other")
STABLE_VERSIONS = [
    "2020-01-01", "2021-04-01", "2021-10-01", "2022-08-01", "2022-11-01",
    "2023-02-01", "2023-11-01", "2024-03-01", "2024-09-01", "2025-03-01",
    "2025-06-01", "2025-09-01"]
PREVIEW_VERSIONS = ["2024-10-01-preview", "2025-07-01-preview"]


class ScenarioError(ValueError):
    """The scenario (or an order to the admin interface) is not usable."""


def require(ok: bool, where: str, what: str) -> None:
    """Refuse the scenario with a place and a sentence."""
    if not ok:
        raise ScenarioError(f"{where}: {what}")


def take(where: str, data: object, cls: type, **extra: object) -> Any:
    """Make the dataclass from an object whose keys are its fields."""
    require(isinstance(data, Mapping), where, "an object is expected")
    assert isinstance(data, Mapping)
    fields = {f.name: f for f in dataclasses.fields(cls) if f.init}
    for key in data:
        require(key in fields and key not in extra, where,
                f"unknown key {key!r}, allowed: {', '.join(fields)}")
    for name, field in fields.items():
        missing = field.default is dataclasses.MISSING \
            and field.default_factory is dataclasses.MISSING
        require(not missing or name in data or name in extra, where,
                f"{name!r} is missing")
    return cls(**{**data, **extra})


def one_of(where: str, value: object, allowed: Sequence[object]) -> None:
    """Refuse a value that is not in the list."""
    require(value in allowed, where,
            f"{value!r} is not one of {', '.join(map(str, allowed))}")


@dataclasses.dataclass
class Secret:
    """A client secret; `state` ok or expired."""
    value: str
    state: str = "ok"

    def __post_init__(self) -> None:
        one_of("secret.state", self.state, ("ok", "expired"))


@dataclasses.dataclass
class App:
    """An app registration.

    state     ok, disabled, conditional_access, security_defaults, or
              no_service_principal (Entra gives a token, ARM refuses it)
    audience  puts another audience into its tokens
    """
    client_id: str
    name: str = "wf-sentinel"
    object_id: str = "5eed0000-0000-4000-8000-0000000000aa"
    state: str = "ok"
    audience: str | None = None
    secrets: list[Secret] = dataclasses.field(default_factory=list)

    def __post_init__(self) -> None:
        one_of("app.state", self.state,
               ("ok", "disabled", "conditional_access", "security_defaults",
                "no_service_principal"))
        self.secrets = [s if isinstance(s, Secret)
                        else take("secret", s, Secret) for s in self.secrets]


@dataclasses.dataclass
class TokenShape:
    """How tokens look: expires_in_as number or string, length in bytes."""
    lifetime_seconds: int = 3599
    expires_in_as: str = "number"
    length: int = 1800

    def __post_init__(self) -> None:
        one_of("token.expires_in_as", self.expires_in_as,
               ("number", "string"))
        require(900 <= self.length <= 65536, "token.length",
                "900 to 65536 bytes")


@dataclasses.dataclass
class Tenant:
    """A directory with its apps."""
    id: str
    name: str = "Contoso"
    domain: str = "contoso.onmicrosoft.com"
    apps: list[App] = dataclasses.field(default_factory=list)
    token: TokenShape = dataclasses.field(default_factory=TokenShape)

    def __post_init__(self) -> None:
        self.apps = [take("app", a, App) for a in self.apps]
        if isinstance(self.token, Mapping):
            self.token = take("token", self.token, TokenShape)


@dataclasses.dataclass
class WorkspaceSettings:
    """A workspace without its incidents.

    onboarded   true, false, or "double_encoded" for the error's other form
    role        what every app of the tenant may do: responder, reader
                (GET and POST as `posts` says), none
    role_scope  subscription or workspace: who has a role on the workspace
                only gets 403, not 404, for a name that does not exist
    posts       allowed or forbidden: the two POSTs for a reader
    """
    tenant: str
    subscription: str
    resource_group: str
    name: str
    connector: str = "sentinel"
    onboarded: bool | str = True
    role: str = "responder"
    role_scope: str = "subscription"
    posts: str = "allowed"
    location: str = "westeurope"
    incidents: list[Any] = dataclasses.field(default_factory=list)
    generate: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        one_of("workspace.onboarded", self.onboarded,
               (True, False, "double_encoded"))
        one_of("workspace.role", self.role, ("responder", "reader", "none"))
        one_of("workspace.role_scope", self.role_scope,
               ("subscription", "workspace"))
        one_of("workspace.posts", self.posts, ("allowed", "forbidden"))


@dataclasses.dataclass
class Limit:
    """So many requests in a window of so many seconds, then 429."""
    requests: int
    seconds: float
    code: str = "ResourceRequestsThrottled"
    retry_after: str | None = None


@dataclasses.dataclass
class Tls:
    """Server certificate (see pki.py), key type, highest version."""
    certificate: str = "good"
    key: str = "p256"
    max_version: str = "1.3"

    def __post_init__(self) -> None:
        one_of("tls.max_version", self.max_version, ("1.2", "1.3"))


@dataclasses.dataclass
class Page:
    """Page sizes of the incident and comment lists."""
    default: int = 50
    maximum: int = 1000


@dataclasses.dataclass
class Wire:
    """Habits of the wire.

    aadsts_newline  what stands before "Trace ID": space or crlf
    chunked         replies of ARM come chunked instead of with a length
    types           "Incidents" or "incidents" in ids and types
    """
    aadsts_newline: str = "space"
    chunked: bool = False
    types: str = "Incidents"

    def __post_init__(self) -> None:
        one_of("wire.aadsts_newline", self.aadsts_newline, ("space", "crlf"))
        one_of("wire.types", self.types, ("Incidents", "incidents"))


@dataclasses.dataclass
class Log:
    """What the request log keeps beside the requests."""
    replies: bool = False


@dataclasses.dataclass
class Versions:
    """API versions that are known, and the error for the others."""
    supported: list[str] = dataclasses.field(
        default_factory=lambda: STABLE_VERSIONS + PREVIEW_VERSIONS)
    error: str = "NoRegisteredProviderFound"

    def __post_init__(self) -> None:
        one_of("api_versions.error", self.error,
               ("NoRegisteredProviderFound", "UnsupportedApiVersion"))


@dataclasses.dataclass
class Scenario:
    """The whole scenario; faults and hooks are read by their modules."""
    tenants: list[Tenant]
    workspaces: list[WorkspaceSettings]
    description: str = ""
    clock_offset_seconds: float = 0
    api_versions: Versions = dataclasses.field(default_factory=Versions)
    page: Page = dataclasses.field(default_factory=Page)
    wire: Wire = dataclasses.field(default_factory=Wire)
    tls: Tls = dataclasses.field(default_factory=Tls)
    log: Log = dataclasses.field(default_factory=Log)
    limits: dict[str, Limit] = dataclasses.field(default_factory=dict)
    latency_ms: dict[str, float] = dataclasses.field(default_factory=dict)
    faults: list[Any] = dataclasses.field(default_factory=list)
    hooks: list[Any] = dataclasses.field(default_factory=list)


def read_limits(data: object) -> dict[str, Limit]:
    """The limits by operation."""
    require(isinstance(data, Mapping), "limits", "an object is expected")
    assert isinstance(data, Mapping)
    for op in data:
        one_of("limits", op, OPERATIONS)
    return {op: take(f"limits.{op}", v, Limit) for op, v in data.items()}


def read_latency(data: object) -> dict[str, float]:
    """Milliseconds by operation; "any" holds for those not named."""
    if isinstance(data, (int, float)):
        return {"any": float(data)}
    require(isinstance(data, Mapping), "latency_ms",
            "a number or an object by operation is expected")
    assert isinstance(data, Mapping)
    for op in data:
        one_of("latency_ms", op, (*OPERATIONS, "any"))
    return {op: float(ms) for op, ms in data.items()}


def _number(value: Any, index: int) -> Any:
    """Put the index of a list element into its strings."""
    if isinstance(value, str):
        return (value.replace("{i}", str(index))
                .replace("{hi}", str(index // 256))
                .replace("{lo}", str(index % 256)))
    if isinstance(value, list):
        return [_number(v, index) for v in value]
    if isinstance(value, dict):
        return {k: _number(v, index) for k, v in value.items()}
    return value


def expand(value: Any) -> Any:
    """Write out the two shorthands for big content.

    {"$repeat": [text, times]}  one long string
    {"$list": [element, times]} a list; in the element's strings {i} is the
                                index, {hi} and {lo} its upper part and its
                                lowest byte, for addresses
    """
    if isinstance(value, list):
        return [expand(v) for v in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"$repeat"}:
        text, times = value["$repeat"]
        return str(text) * int(times)
    if set(value) == {"$list"}:
        element, times = value["$list"]
        return [_number(expand(element), i) for i in range(int(times))]
    return {k: expand(v) for k, v in value.items()}


def read(data: object) -> Scenario:
    """Check a scenario that was read from JSON."""
    require(isinstance(data, Mapping), "scenario", "an object is expected")
    assert isinstance(data, Mapping)
    whole: dict[str, Any] = expand(dict(data))
    for key, cls in (("api_versions", Versions), ("page", Page),
                     ("wire", Wire), ("tls", Tls), ("log", Log)):
        if key in whole:
            whole[key] = take(key, whole[key], cls)
    whole["tenants"] = [take(f"tenants[{i}]", t, Tenant)
                        for i, t in enumerate(whole.get("tenants", []))]
    whole["workspaces"] = [
        take(f"workspaces[{i}]", w, WorkspaceSettings)
        for i, w in enumerate(whole.get("workspaces", []))]
    whole["limits"] = read_limits(whole.get("limits", {}))
    whole["latency_ms"] = read_latency(whole.get("latency_ms", {}))
    scenario: Scenario = take("scenario", whole, Scenario)
    known = {t.id.lower() for t in scenario.tenants}
    for index, workspace in enumerate(scenario.workspaces):
        require(workspace.tenant.lower() in known, f"workspaces[{index}]",
                f"tenant {workspace.tenant!r} is not in the scenario")
    return scenario


def load(path: pathlib.Path) -> Scenario:
    """Read a scenario file."""
    try:
        return read(json.loads(path.read_text("utf-8")))
    except json.JSONDecodeError as error:
        raise ScenarioError(f"{path}: {error}") from error
