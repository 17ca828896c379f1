# SPDX-License-Identifier: MIT
"""What tests of the control socket's changing side share."""
import contextlib
import http.client
import io
import json
import os
import pathlib
import socket
import typing
from collections.abc import Mapping
from typing import Any

from simulator import Simulator
from test_control import DaemonCase, UnixConnection

#: The group of the socket is that of the one who runs the tests.
WEB_USER = "www-data"


class _Bytes(io.BytesIO):
    """What http.client reads an answer from."""

    def makefile(self, *_: Any) -> io.BytesIO:
        """Itself."""
        return self


class Answer(typing.NamedTuple):
    """What the daemon said."""
    status: int
    etag: str | None
    text: str

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.text)

    @property
    def error(self) -> tuple[str, str]:
        """Code and setting of a refusal."""
        error = self.json["error"]
        return error["code"], error["setting"]


class AdminCase(DaemonCase):
    """Asks a daemon to change something."""

    def call(self, method: str, target: str, body: Any = None,
             headers: Mapping[str, str] = {}) -> Answer:
        """One request at the control socket; a body that is no text is sent
        as JSON."""
        connection = UnixConnection(self.control)
        text = body if body is None or isinstance(body, (str, bytes)) \
            else json.dumps(body)
        try:
            # What is too long is answered before it was sent.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.request(method, target, text, dict(headers))
            answer = connection.getresponse()
            return Answer(answer.status, answer.getheader("ETag"),
                          answer.read().decode("utf-8"))
        finally:
            connection.close()

    def get_config(self) -> tuple[dict[str, Any], str]:
        """The stored configuration and its ETag."""
        answer = self.call("GET", "/v1/config")
        self.assertEqual(answer.status, 200, answer.text)
        assert answer.etag is not None
        return answer.json, answer.etag

    def put_config(self, config: Any) -> Answer:
        """Replace what is stored now."""
        return self.call("PUT", "/v1/config", config,
                         {"If-Match": self.call("GET", "/v1/config").etag
                          or ""})

    def put_secret(self, value: str, **more: Any) -> Answer:
        """The client secret of the one connector."""
        return self.call("PUT", "/v1/secrets/sentinel/client_secret",
                         {"value": value, **more})

    def audit(self, limit: int = 100) -> list[dict[str, Any]]:
        """The audit log, newest first."""
        answer = self.call("GET", f"/v1/audit?limit={limit}")
        self.assertEqual(answer.status, 200, answer.text)
        found: list[dict[str, Any]] = answer.json["audit"]
        return found

    def connector_state(self) -> tuple[str, str, str]:
        """State, and code and setting of the last error."""
        connectors = self.get_status()["connectors"]
        if not connectors:
            return "", "", ""
        error = connectors[0]["last_error"] or {"code": "", "setting": ""}
        return connectors[0]["state"], error["code"], error["setting"]

    def secret_of(self, sim: Simulator) -> str:
        """The client secret that the simulator takes."""
        return pathlib.Path(sim.info["secrets"]["sentinel"]).read_text(
            "utf-8").strip()

    def as_user(self, uid: int, method: str, target: str, body: str = "",
                headers: Mapping[str, str] = {}, group: int | None = None) \
            -> tuple[int, Any]:
        """The same by a process of another user, a member of `group` (the
        socket's).  0 and the errno where it is not let in."""
        head = "".join(f"{k}: {v}\r\n" for k, v in headers.items())
        request = (f"{method} {target} HTTP/1.1\r\nHost: x\r\n{head}"
                   f"Content-Length: {len(body)}\r\n\r\n{body}").encode()
        ours, theirs = os.pipe()
        child = os.fork()
        if child == 0:
            with contextlib.suppress(BaseException):
                os.setgroups([] if group is None else [group])
                os.setresgid(uid, uid, uid)
                os.setresuid(uid, uid, uid)
                os.write(theirs, self._raw(request))
            os._exit(0)
        os.close(theirs)
        with open(ours, "rb") as pipe:
            text = pipe.read()
        os.waitpid(child, 0)
        if not text.startswith(b"HTTP/"):
            return 0, int(text or b"-1")
        answer = http.client.HTTPResponse(_Bytes(text))  # type: ignore
        answer.begin()
        content = answer.read()
        return answer.status, json.loads(content) if content else None

    def _raw(self, request: bytes) -> bytes:
        seen = b""
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(10)
            try:
                peer.connect(str(self.control))
            except OSError as error:
                return str(error.errno).encode()
            # Who is turned away is not listened to.
            with contextlib.suppress(OSError):
                peer.sendall(request)
            with contextlib.suppress(OSError):
                while more := peer.recv(65536):
                    seen += more
        return seen
