# SPDX-License-Identifier: MIT
"""The process: arguments, start, ready signal, end."""
import argparse
import json
import os
import pathlib
import signal
import socket
import ssl
import sys
import threading

from . import pki, product, scenario
from .admin import Admin
from .server import Listener, listen
from .world import ORIGINS, World

# ECDHE with AEAD only, as the product speaks.
_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tests.sim", description="Simulated Entra ID and ARM.")
    parser.add_argument("--scenario", required=True, help="scenario file, or "
                        "the name of one in tests/sim/scenarios")
    parser.add_argument("--dir", required=True, type=pathlib.Path,
                        help="folder for sim.json, config.json and secrets")
    parser.add_argument("--pki", type=pathlib.Path, help="folder in which "
                        "the certificates are kept (default: DIR/pki)")
    parser.add_argument("--incidents", type=int, help="put another number "
                        "into the scenario's \"generate\"")
    parser.add_argument("--watch-stdin", action="store_true",
                        help="end when stdin ends: with the parent")
    parser.add_argument("--lifetime", type=float, default=0,
                        help="end after so many seconds (default: never)")
    return parser.parse_args(argv)


def _load(options: argparse.Namespace) -> scenario.Scenario:
    path = pathlib.Path(options.scenario)
    if not path.is_file():
        path = pathlib.Path(__file__).parent / "scenarios" \
            / f"{options.scenario}.json"
    loaded = scenario.load(path)
    if options.incidents is not None:
        for workspace in loaded.workspaces:
            if workspace.generate is not None:
                workspace.generate["incidents"] = options.incidents
    return loaded


def _tls(folder: pathlib.Path, tls: scenario.Tls) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if tls.max_version == "1.2":
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS)
    context.load_cert_chain(folder / f"{tls.certificate}.pem",
                            folder / f"{tls.certificate}.key")
    return context


def _url(sock: socket.socket, scheme: str = "https") -> str:
    return f"{scheme}://localhost:{sock.getsockname()[1]}"


def _start(options: argparse.Namespace, stop: threading.Event) -> None:
    loaded = _load(options)
    scenario.one_of("tls.certificate", loaded.tls.certificate,
                    list(pki.CERTIFICATES))
    scenario.one_of("tls.key", loaded.tls.key, list(pki.KEY_TYPES))
    folder: pathlib.Path = options.dir.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    certificates = pki.ensure((options.pki or folder / "pki").resolve(),
                              loaded.tls.certificate, loaded.tls.key)
    context = _tls(certificates, loaded.tls)
    world = World(loaded)
    sockets = {origin: listen() for origin in ORIGINS}
    admin_socket = listen()
    world.set_urls({origin: _url(s) for origin, s in sockets.items()})
    for origin, sock in sockets.items():
        Listener(world, origin, sock, context, stop).start()
    info: dict[str, object] = {
        "pid": os.getpid(), "authority_url": world.urls["entra"],
        "arm_url": world.urls["arm"],
        "catch_all_url": world.urls["catch_all"],
        "admin_url": _url(admin_socket, "http"),
        "ca_file": str(certificates / "ca.pem"),
        "other_ca_file": str(certificates / "other_ca.pem")}
    info.update(product.write(folder, loaded, info))
    Admin(world, stop, info).serve(admin_socket)
    # The ready signal: everything above is listening now.
    product.write_atomically(folder / "sim.json",
                             json.dumps(info, indent=1) + "\n")


def _watch_stdin(stop: threading.Event) -> None:
    while os.read(0, 4096):
        pass
    stop.set()


def main(argv: list[str]) -> int:
    """Run until a signal, the end of stdin, the lifetime or an order."""
    options = _arguments(argv)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    # Threads that wait for the interpreter must not wait 5 ms for it.
    sys.setswitchinterval(0.0005)
    try:
        _start(options, stop)
    except (OSError, RuntimeError, ValueError) as error:
        print(f"simulated Azure: {error}", file=sys.stderr)
        return 1
    if options.watch_stdin:
        threading.Thread(target=_watch_stdin, args=(stop,),
                         daemon=True).start()
    stop.wait(options.lifetime or None)
    stop.set()
    sys.stdout.flush()
    # Connections may be stalled on purpose: end without waiting for them.
    os._exit(0)
