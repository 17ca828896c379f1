# SPDX-License-Identifier: MIT
"""A private CA and a server certificate for "localhost", by openssl(1).

Made once per folder and found again on the next start.  The folder appears
whole or not at all, so several simulators may share it.
"""
import datetime
import os
import pathlib
import shutil
import subprocess
import tempfile

#: kind -> (days before now, days after now, subject alternative name)
CERTIFICATES = {
    "good": (2, 3650, "DNS:localhost"),
    "expired": (60, -2, "DNS:localhost"),
    "not_yet": (-2, 3650, "DNS:localhost"),
    "wrong_host": (2, 3650, "DNS:other.test"),
}
KEY_TYPES = {
    "p256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "rsa2048": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
}
_CONFIG = """\
[ca]
default_ca = sim
[sim]
database = {dir}/index.txt
new_certs_dir = {dir}
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
[root]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature,keyEncipherment
extendedKeyUsage = serverAuth
subjectAltName = {san}
"""


def _openssl(*args: str) -> None:
    done = subprocess.run(["openssl", *args], capture_output=True, text=True,
                          timeout=60, check=False)
    if done.returncode:
        raise RuntimeError(f"openssl {args[0]} failed: {done.stderr}")


def _stamp(days: int) -> str:
    when = datetime.datetime.now(datetime.timezone.utc)
    return (when + datetime.timedelta(days=days)).strftime("%Y%m%d%H%M%SZ")


def _make_ca(folder: pathlib.Path, name: str, key_type: str) -> None:
    config = folder / "openssl.cnf"
    config.write_text(_CONFIG.format(dir=folder, san="DNS:localhost"))
    _openssl("genpkey", *KEY_TYPES[key_type], "-out",
             str(folder / f"{name}.key"))
    _openssl("req", "-x509", "-config", str(config), "-extensions", "root",
             "-sha256", "-days", "3650", "-key", str(folder / f"{name}.key"),
             "-subj", f"/CN=Simulated Azure {name}",
             "-out", str(folder / f"{name}.pem"))


def _make_leaf(folder: pathlib.Path, kind: str, key_type: str) -> None:
    before, after, san = CERTIFICATES[kind]
    config, request = folder / "openssl.cnf", folder / "leaf.csr"
    config.write_text(_CONFIG.format(dir=folder, san=san))
    (folder / "index.txt").write_text("")
    key = str(folder / f"{kind}.key")
    _openssl("genpkey", *KEY_TYPES[key_type], "-out", key)
    _openssl("req", "-new", "-config", str(config), "-key", key,
             "-subj", "/CN=localhost", "-out", str(request))
    _openssl("ca", "-batch", "-notext", "-config", str(config),
             "-extensions", "leaf", "-startdate", _stamp(-before),
             "-enddate", _stamp(after), "-cert", str(folder / "ca.pem"),
             "-keyfile", str(folder / "ca.key"), "-in", str(request),
             "-out", str(folder / f"{kind}.pem"))


def ensure(folder: pathlib.Path, kind: str, key_type: str) -> pathlib.Path:
    """The folder with ca.pem, other_ca.pem, <kind>.pem and <kind>.key.

    other_ca.pem signs nothing: a client that trusts only it must refuse.
    """
    done = folder / f"{key_type}-{kind}"
    if (done / f"{kind}.pem").is_file():
        return done
    folder.mkdir(parents=True, exist_ok=True)
    # Every kind is signed by the one CA of its key type: copy it if it is
    # there already.
    base = folder / f"{key_type}-good"
    if kind != "good":
        ensure(folder, "good", key_type)
    work = pathlib.Path(tempfile.mkdtemp(prefix=".new-", dir=folder))
    try:
        if kind == "good":
            _make_ca(work, "ca", key_type)
            _make_ca(work, "other_ca", key_type)
        else:
            for name in ("ca.pem", "ca.key", "other_ca.pem"):
                shutil.copy(base / name, work / name)
        _make_leaf(work, kind, key_type)
        # Whoever runs the client may read the CA; the keys stay private.
        work.chmod(0o755)
        os.rename(work, done)
    except OSError:
        # Another simulator was faster: its folder is as good as ours.
        if not (done / f"{kind}.pem").is_file():
            raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return done
