# SPDX-License-Identifier: MIT
"""Which server our verifier believes: the reviewed verdict of every case.

The table says what must happen; pki.py makes the chains.  Each case goes
straight into the verifier (in pieces of several sizes) and, where a server can
be made to send it, through a real handshake with our hardened TLS client.
"""
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import unittest
import warnings

import pki

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
PROBE = BUILD / "native" / "tls-probe"

#: case -> verdict, why
MATRIX = {
    "ok_rsa4096root_rsa4096int_rsa2048": ("fine", "the keys Azure uses"),
    "ok_rsa2048_like_DigiCertG2": ("fine", "the keys Azure uses"),
    "ok_p384root_p384int_p256leaf": ("fine", "the keys Azure uses"),
    "ok_p384root_p256int_p384leaf": ("fine", "the keys Azure uses"),
    "p521root": ("fine", "Azure's list allows P-521 in certificates"),
    "ok_rsa4096_root_p384int_p256leaf": ("fine", "RSA may sign for EC"),
    "rsa3072leaf": ("fine", "between 2048 and 4096"),
    "rsa4096leaf": ("fine", "the longest that is supported"),
    "rsa8192leaf": ("unusable", "does not fit into BearSSL's buffers"),
    "rsa_pss_signed_chain": ("unusable", "PSS is not supported"),
    "ed25519_leaf": ("unusable", "Ed25519 is not supported"),
    "dup_leaf_in_chain": ("unusable", "the order must be exact"),
    "rsa1024_leaf": ("weak", "below 2048 bits"),
    "rsa1024_int": ("weak", "below 2048 bits"),
    "eku_clientauth_only": ("wrong_usage", "a client's certificate"),
    "eku_email_only": ("wrong_usage", "a person's certificate"),
    "eku_critical_serverauth": ("unusable", "over-strict: EKU is not known to "
                                "the engine, so it must not be critical"),
    "int_nameconstraints_critical_permits": (
        "unusable", "over-strict: constraints are not understood"),
    "int_nameconstraints_noncritical_EXCLUDES_name": (
        "fine", "not checked: name constraints"),
    "int_eku_clientauth_only": ("wrong_usage", "a CA for clients only"),
    "int_pathlen0_ok": ("fine", "nothing but the leaf is below it"),
    "wrong_host": ("wrong_name", "for other.test"),
    "cn_only_no_san": ("no_san", "the common name does not count"),
    "san_other_but_cn_matches": ("wrong_name", "the SAN decides"),
    "san_iponly_but_cn_matches": ("wrong_name", "the SAN decides"),
    "wildcard_ok": ("fine", "one label; the public suffix is not looked at"),
    "wildcard_star_tld_partial": ("wrong_name", "a star is a whole label"),
    "expired_leaf": ("expired", "ended a month ago"),
    "notyet_leaf": ("expired", "begins in a month"),
    "expired_int": ("expired", "ended a month ago"),
    "missing_intermediate": ("untrusted", "nothing leads to the root"),
    "with_root_sent": ("fine", "what follows the last needed one is ignored"),
    "extra_cert_between": ("unusable", "the order must be exact"),
    "extra_cert_after": ("fine", "what follows is ignored"),
    "reverse_order": ("no_san", "the first one is judged as the server's"),
    "leaf_isCA_true_as_server": ("fine", "a CA may name itself as a server"),
    "expired_root_anchor": ("fine", "an anchor is a name and a key"),
    "leaf_used_as_CA": ("wrong_usage", "the signer is not a CA"),
    "self_signed": ("untrusted", "not an anchor"),
    "self_signed_nonCA_as_anchor": ("ca_refused", "the CA file takes CAs only"),
    "sha1_leaf_sig": ("weak", "SHA-1"),
    "sha1_int_sig": ("weak", "SHA-1"),
}

MORE = {
    "leaf_without_eku": ("fine", "no EKU means any use"),
    "leaf_eku_any_only": ("wrong_usage", "any is not server, as in OpenSSL"),
    "leaf_eku_client_and_server": ("fine", "server is among them"),
    "leaf_eku_malformed": ("unusable", "what is not understood is not fine"),
    "leaf_may_not_sign": ("wrong_usage", "ECDHE needs the leaf's signature"),
    "leaf_p521": ("unusable", "we do not offer P-521 for handshakes"),
    "leaf_rsa2040": ("weak", "one byte short of 2048 bits"),
    "leaf_md5_sig": ("weak", "MD5"),
    "leaf_sha224_sig": ("unusable", "no CA uses SHA-224"),
    "leaf_sha1_sig_by_ec": ("weak", "SHA-1 with ECDSA"),
    "leaf_unknown_critical_extension": ("unusable", "must be understood"),
    "int_eku_any": ("fine", "a CA for any use"),
    "int_eku_client_and_server": ("fine", "as Azure's intermediates"),
    "int_without_basic_constraints": ("wrong_usage", "does not say it is a CA"),
    "int_may_not_sign_certificates": ("wrong_usage", "key usage forbids it"),
    "int_pathlen0_above_another": ("wrong_usage", "no CA may be below it"),
    "twin_intermediate": ("untrusted", "same name, other key"),
    "twin_root": ("untrusted", "same name, other key"),
    "stray_client_ca_after": ("fine", "what follows is ignored"),
    "chain_of_10": ("fine", "the limit"),
    "chain_of_11": ("unusable", "one above the limit"),
    "ok_ca_rsa1024": ("ca_refused", "an anchor must be strong, too"),
    "ok_ca_rsa8192": ("ca_refused", "the file that crashed BearSSL 0.6"),
    "wildcard_two_labels_up": ("wrong_name", "a star is exactly one label"),
    "name_in_capitals": ("fine", "DNS has no case"),
}

#: Servers on OpenSSL do not send these: not the key of the first certificate,
#: malformed; no key of a kind that our client offers.
NO_SERVER = {"reverse_order", "leaf_eku_malformed"}
SERVER_GIVES_UP = {"ed25519_leaf", "leaf_p521"}

GOOD = "ok_rsa2048_like_DigiCertG2"
GOOD_EC = "ok_p384root_p384int_p256leaf"


class Probe:
    """tls-probe, kept running."""

    def __init__(self):
        self.process = subprocess.Popen(
            [PROBE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def send(self, *words) -> None:
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()

    def line(self) -> str:
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("the probe ended early: see its stderr")
        return line.rstrip("\n")

    def answer(self) -> dict[str, str]:
        line, _, text = self.line().partition(" text=")
        return dict(pair.split("=") for pair in line.split()) | {"text": text}

    def verify(self, case: pathlib.Path, name=pki.HOST, now=pki.NOW,
               chunk=256, ca=None) -> dict[str, str]:
        self.send("verify", name, now, chunk, ca or case / "ca.pem",
                  case / "chain.bin")
        return self.answer()

    def close(self) -> int:
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(timeout=30)


class WithProbe(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not PROBE.exists():
            raise AssertionError(f"{PROBE} is missing: run `make test-system`.")
        cls.cases = pki.ensure(BUILD / "test")
        cls.probe = Probe()

    @classmethod
    def tearDownClass(cls):
        status = cls.probe.close()
        if status != 0:
            raise AssertionError(f"the probe ended with {status}: a sanitizer "
                                 "finding, see above")


class VerifierTest(WithProbe):
    def check(self, table):
        for case, (verdict, why) in table.items():
            for chunk in (256, 1, 7, 100000):
                with self.subTest(case=case, why=why, chunk=chunk):
                    got = self.probe.verify(self.cases / case, chunk=chunk)
                    self.assertEqual(got["verdict"], verdict)
                    if verdict != "ca_refused":
                        self.assertEqual(got["key"] == "yes", verdict == "fine")
                        self.assertEqual(got["err"] == "0", verdict == "fine")

    def test_every_case_of_the_matrix_has_its_verdict(self):
        self.assertEqual(len(MATRIX), 42)
        self.assertEqual(MATRIX.keys(), pki.MATRIX.keys())
        self.check(MATRIX)

    def test_every_further_case_has_its_verdict(self):
        self.assertEqual(MORE.keys(), pki.MORE.keys())
        self.check(MORE)

    def test_clock_behind_or_ahead_is_expired_and_its_edges_are_exact(self):
        # valid from 2029-01-01 to 2035-01-01, both inclusive
        first, last = 1861920000, 2051222400
        for now, verdict in ((first - 1, "expired"), (first, "fine"),
                             (last, "fine"), (last + 1, "expired"),
                             (0, "expired"), (-11644473600, "expired"),
                             (253402300799, "expired")):
            with self.subTest(now=now):
                got = self.probe.verify(self.cases / GOOD, now=now)
                self.assertEqual(got["verdict"], verdict)

    def test_without_a_host_name_every_certificate_is_refused(self):
        for name in ("-", ""):
            got = self.probe.verify(self.cases / GOOD, name=name)
            self.assertEqual((got["verdict"], got["key"]), ("wrong_name", "no"))

    def test_an_ip_address_does_not_match_a_certificate_for_it(self):
        got = self.probe.verify(self.cases / "san_iponly_but_cn_matches",
                                name="127.0.0.1")
        self.assertEqual(got["verdict"], "wrong_name")

    def test_built_in_anchors_do_not_believe_our_test_root(self):
        got = self.probe.verify(self.cases / GOOD, ca="-")
        self.assertEqual(got["verdict"], "untrusted")

    def test_truncated_or_changed_certificates_are_refused(self):
        chain = (self.cases / GOOD / "chain.bin").read_bytes()
        n = int.from_bytes(chain[:4], "big")
        leaf, rest = chain[4:4 + n], chain[4 + n:]
        with tempfile.TemporaryDirectory() as folder:
            case = pathlib.Path(folder)
            shutil.copy(self.cases / GOOD / "ca.pem", case)

            def verdict(bad: bytes) -> str:
                (case / "chain.bin").write_bytes(
                    len(bad).to_bytes(4, "big") + bad + rest)
                return self.probe.verify(case)["verdict"]

            self.assertEqual(verdict(leaf), "fine")
            for cut in range(0, n, 3):
                self.assertEqual(verdict(leaf[:cut]), "unusable", cut)
            self.assertEqual(verdict(leaf + b"\0"), "unusable")
            for at in range(0, n, 3):
                changed = bytearray(leaf)
                changed[at] ^= 0x10
                self.assertNotEqual(verdict(bytes(changed)), "fine", at)

    def test_an_empty_chain_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            case = pathlib.Path(folder)
            shutil.copy(self.cases / GOOD / "ca.pem", case)
            (case / "chain.bin").write_bytes(b"")
            self.assertNotEqual(self.probe.verify(case)["verdict"], "fine")
            (case / "chain.bin").write_bytes(bytes(4))
            self.assertNotEqual(self.probe.verify(case)["verdict"], "fine")


def server_context(case: pathlib.Path) -> ssl.SSLContext:
    """A server that would do anything, as bad as OpenSSL still can."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(case / "chain.pem", case / "key.pem")
    return context


class HandshakeTest(WithProbe):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.listener = socket.create_server(("127.0.0.1", 0))
        cls.listener.settimeout(10)
        cls.port = cls.listener.getsockname()[1]

    @classmethod
    def tearDownClass(cls):
        cls.listener.close()
        super().tearDownClass()

    def setUp(self):
        warnings.simplefilter("ignore", DeprecationWarning)

    def shake(self, context: ssl.SSLContext, case: str) -> dict[str, str]:
        self.probe.send("connect", pki.HOST, pki.NOW,
                        self.cases / case / "ca.pem", self.port)
        connection, _ = self.listener.accept()
        connection.settimeout(10)
        try:
            with context.wrap_socket(connection, server_side=True) as tls:
                tls.sendall(b"hello")
        except (ssl.SSLError, OSError):
            pass    # the probe says what happened
        finally:
            connection.close()
        return self.probe.answer()

    def check(self, table):
        for case, (verdict, why) in table.items():
            if case in NO_SERVER or verdict == "ca_refused":
                continue
            if case in SERVER_GIVES_UP:
                verdict = "fine"
            with self.subTest(case=case, why=why):
                got = self.shake(server_context(self.cases / case), case)
                self.assertEqual(got["verdict"], verdict)
                self.assertEqual(
                    got["connected"] == "yes",
                    verdict == "fine" and case not in SERVER_GIVES_UP)

    def test_every_case_of_the_matrix_ends_a_handshake_the_same_way(self):
        self.check(MATRIX)

    def test_every_further_case_ends_a_handshake_the_same_way(self):
        self.check(MORE)

    def test_servers_below_tls_1_2_are_refused(self):
        for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
            context = server_context(self.cases / GOOD)
            context.maximum_version = version
            with self.subTest(version=version.name):
                self.assertEqual(self.shake(context, GOOD)["connected"], "no")

    def test_a_server_that_wants_tls_1_3_is_refused(self):
        context = server_context(self.cases / GOOD)
        context.maximum_version = ssl.TLSVersion.TLSv1_3
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        self.assertEqual(self.shake(context, GOOD)["connected"], "no")

    def test_each_of_our_four_suites_works_alone(self):
        for case, name, suite in (
                (GOOD_EC, "ECDHE-ECDSA-AES256-GCM-SHA384", "c02c"),
                (GOOD, "ECDHE-RSA-AES256-GCM-SHA384", "c030"),
                (GOOD_EC, "ECDHE-ECDSA-AES128-GCM-SHA256", "c02b"),
                (GOOD, "ECDHE-RSA-AES128-GCM-SHA256", "c02f")):
            context = server_context(self.cases / case)
            context.set_ciphers(name)
            with self.subTest(suite=name):
                got = self.shake(context, case)
                self.assertEqual((got["connected"], got["version"],
                                  got["suite"]), ("yes", "0303", suite))

    def test_every_other_suite_is_refused(self):
        for case, name in (
                (GOOD, "ECDHE-RSA-CHACHA20-POLY1305"),
                (GOOD, "ECDHE-RSA-AES128-SHA256"),
                (GOOD, "ECDHE-RSA-AES256-SHA"),
                (GOOD, "AES256-GCM-SHA384"),
                (GOOD, "AES128-CCM"),
                (GOOD, "AES128-SHA"),
                (GOOD_EC, "ECDHE-ECDSA-AES128-CCM"),
                (GOOD_EC, "ECDHE-ECDSA-AES128-SHA")):
            context = server_context(self.cases / case)
            context.set_ciphers(name + ":@SECLEVEL=0")
            with self.subTest(suite=name):
                self.assertEqual(self.shake(context, case)["connected"], "no")


class OpensslServerTest(WithProbe):
    """What Python's server cannot do: s_server."""

    def rest(self, case: pathlib.Path) -> pathlib.Path:
        """The chain without its leaf."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = pathlib.Path(folder.name) / "rest.pem"
        begin = "-----BEGIN CERTIFICATE-----"
        path.write_text("".join(begin + pem for pem in (
            case / "chain.pem").read_text().split(begin)[2:]))
        return path

    def serve(self, *options: str) -> tuple[subprocess.Popen, str]:
        case = self.cases / GOOD
        server = subprocess.Popen(
            ["openssl", "s_server", "-accept", "127.0.0.1:0", "-tls1_2",
             "-cert", case / "chain.pem", "-cert_chain", self.rest(case),
             "-key", case / "key.pem", "-naccept", "1", *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)
        # whatever goes wrong, nothing waits for ever
        watchdog = threading.Timer(20, server.kill)
        watchdog.start()
        for cleanup in (server.wait, server.kill, server.stdout.close,
                        watchdog.cancel):
            self.addCleanup(cleanup)
        for line in server.stdout:
            match = re.match(r"ACCEPT 127\.0\.0\.1:(\d+)", line)
            if match:
                return server, match[1]
        raise AssertionError("openssl s_server did not start")

    def start(self, port: str) -> None:
        self.probe.send("connect", pki.HOST, pki.NOW,
                        self.cases / GOOD / "ca.pem", port)

    def shake(self, *options: str) -> dict[str, str]:
        server, port = self.serve(*options)
        self.start(port)
        for line in server.stdout:
            if line.startswith(("CIPHER is", "ERROR")):
                break
        server.stdin.close()    # ends the server
        return self.probe.answer()

    def test_a_renegotiation_by_the_server_is_refused(self):
        server, port = self.serve()
        self.start(port)
        for line in server.stdout:
            if line.startswith("CIPHER is"):
                break
        server.stdin.write("r\n")
        server.stdin.flush()
        got = self.probe.answer()
        server.stdin.close()
        self.assertEqual((got["connected"], got["chains"]), ("yes", "1"))
        self.assertIn("no renegotiation", server.stdout.read())

    def test_a_server_that_signs_with_sha_1_only_is_refused(self):
        for digest, connected in (("SHA1", "no"), ("SHA224", "no"),
                                  ("SHA256", "yes"), ("SHA512", "yes")):
            with self.subTest(digest=digest):
                got = self.shake(
                    "-sigalgs", f"RSA+{digest}", "-cipher",
                    "ECDHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0")
                self.assertEqual(got["connected"], connected)

    def test_each_of_our_curves_works_alone_and_the_others_are_refused(self):
        for name, curve in (("P-256", "23"), ("P-384", "24"), ("X25519", "29"),
                            ("P-521", None), ("X448", None)):
            with self.subTest(curve=name):
                got = self.shake("-groups", name)
                self.assertEqual(got["connected"], "yes" if curve else "no")
                if curve:
                    self.assertEqual(got["curve"], curve)


class AnchorsTest(WithProbe):
    LIST = ROOT / "src" / "tls" / "anchors.txt"
    FOLDER = pathlib.Path("/usr/share/ca-certificates/mozilla")
    SCRIPT = ROOT / "scripts" / "make-anchors.py"

    def rows(self) -> list[list[str]]:
        return [line.split(maxsplit=4)
                for line in self.LIST.read_text().splitlines()
                if line and not line.startswith("#")]

    @staticmethod
    def openssl(*args) -> str:
        return subprocess.run(["openssl", *map(str, args)], check=True,
                              capture_output=True, text=True).stdout

    def subject(self, path: pathlib.Path) -> str:
        """The fifth SEQUENCE of level 2: after signature, issuer, validity."""
        parts = re.findall(r"^ *(\d+):d=2 +hl=(\d+) +l= *(\d+) cons: SEQUENCE",
                           self.openssl("asn1parse", "-in", path), re.M)
        at, head, n = map(int, parts[3])
        der = ssl.PEM_cert_to_DER_cert(path.read_text())
        return der[at:at + head + n].hex()

    def key(self, path: pathlib.Path) -> dict[str, str]:
        text = self.openssl("x509", "-in", path, "-noout", "-text",
                            "-certopt", "no_extensions,no_sigdump")
        digits = re.search(r"(?:Modulus|pub):\s*([0-9a-f:\s]+)", text)[1]
        number = re.sub(r"[:\s]", "", digits)
        if "id-ecPublicKey" in text:
            self.assertIn("NIST CURVE: P-384", text)
            return {"curve": "24", "q": number}
        exponent = int(re.search(r"Exponent: (\d+)", text)[1])
        return {"n": number.removeprefix("00"), "e": f"{exponent:06x}"}

    def test_the_six_built_in_anchors_are_what_openssl_reads(self):
        self.probe.send("anchors")
        got = []
        while (line := self.probe.line()) != "end":
            got.append(dict(pair.split("=") for pair in line.split()))
        self.assertEqual(len(got), 6)
        self.assertEqual(len(self.rows()), 6)
        for row, anchor in zip(self.rows(), got):
            path = self.FOLDER / f"{row[0]}.crt"
            with self.subTest(root=row[0]):
                self.assertEqual(anchor, {"flags": "1",
                                          "dn": self.subject(path),
                                          **self.key(path)})

    def test_the_list_has_the_fingerprint_and_end_that_openssl_reads(self):
        for name, sha256, expires, *_ in self.rows():
            out = self.openssl("x509", "-in", self.FOLDER / f"{name}.crt",
                               "-noout", "-fingerprint", "-sha256", "-enddate",
                               "-dateopt", "iso_8601")
            with self.subTest(root=name):
                self.assertIn(sha256.upper(), out.replace(":", ""))
                self.assertIn(f"notAfter={expires} ", out)

    def make(self, folder) -> subprocess.CompletedProcess:
        return subprocess.run(
            [self.SCRIPT, self.LIST, pathlib.Path(folder) / "out.c", folder],
            capture_output=True, text=True, check=False)

    def test_a_missing_or_changed_root_stops_the_build_with_one_sentence(self):
        with tempfile.TemporaryDirectory() as folder:
            for row in self.rows():
                shutil.copy(self.FOLDER / f"{row[0]}.crt", folder)
            self.assertEqual(self.make(folder).returncode, 0)
            os.remove(pathlib.Path(folder) / "out.c")
            victim = pathlib.Path(folder) / f"{self.rows()[3][0]}.crt"
            good = victim.read_text()
            changed = good[:200] + ("A" if good[200] != "A" else "B") + good[201:]
            for text, words in ((changed, "fingerprint"), ("", "fingerprint"),
                                (good + good, "fingerprint"),
                                (None, "is missing: install")):
                if text is None:
                    victim.unlink()
                else:
                    victim.write_text(text)
                done = self.make(folder)
                self.assertEqual(done.returncode, 1)
                self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
                self.assertIn(words, done.stderr)
                self.assertFalse((pathlib.Path(folder) / "out.c").exists())


if __name__ == "__main__":
    unittest.main()
