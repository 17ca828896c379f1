# SPDX-License-Identifier: MIT
"""Certificate chains for the TLS tests, each wrong in one way, by openssl(1).

Every chain is root, intermediate, leaf for "login.test", valid from 2029 to 2035
unless a case says otherwise; the tests give NOW as the time.  All of it is made
once below build/ and found again until this file changes.
"""
import dataclasses
import fcntl
import hashlib
import os
import pathlib
import shutil
import ssl
import subprocess
import tempfile

#: 2030-06-01T00:00:00Z, and the validity around it
NOW = 1906502400
VALID = ("20290101000000Z", "20350101000000Z")
PAST = ("20280101000000Z", "20300501000000Z")
FUTURE = ("20300701000000Z", "20350101000000Z")
HOST = "login.test"

_KEYS = {
    "p256": "EC ec_paramgen_curve:P-256",
    "p384": "EC ec_paramgen_curve:P-384",
    "p521": "EC ec_paramgen_curve:P-521",
    "ed25519": "ED25519",
    # four primes: found in a second instead of a minute
    "rsa8192": "RSA rsa_keygen_bits:8192 rsa_keygen_primes:4",
}
_CONFIG = """\
[ca]
default_ca = ours
[ours]
database = {dir}/index.txt
new_certs_dir = {dir}
rand_serial = yes
policy = any
unique_subject = no
email_in_dn = no
[any]
countryName = optional
commonName = supplied
[req]
distinguished_name = name
prompt = no
[name]
commonName = request
"""
CA = ("basicConstraints = critical,CA:TRUE",
      "keyUsage = critical,keyCertSign,cRLSign")


@dataclasses.dataclass(frozen=True)
class Cert:
    """One certificate to be issued."""
    name: str                       # common name
    key: str                        # "<role>-<type>", made when asked for
    exts: tuple[str, ...] = CA      # lines of an openssl extension section
    md: str = "sha256"
    valid: tuple[str, str] = VALID
    pss: bool = False
    issuer: "Cert | None" = None    # None: signed by itself


ROOT = Cert("Root", "root-rsa2048")
INTER = Cert("Intermediate", "inter-rsa2048", issuer=ROOT)


def leaf_exts(san: str | None = f"DNS:{HOST}", eku: str | None = "serverAuth",
              ca: bool = False, more: tuple[str, ...] = ()) -> tuple[str, ...]:
    lines = [f"basicConstraints = critical,CA:{str(ca).upper()}"]
    if san:
        lines.append(f"subjectAltName = {san}")
    if eku:
        lines.append(f"extendedKeyUsage = {eku}")
    return (*lines, *more)


LEAF = Cert(HOST, "leaf-rsa2048", leaf_exts(), issuer=INTER)
EXTRA = Cert("Extra", "extra-rsa2048")


def change(cert: Cert, **fields) -> Cert:
    return dataclasses.replace(cert, **fields)


def with_leaf(**fields) -> list[Cert]:
    return [change(LEAF, **fields), INTER, ROOT]


def with_inter(leaf_key: str = "leaf-rsa2048", **fields) -> list[Cert]:
    inter = change(INTER, **fields)
    return [change(LEAF, issuer=inter, key=leaf_key), inter, ROOT]


def of_keys(root: str, inter: str, leaf: str, md: str) -> list[Cert]:
    r = Cert("Root " + root, "root-" + root)
    i = Cert("Intermediate " + inter, "inter-" + inter, md=md, issuer=r)
    return [Cert(HOST, "leaf-" + leaf, leaf_exts(), md=md, issuer=i), i, r]


def _eku(what: str) -> tuple[str, ...]:
    return (*CA, f"extendedKeyUsage = {what}")


def _leaf_used_as_ca() -> list[Cert]:
    attacker = change(LEAF, name="attacker.test",
                      exts=leaf_exts("DNS:attacker.test"))
    forged = change(LEAF, key="evil-rsa2048", issuer=attacker)
    return [forged, attacker, INTER, ROOT]


def _long_chain(n: int) -> list[Cert]:
    above, chain = ROOT, []
    for i in range(n):
        above = Cert(f"Step {i}", "inter-p256", issuer=above)
        chain.insert(0, above)
    return [change(LEAF, issuer=above), *chain, ROOT]


SELF_SIGNED = Cert(HOST, "evil-rsa2048", leaf_exts())
#: Another CA's root and intermediate with the same names as ours.
TWIN_ROOT = change(ROOT, key="twin-rsa2048")
TWIN_INTER = change(INTER, key="twinter-rsa2048", issuer=TWIN_ROOT)


@dataclasses.dataclass(frozen=True)
class Case:
    """What the server sends, leaf first, and the CA file of the client."""
    send: list[Cert]
    anchor: Cert


def _case(certs: list[Cert], order: str | None = None,
          anchor: Cert | None = None) -> Case:
    """certs is leaf .. root; order picks from l, i, r and x (a stray one)."""
    by_letter = dict(zip("lir", certs), x=EXTRA)
    send = certs[:-1] if order is None else [by_letter[c] for c in order]
    return Case(send, anchor or certs[-1])


#: The reviewed matrix: 42 cases.
MATRIX = {
    "ok_rsa4096root_rsa4096int_rsa2048":
        _case(of_keys("rsa4096", "rsa4096", "rsa2048", "sha384")),
    "ok_rsa2048_like_DigiCertG2": _case(with_leaf()),
    "ok_p384root_p384int_p256leaf":
        _case(of_keys("p384", "p384", "p256", "sha384")),
    "ok_p384root_p256int_p384leaf":
        _case(of_keys("p384", "p256", "p384", "sha384")),
    "p521root": _case(of_keys("p521", "p384", "p256", "sha512")),
    "ok_rsa4096_root_p384int_p256leaf":
        _case(of_keys("rsa4096", "p384", "p256", "sha384")),
    "rsa3072leaf": _case(with_leaf(key="leaf-rsa3072")),
    "rsa4096leaf": _case(with_leaf(key="leaf-rsa4096")),
    "rsa8192leaf": _case(with_leaf(key="leaf-rsa8192")),
    "rsa_pss_signed_chain": _case([
        change(LEAF, pss=True, issuer=change(INTER, pss=True)),
        change(INTER, pss=True), ROOT]),
    "ed25519_leaf": _case(with_leaf(key="leaf-ed25519")),
    "dup_leaf_in_chain": _case(with_leaf(), "lli"),
    "rsa1024_leaf": _case(with_leaf(key="leaf-rsa1024")),
    "rsa1024_int": _case(with_inter(key="inter-rsa1024")),
    "eku_clientauth_only": _case(with_leaf(exts=leaf_exts(eku="clientAuth"))),
    "eku_email_only": _case(with_leaf(exts=leaf_exts(eku="emailProtection"))),
    "eku_critical_serverauth":
        _case(with_leaf(exts=leaf_exts(eku="critical,serverAuth"))),
    "int_nameconstraints_critical_permits": _case(with_inter(
        exts=(*CA, "nameConstraints = critical,permitted;DNS:test"))),
    "int_nameconstraints_noncritical_EXCLUDES_name": _case(with_inter(
        exts=(*CA, "nameConstraints = excluded;DNS:test"))),
    "int_eku_clientauth_only": _case(with_inter(exts=_eku("clientAuth"))),
    "int_pathlen0_ok": _case(with_inter(exts=(
        "basicConstraints = critical,CA:TRUE,pathlen:0", CA[1]))),
    "wrong_host": _case(with_leaf(
        name="other.test", exts=leaf_exts("DNS:other.test"))),
    "cn_only_no_san": _case(with_leaf(exts=leaf_exts(None))),
    "san_other_but_cn_matches":
        _case(with_leaf(exts=leaf_exts("DNS:other.test"))),
    "san_iponly_but_cn_matches":
        _case(with_leaf(exts=leaf_exts("IP:127.0.0.1"))),
    "wildcard_ok": _case(with_leaf(name="w", exts=leaf_exts("DNS:*.test"))),
    "wildcard_star_tld_partial":
        _case(with_leaf(name="w", exts=leaf_exts("DNS:log*.test"))),
    "expired_leaf": _case(with_leaf(valid=PAST)),
    "notyet_leaf": _case(with_leaf(valid=FUTURE)),
    "expired_int": _case(with_inter(valid=PAST)),
    "missing_intermediate": _case(with_leaf(), "l"),
    "with_root_sent": _case(with_leaf(), "lir"),
    "extra_cert_between": _case(with_leaf(), "lxi"),
    "extra_cert_after": _case(with_leaf(), "lix"),
    "reverse_order": _case(with_leaf(), "il"),
    "leaf_isCA_true_as_server": _case(with_leaf(exts=leaf_exts(ca=True))),
    "expired_root_anchor": _case(with_leaf(), anchor=change(ROOT, valid=PAST)),
    "leaf_used_as_CA": _case(_leaf_used_as_ca()),
    "self_signed": _case([SELF_SIGNED, ROOT]),
    "self_signed_nonCA_as_anchor":
        _case([SELF_SIGNED, ROOT], anchor=SELF_SIGNED),
    "sha1_leaf_sig": _case(with_leaf(md="sha1")),
    "sha1_int_sig": _case(with_inter(md="sha1")),
}

#: What the matrix leaves open.
MORE = {
    "leaf_without_eku": _case(with_leaf(exts=leaf_exts(eku=None))),
    "leaf_eku_any_only":
        _case(with_leaf(exts=leaf_exts(eku="anyExtendedKeyUsage"))),
    "leaf_eku_client_and_server":
        _case(with_leaf(exts=leaf_exts(eku="clientAuth,serverAuth"))),
    "leaf_eku_malformed": _case(with_leaf(exts=leaf_exts(
        eku=None, more=("2.5.29.37 = DER:3002:0500",)))),
    "leaf_may_not_sign": _case(with_leaf(
        exts=leaf_exts(more=("keyUsage = critical,keyEncipherment",)))),
    "leaf_p521": _case(with_leaf(key="leaf-p521")),
    "leaf_rsa2040": _case(with_leaf(key="leaf-rsa2040")),
    "leaf_md5_sig": _case(with_leaf(md="md5")),
    "leaf_sha224_sig": _case(with_leaf(md="sha224")),
    "leaf_sha1_sig_by_ec": _case([
        change(LEAF, md="sha1", issuer=change(INTER, key="inter-p256")),
        change(INTER, key="inter-p256"), ROOT]),
    "leaf_unknown_critical_extension": _case(with_leaf(
        exts=leaf_exts(more=("1.2.3.4 = critical,ASN1:NULL",)))),
    "int_eku_any": _case(with_inter(exts=_eku("anyExtendedKeyUsage"))),
    "int_eku_client_and_server":
        _case(with_inter(exts=_eku("clientAuth,serverAuth"))),
    "int_without_basic_constraints": _case(with_inter(exts=(CA[1],))),
    "int_may_not_sign_certificates": _case(with_inter(
        exts=(CA[0], "keyUsage = critical,digitalSignature"))),
    "int_pathlen0_above_another": _case([
        change(LEAF, issuer=change(INTER, name="Lower", key="extra-rsa2048",
                                   issuer=change(INTER, exts=(
                                       CA[0] + ",pathlen:0", CA[1])))),
        change(INTER, name="Lower", key="extra-rsa2048",
               issuer=change(INTER, exts=(CA[0] + ",pathlen:0", CA[1]))),
        change(INTER, exts=(CA[0] + ",pathlen:0", CA[1])), ROOT]),
    "twin_intermediate": _case(
        [change(LEAF, issuer=TWIN_INTER), INTER, ROOT]),
    "twin_root": _case(
        [change(LEAF, issuer=TWIN_INTER), TWIN_INTER, ROOT]),
    "stray_client_ca_after": Case(
        [LEAF, INTER, change(EXTRA, exts=_eku("clientAuth"))], ROOT),
    "chain_of_10": _case(_long_chain(9)),
    "chain_of_11": _case(_long_chain(10)),
    "ok_ca_rsa1024": _case(of_keys("rsa1024", "rsa2048", "rsa2048", "sha256")),
    "ok_ca_rsa8192": _case(of_keys("rsa8192", "rsa2048", "rsa2048", "sha256")),
    "wildcard_two_labels_up": _case(with_leaf(
        name="w", exts=leaf_exts("DNS:*.login.test"))),
    "name_in_capitals": _case(with_leaf(exts=leaf_exts("DNS:LOGIN.Test"))),
}


class Pki:
    """Keys and certificates in one folder."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.issued: dict[Cert, pathlib.Path] = {}
        (folder / "openssl.cnf").write_text(_CONFIG.format(dir=folder))
        (folder / "index.txt").write_text("")

    def _openssl(self, *args: str) -> None:
        done = subprocess.run(["openssl", *args], capture_output=True,
                              text=True, timeout=120, check=False,
                              cwd=self.folder)
        if done.returncode:
            raise RuntimeError(f"openssl {' '.join(args)}: {done.stderr}")

    def key(self, tag: str) -> pathlib.Path:
        path = self.folder / f"{tag}.key"
        if not path.exists():
            kind = tag.split("-")[1]
            what = _KEYS.get(kind) or f"RSA rsa_keygen_bits:{kind[3:]}"
            algorithm, *options = what.split()
            opts = [word for o in options for word in ("-pkeyopt", o)]
            self._openssl("genpkey", "-algorithm", algorithm, *opts, "-out",
                          str(path))
            self._openssl("req", "-new", "-config", "openssl.cnf", "-key",
                          str(path), "-out", f"{tag}.csr")
        return path

    def cert(self, cert: Cert) -> pathlib.Path:
        if cert in self.issued:
            return self.issued[cert]
        self.key(cert.key)
        if cert.issuer is None:
            signer = ["-selfsign", "-keyfile", str(self.key(cert.key))]
        else:
            signer = ["-cert", str(self.cert(cert.issuer)), "-keyfile",
                      str(self.key(cert.issuer.key))]
        path = self.folder / f"{len(self.issued):03}.pem"
        ext = self.folder / "ext"
        ext.write_text("[e]\n" + "\n".join(cert.exts) + "\n")
        pss = ["-sigopt", "rsa_padding_mode:pss"] if cert.pss else []
        self._openssl("ca", "-batch", "-notext", "-config", "openssl.cnf",
                      "-extfile", str(ext), "-extensions", "e",
                      "-subj", f"/C=US/CN={cert.name}", "-md", cert.md, *pss,
                      "-startdate", cert.valid[0], "-enddate", cert.valid[1],
                      *signer, "-in", f"{cert.key}.csr", "-out", str(path))
        self.issued[cert] = path
        return path

    def write(self, name: str, case: Case) -> None:
        folder = self.folder / "case" / name
        folder.mkdir(parents=True)
        pems = [self.cert(cert).read_text() for cert in case.send]
        ders = [ssl.PEM_cert_to_DER_cert(pem) for pem in pems]
        (folder / "chain.pem").write_text("".join(pems))
        (folder / "chain.bin").write_bytes(
            b"".join(len(der).to_bytes(4, "big") + der for der in ders))
        shutil.copy(self.key(case.send[0].key), folder / "key.pem")
        shutil.copy(self.cert(case.anchor), folder / "ca.pem")


def ensure(below: pathlib.Path) -> pathlib.Path:
    """The folder with <case>/{chain.pem,chain.bin,key.pem,ca.pem}."""
    version = hashlib.sha256(pathlib.Path(__file__).read_bytes()).hexdigest()
    below = below.resolve()
    done = below / f"pki-{version[:12]}"
    below.mkdir(parents=True, exist_ok=True)
    with open(below / "pki.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if done.is_dir():
            return done
        for old in below.glob("pki-*"):
            shutil.rmtree(old)
        work = pathlib.Path(tempfile.mkdtemp(prefix=".new-", dir=below))
        try:
            pki = Pki(work)
            for name, case in {**MATRIX, **MORE}.items():
                pki.write(name, case)
            os.rename(work / "case", done)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return done
