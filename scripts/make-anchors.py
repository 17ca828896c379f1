#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""make-anchors.py LIST OUT [FOLDER] - write the built-in TLS anchors as C.

LIST is src/tls/anchors.txt, OUT the C file, FOLDER where the certificates are
(that of Debian's package ca-certificates unless given).  An anchor is a subject
name and a public key.  A certificate that is missing or whose fingerprint is not
the one in LIST stops with one sentence; OUT is then not written.
"""
import base64
import binascii
import hashlib
import os
import pathlib
import re
import sys

FOLDER = "/usr/share/ca-certificates/mozilla"
SEQUENCE, INTEGER, BIT_STRING, OID, VERSION = 0x30, 0x02, 0x03, 0x06, 0xA0
RSA = bytes.fromhex("2a864886f70d010101")
EC = bytes.fromhex("2a8648ce3d0201")
CURVES = {
    bytes.fromhex("2a8648ce3d030107"): "BR_EC_secp256r1",
    bytes.fromhex("2b81040022"): "BR_EC_secp384r1",
    bytes.fromhex("2b81040023"): "BR_EC_secp521r1",
}


class Stop(Exception):
    """What to tell the user, as one sentence."""


def read_list(path: pathlib.Path) -> list[tuple[str, str]]:
    """(name, SHA-256) of each line."""
    roots = []
    for line in path.read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        match = re.fullmatch(
            r"(\w+) ([0-9a-f]{64}) \d{4}-\d\d-\d\d (?:\d{4}-\d\d-\d\d|-) .+",
            line)
        if match is None:
            raise Stop(f"{path} has a line that cannot be read, correct it: "
                       f"{line[:60]}")
        roots.append((match[1], match[2]))
    return roots


def load(folder: pathlib.Path, name: str, sha256: str) -> bytes:
    """The certificate as DER."""
    path = folder / f"{name}.crt"
    try:
        text = path.read_text(encoding="ascii", errors="replace")
    except OSError:
        raise Stop(f"{path} is missing: install the Debian package "
                   "ca-certificates (apt-get install ca-certificates), then "
                   "run make again.") from None
    match = re.fullmatch(r"-+BEGIN CERTIFICATE-+\n([\w+/=\n]+)"
                         r"-+END CERTIFICATE-+\n?", text)
    try:
        der = base64.b64decode(match[1]) if match else b""
    except binascii.Error:
        der = b""
    if hashlib.sha256(der).hexdigest() != sha256:
        raise Stop(f"{path} does not have the SHA-256 fingerprint that "
                   "src/tls/anchors.txt pins: do not build with it; reinstall "
                   "the Debian package ca-certificates and run make again.")
    return der


class Der:
    """Elements of one DER value, from front to back."""

    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    def element(self, tag: int) -> tuple[bytes, bytes]:
        """The next element whole, and its contents."""
        start, data = self.at, self.data
        if data[start] != tag:
            raise Stop(f"a certificate has {data[start]:#x} where {tag:#x} "
                       "belongs: it is not one that this script can read.")
        n, at = data[start + 1], start + 2
        if n >= 0x80:
            octets = n & 0x7F
            n = int.from_bytes(data[at:at + octets], "big")
            at += octets
        self.at = at + n
        return data[start:self.at], data[at:self.at]

    def skip(self, *tags: int) -> None:
        for tag in tags:
            self.element(tag)


def anchor(der: bytes) -> dict[str, bytes | str]:
    """Subject name and key of a certificate."""
    tbs = Der(Der(Der(der).element(SEQUENCE)[1]).element(SEQUENCE)[1])
    # version, serial, signature, issuer, validity
    tbs.skip(VERSION, INTEGER, SEQUENCE, SEQUENCE, SEQUENCE)
    name = tbs.element(SEQUENCE)[0]
    key_info = Der(tbs.element(SEQUENCE)[1])
    algorithm = Der(key_info.element(SEQUENCE)[1])
    bits = key_info.element(BIT_STRING)[1][1:]
    kind = algorithm.element(OID)[1]
    if kind == RSA:
        pair = Der(Der(bits).element(SEQUENCE)[1])
        key, exponent = (pair.element(INTEGER)[1].lstrip(b"\0")
                         for _ in range(2))
        return {"dn": name, "key": key, "exponent": exponent, "curve": "0"}
    curve = CURVES.get(algorithm.element(OID)[1]) if kind == EC else None
    if curve is None:
        raise Stop("a certificate of src/tls/anchors.txt has a key that is "
                   "neither RSA nor on P-256, P-384 or P-521: remove its line.")
    return {"dn": name, "key": bits, "exponent": b"", "curve": curve}


def array(name: str, data: bytes) -> str:
    lines = [", ".join(f"0x{byte:02x}" for byte in data[i:i + 11])
             for i in range(0, len(data), 11)]
    return (f"static const uint8_t {name}[] = {{\n\t"
            + ",\n\t".join(lines) + ",\n};\n")


def write_c(roots: list[tuple[str, dict]]) -> str:
    parts, rows = [], []
    for i, (name, root) in enumerate(roots):
        row = []
        parts.append(f"/* {name} */\n")
        for field in ("dn", "key", "exponent"):
            data = root[field]
            if data:
                parts.append(array(f"{field}_{i}", data))
            row.append(f"{{ {field}_{i}, sizeof {field}_{i} }}" if data
                       else "{ NULL, 0 }")
        rows.append("\t{ " + ",\n\t  ".join(row + [root["curve"]]) + " },\n")
    return ("/* Made by scripts/make-anchors.py from src/tls/anchors.txt. */\n"
            '#include "tls/tls_priv.h"\n\n' + "\n".join(parts)
            + "\nconst struct tls_root tls_roots[] = {\n" + "".join(rows)
            + "};\n\nconst size_t tls_root_count = "
            f"{len(roots)};\n\n"
            f"_Static_assert({len(roots)} < TLS_ANCHOR_MAX_COUNT,\n"
            '    "the built-in anchors leave no room for a loaded one");\n')


def main() -> int:
    if len(sys.argv) not in (3, 4):
        print(__doc__.splitlines()[0], file=sys.stderr)
        return 2
    list_path, out = map(pathlib.Path, sys.argv[1:3])
    folder = pathlib.Path(sys.argv[3] if len(sys.argv) > 3 else FOLDER)
    try:
        roots = [(name, anchor(load(folder, name, sha256)))
                 for name, sha256 in read_list(list_path)]
    except Stop as stop:
        print(f"make-anchors.py: {stop}", file=sys.stderr)
        return 1
    out.parent.mkdir(parents=True, exist_ok=True)
    new = out.with_name(out.name + ".new")
    new.write_text(write_c(roots))
    os.replace(new, out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
