# SPDX-License-Identifier: MIT
"""Entra ID: the token endpoint of the client credentials grant."""
import base64
import dataclasses
import json
import re
import secrets
import urllib.parse
import uuid
from collections.abc import Mapping

from .errors import JSON_TYPE, entra_error
from .http1 import Reply, Request
from .scenario import App, Tenant
from .times import TICKS_PER_SECOND, Clock

TOKEN_PATH = re.compile(r"/([^/]+)/oauth2/v2\.0/token\Z", re.ASCII)
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z",
                   re.ASCII | re.IGNORECASE)
_FORM = "application/x-www-form-urlencoded"


@dataclasses.dataclass(frozen=True)
class Token:
    """What a token stands for; it is looked up, not decoded."""
    tenant: Tenant
    app: App
    audience: str
    expires: int


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _jwt(claims: dict[str, object], length: int) -> str:
    """A token of exactly that length that looks like a JWT."""
    head = _base64(json.dumps({"typ": "JWT", "alg": "RS256", "kid":
                               "5im-ulated-key"}).encode())
    signature = _base64(secrets.token_bytes(256))
    payload = _base64(json.dumps(claims).encode())
    # The rest is filled with signature-like text: nobody decodes it.
    missing = length - len(head) - len(payload) - len(signature) - 2
    return f"{head}.{payload}.{signature}" \
        f"{_base64(secrets.token_bytes(max(missing, 0)))[:max(missing, 0)]}"


class Entra:
    """Tenants and the tokens they gave."""

    def __init__(self, tenants: list[Tenant], clock: Clock,
                 newline: str) -> None:
        self._tenants: dict[str, Tenant] = {}
        for tenant in tenants:
            self._tenants[tenant.id.lower()] = tenant
            self._tenants[tenant.domain.lower()] = tenant
        self._clock = clock
        self._newline = "\r\n" if newline == "crlf" else " "
        self._tokens: dict[str, Token] = {}
        #: The origin of ARM: tokens are for nothing else.
        self.arm_origin = ""

    def _error(self, code: int, **ids: object) -> Reply:
        return entra_error(code, self._clock, ids, self._newline)

    def answer(self, request: Request) -> Reply:
        """The token endpoint."""
        match = TOKEN_PATH.match(urllib.parse.unquote(request.path))
        if match is None or "?" in request.target:
            return Reply(404, [("Content-Type", "text/html")],
                         b"<html><body>Not found</body></html>")
        if request.method != "POST":
            return self._error(900144, parameter="grant_type")
        kind = request.headers.get("content-type", "").partition(";")[0]
        form = _read_form(request.body) if kind.strip() == _FORM else {}
        reply = self._judge(match.group(1), form)
        reply.headers += [
            ("Cache-Control", "no-store, no-cache"), ("Pragma", "no-cache"),
            ("x-ms-request-id", str(uuid.uuid4())),
            # A client that keeps cookies is seen by their coming back.
            ("Set-Cookie", "fpc=simulated; path=/; secure; HttpOnly")]
        return reply

    def _judge(self, tenant_text: str, form: Mapping[str, str]) -> Reply:
        for name in ("grant_type", "client_id", "scope"):
            if name not in form:
                return self._error(900144, parameter=name)
        client = form["client_id"]
        if tenant_text.lower() in ("common", "organizations", "consumers"):
            return self._error(50194, client=client)
        tenant = self._tenants.get(tenant_text.lower())
        if tenant is None:
            guid_or_dns = _GUID.match(tenant_text) or "." in tenant_text
            return self._error(90002 if guid_or_dns else 900023,
                               tenant=tenant_text)
        if form["grant_type"] != "client_credentials":
            return self._error(70003, grant=form["grant_type"])
        app = next((a for a in tenant.apps
                    if a.client_id.lower() == client.lower()), None)
        if app is None:
            return self._error(700016, client=client, tenant=tenant.name)
        return self._check_scope(tenant, form) \
            or self._check_app(app, form) or self._grant(tenant, app)

    def _check_scope(self, tenant: Tenant,
                     form: Mapping[str, str]) -> Reply | None:
        resource, default, rest = form["scope"].partition("/.default")
        if not default or rest or not resource:
            return self._error(70011, scope=form["scope"])
        if resource != self.arm_origin:
            return self._error(500011, resource=resource,
                               tenant_name=tenant.name)
        return None

    def _check_app(self, app: App, form: Mapping[str, str]) -> Reply | None:
        if "client_assertion" in form:
            return self._error(700027, client=app.client_id)
        given = form.get("client_secret", "")
        if not given:
            return self._error(7000216)
        known = next((s for s in app.secrets if s.value == given), None)
        if known is None:
            return self._error(7000215, client=app.client_id)
        if known.state == "expired":
            return self._error(7000222, client=app.client_id)
        code = {"disabled": 7000112, "conditional_access": 53003,
                "security_defaults": 530035}.get(app.state)
        if code is not None:
            return self._error(code, client=app.client_id, app=app.name)
        return None

    def _grant(self, tenant: Tenant, app: App) -> Reply:
        now, shape = self._clock.now(), tenant.token
        second = now // TICKS_PER_SECOND
        audience = app.audience or self.arm_origin
        text = _jwt({
            "aud": audience, "iss": f"https://sts.windows.net/{tenant.id}/",
            "iat": second, "nbf": second,
            "exp": second + shape.lifetime_seconds, "appid": app.client_id,
            "idtyp": "app", "oid": app.object_id, "tid": tenant.id,
            "ver": "1.0"}, shape.length)
        self._tokens[text] = Token(
            tenant, app, audience,
            now + shape.lifetime_seconds * TICKS_PER_SECOND)
        lifetime: int | str = shape.lifetime_seconds
        if shape.expires_in_as == "string":
            lifetime = str(lifetime)
        body = {"token_type": "Bearer", "expires_in": lifetime,
                "ext_expires_in": lifetime, "access_token": text}
        return Reply(200, [("Content-Type", JSON_TYPE)],
                     json.dumps(body, separators=(",", ":")).encode())

    # --- for ARM and for tests --------------------------------------------

    def token(self, text: str) -> Token | None:
        """What the token stands for, None where it was never given."""
        return self._tokens.get(text)

    def revoke(self) -> None:
        """Make every token unknown."""
        self._tokens.clear()

    def expire(self) -> None:
        """Let every token end now."""
        now = self._clock.now() - 1
        self._tokens = {text: dataclasses.replace(token, expires=now)
                        for text, token in self._tokens.items()}

    def set_app(self, client_id: str, values: Mapping[str, object]) -> bool:
        """Change state, audience or secrets of an app."""
        for tenant in self._tenants.values():
            for app in tenant.apps:
                if app.client_id.lower() == client_id.lower():
                    for key, value in values.items():
                        setattr(app, key, value)
                    app.__post_init__()
                    return True
        return False


def _read_form(body: bytes) -> dict[str, str]:
    """The form's fields; nothing where it is not exactly a form.

    "+" is a space and "%" must be followed by two digits, so a secret that
    was not percent-encoded arrives as another one.
    """
    if re.search(rb"%(?![0-9A-Fa-f]{2})", body):
        return {}
    try:
        pairs = urllib.parse.parse_qsl(body.decode("ascii"),
                                       keep_blank_values=True,
                                       strict_parsing=True, errors="strict")
    except (UnicodeDecodeError, ValueError):
        return {}
    form = dict(pairs)
    return form if len(form) == len(pairs) else {}
