"""The scripts: each way to fail ends with one sentence and a non-zero exit,
and each check of `make lint` finds what it is there for.

Nothing here needs a network: apt is pointed at a closed port, or replaced by
a stub that answers as a mirror does.
"""

import hashlib
import os
import shutil
import stat
import subprocess
import tempfile
import textwrap
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))


class ScriptCase(unittest.TestCase):
    """A copy of scripts/ in a folder of its own, so that build/ is too."""

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="wf-scripts-")
        self.addCleanup(shutil.rmtree, self.dir)
        shutil.copytree(os.path.join(ROOT, "scripts"), self.path("scripts"))
        self.stubs = self.path("stubs")
        os.mkdir(self.stubs)
        self.env = dict(os.environ, LC_ALL="C.UTF-8", WF_BUILD="",
                        PATH=self.stubs + ":" + os.environ["PATH"])

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def write(self, name, text, executable=False):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(textwrap.dedent(text))
        if executable:
            os.chmod(path, 0o755)
        return path

    def stub(self, name, text):
        self.write("stubs/" + name, "#!/bin/sh\n" + textwrap.dedent(text),
                   executable=True)

    def only_tools(self, *names):
        """Let PATH hold nothing but the stubs and these tools."""
        tools = self.path("tools")
        os.mkdir(tools)
        for name in names:
            os.symlink(shutil.which(name), os.path.join(tools, name))
        self.env["PATH"] = self.stubs + ":" + tools

    def run_script(self, name, *args):
        return subprocess.run(
            [self.path("scripts", name), *args], cwd=self.dir, env=self.env,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, timeout=60, check=False)

    def assert_one_sentence(self, run, *parts):
        self.assertEqual(run.returncode, 1, run)
        self.assertEqual(run.stdout, "")
        self.assertEqual(len(run.stderr.splitlines()), 1, run.stderr)
        for part in parts:
            self.assertIn(part, run.stderr)


class FetchSource(ScriptCase):
    """fetch-source.sh; the package `toy` is in a pins.txt of its own."""

    TARBALL = b"upstream"

    def setUp(self):
        super().setUp()
        digest = hashlib.sha256(self.TARBALL).hexdigest()
        self.write("scripts/pins.txt",
                   f"toy bookworm 1.0 toy_1.0.orig.tar.xz {digest}\n")
        # What a mirror would have: a list of revisions, and what apt-get
        # says for each of them.
        self.write("mirror/offers", "")
        self.stub("apt-cache", f"sed 's/^/Version: /' {self.dir}/mirror/offers")
        self.stub("apt-get", f"""
            case "$*" in
            indextargets*) cat {self.dir}/mirror/archives ;;
            update) exit "$(cat {self.dir}/mirror/update)" ;;
            source*)
                for name in "$@"; do :; done
                revision=${{name#*=}}
                if [ -e "{self.dir}/mirror/$revision" ]; then
                    cp "{self.dir}/mirror/$revision" toy_1.0.orig.tar.xz
                    exit 0
                fi
                cat {self.dir}/mirror/error
                exit 100 ;;
            esac
            """)
        self.write("mirror/archives", """\
            bookworm main http://mirror.invalid/debian/
            bookworm-security main http://mirror.invalid/security/
            """)
        self.write("mirror/update", "0")
        self.write("mirror/error", "E: Failed: 404  Not Found\n")

    def offer(self, *revisions):
        self.write("mirror/offers", "".join(r + "\n" for r in revisions))

    def hold(self, revision, content=TARBALL):
        with open(self.path("mirror", revision), "wb") as file:
            file.write(content)

    def recorded(self):
        try:
            with open(self.path("build/sources/toy/REVISION"),
                      encoding="utf-8") as file:
                return file.read().strip()
        except FileNotFoundError:
            return None

    def test_newest_revision_of_the_pinned_version_is_taken(self):
        self.offer("1.0-2", "1.0-10", "1.1-1", "1.0-9", "0.9-1")
        for revision in ("1.0-2", "1.0-10", "1.1-1"):
            self.hold(revision)
        run = self.run_script("fetch-source.sh", "toy")
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        self.assertEqual(self.recorded(), "1.0-10")

    def test_listed_but_missing_revision_is_reported_and_the_older_taken(self):
        self.offer("1.0-2", "1.0-1")
        self.hold("1.0-1")
        run = self.run_script("fetch-source.sh", "toy")
        self.assertEqual(run.returncode, 0)
        self.assertEqual(self.recorded(), "1.0-1")
        self.assertIn("lists toy 1.0-2 but does not deliver it", run.stderr)

    def test_broken_connection_never_leads_to_an_older_revision(self):
        self.offer("1.0-2", "1.0-1")
        self.hold("1.0-1")
        self.write("mirror/error", "E: Failed: Connection timed out\n")
        run = self.run_script("fetch-source.sh", "toy")
        self.assert_one_sentence(run, "could not be downloaded",
                                 "connect this machine to its Debian mirror")
        self.assertIsNone(self.recorded())

    def test_tarball_with_another_hash_is_not_kept(self):
        self.offer("1.0-1")
        self.hold("1.0-1", b"something else")
        run = self.run_script("fetch-source.sh", "toy")
        self.assert_one_sentence(run, "does not have the SHA-256",
                                 "do not build it")
        self.assertIsNone(self.recorded())

    def test_fetched_source_needs_no_network_and_is_checked_again(self):
        self.offer("1.0-1")
        self.hold("1.0-1")
        self.run_script("fetch-source.sh", "toy")
        self.stub("apt-get", "exit 99")
        self.assertEqual(
            self.run_script("fetch-source.sh", "toy").returncode, 0)
        with open(self.path("build/sources/toy/toy_1.0.orig.tar.xz"),
                  "ab") as file:
            file.write(b"!")
        self.assert_one_sentence(self.run_script("fetch-source.sh", "toy"),
                                 "does not have the SHA-256")

    def test_version_that_the_mirror_lacks_is_named(self):
        self.offer("2.0-1")
        self.assert_one_sentence(
            self.run_script("fetch-source.sh", "toy"),
            "does not offer toy 1.0 for Debian bookworm")

    def test_package_without_a_pin_is_named(self):
        self.assert_one_sentence(
            self.run_script("fetch-source.sh", "other"),
            "other is not in scripts/pins.txt")

    def test_machine_without_a_debian_archive_is_told_to_add_one(self):
        self.write("mirror/archives", "bookworm main-x http://x.invalid/\n")
        self.assert_one_sentence(self.run_script("fetch-source.sh", "toy"),
                                 "apt knows no Debian archive")

    def test_failing_index_is_one_sentence(self):
        self.write("mirror/update", "100")
        self.assert_one_sentence(
            self.run_script("fetch-source.sh", "toy"),
            "the index of Debian bookworm could not be fetched",
            "connect this machine to its Debian mirror")

    def real_apt(self, *sources, settings=""):
        """The machine's apt, with these sources and settings."""
        for name in ("apt-get", "apt-cache"):
            os.remove(os.path.join(self.stubs, name))
        path = self.write("sources.list", "\n".join(sources) + "\n")
        self.env["APT_CONFIG"] = self.write("apt.conf", f"""\
            Dir::Etc::sourcelist "{path}";
            Dir::Etc::sourceparts "/dev/null";
            """ + settings)

    def test_real_apt_without_network_is_one_sentence(self):
        self.real_apt("deb http://127.0.0.1:1/debian bookworm main",
                      "deb http://127.0.0.1:1/security bookworm-security main")
        self.assert_one_sentence(
            self.run_script("fetch-source.sh", "toy"),
            "the index of Debian bookworm could not be fetched")

    def unsigned_archive(self):
        """An archive that has the package and no signature; its address."""
        entries = []
        for name in ("toy_1.0-1.dsc", "toy_1.0.orig.tar.xz"):
            with open(self.path("mirror", name), "wb") as file:
                file.write(self.TARBALL)
            entries.append(f" {hashlib.sha256(self.TARBALL).hexdigest()}"
                           f" {len(self.TARBALL)} {name}\n")
        text = ("Package: toy\nBinary: toy\nVersion: 1.0-1\n"
                "Maintainer: Nobody <nobody@example.com>\n"
                "Architecture: all\nFormat: 3.0 (quilt)\nDirectory: .\n"
                "Checksums-Sha256:\n" + "".join(entries))
        self.write("mirror/dists/bookworm/main/source/Sources", text)
        self.write("mirror/dists/bookworm/Release", (
            "Codename: bookworm\nSuite: stable\nComponents: main\n"
            "Date: Thu, 01 Jan 2026 00:00:00 UTC\nSHA256:\n"
            f" {hashlib.sha256(text.encode()).hexdigest()} {len(text)}"
            " main/source/Sources\n"))
        return "file:" + self.path("mirror")

    def test_unsigned_archive_is_refused_whatever_the_machine_allows(self):
        self.real_apt(f"deb {self.unsigned_archive()} bookworm main",
                      settings="""\
            Acquire::AllowInsecureRepositories "true";
            Acquire::AllowWeakRepositories "true";
            Acquire::AllowDowngradeToInsecureRepositories "true";
            APT::Get::AllowUnauthenticated "true";
            """)
        run = self.run_script("fetch-source.sh", "toy")
        self.assertEqual(run.returncode, 1, run)
        self.assertIn("the index of Debian bookworm could not be fetched",
                      run.stderr)
        with open(self.path("build/apt/toy.log"), encoding="utf-8") as file:
            self.assertIn("is not signed", file.read())
        self.assertIsNone(self.recorded())

    def test_missing_dpkg_source_names_its_package(self):
        self.only_tools("sh", "awk", "dirname", "basename", "cat")
        self.assert_one_sentence(
            self.run_script("fetch-source.sh", "toy"),
            "dpkg-source is missing", "apt-get install dpkg-dev")


class UnpackAndBuild(ScriptCase):
    def make_package(self):
        """A Debian source package `toy` with one file, in build/sources."""
        self.write("toy-1.0/file", "upstream\n")
        subprocess.run(["tar", "cJf", "toy_1.0.orig.tar.xz", "toy-1.0"],
                       cwd=self.dir, check=True)
        self.write("toy-1.0/debian/source/format", "3.0 (quilt)\n")
        self.write("toy-1.0/debian/control", """\
            Source: toy
            Maintainer: Nobody <nobody@example.com>

            Package: toy
            Architecture: all
            Description: toy
            """)
        self.write("toy-1.0/debian/changelog", """\
            toy (1.0-1) unstable; urgency=low

              * Toy.

             -- Nobody <nobody@example.com>  Thu, 01 Jan 2026 00:00:00 +0000
            """)
        subprocess.run(["dpkg-source", "-b", "toy-1.0"], cwd=self.dir,
                       stdout=subprocess.DEVNULL, check=True)
        os.makedirs(self.path("build/sources/toy"))
        for name in os.listdir(self.dir):
            if name.startswith("toy_"):
                shutil.move(self.path(name), self.path("build/sources/toy"))

    def patch(self, old):
        self.write("scripts/patches/toy/01.patch", f"""\
            Reason: test

            --- a/file
            +++ b/file
            @@ -1 +1 @@
            -{old}
            +ours
            """)

    def test_our_patch_is_applied(self):
        self.make_package()
        self.patch("upstream")
        run = self.run_script("unpack-source.sh", "toy")
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        with open(self.path("build/src/toy/file"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "ours\n")

    def test_patch_that_does_not_fit_is_named_and_leaves_no_tree(self):
        self.make_package()
        self.patch("another text")
        self.assert_one_sentence(
            self.run_script("unpack-source.sh", "toy"),
            "01.patch does not fit the fetched toy", "scripts/patches/toy")
        self.assertFalse(os.path.exists(self.path("build/src/toy")))

    def test_damaged_source_package_is_one_sentence(self):
        self.make_package()
        with open(self.path("build/sources/toy/toy_1.0-1.dsc"), "w",
                  encoding="utf-8") as file:
            file.write("nonsense")
        self.assert_one_sentence(
            self.run_script("unpack-source.sh", "toy"),
            "toy could not be unpacked", "run make again")

    def test_failing_compiler_is_one_sentence_that_names_the_log(self):
        self.write("build/src/bearssl/Makefile", "lib:\n\t$(CC)\n")
        self.env.update(DEP_CC="false", DEP_AR="ar", DEP_RANLIB="ranlib",
                        DEP_HOST="x")
        self.assert_one_sentence(
            self.run_script("build-dependency.sh", "native", "bearssl"),
            "bearssl could not be built for native", "bearssl.log")


class InstallTools(ScriptCase):
    def setUp(self):
        super().setUp()
        self.stub("dpkg-query", "echo deinstall ok config-files")
        self.stub("id", "echo 1000")

    def test_nothing_missing_does_not_touch_apt(self):
        self.stub("dpkg-query", "echo install ok installed")
        self.stub("apt-get", "exit 99")
        run = self.run_script("install-tools.sh", "lint")
        self.assertEqual((run.returncode, run.stdout, run.stderr), (0, "", ""))

    def test_without_root_and_sudo_the_command_to_type_is_given(self):
        self.only_tools("sh", "awk", "dirname", "basename", "cat")
        self.assert_one_sentence(
            self.run_script("install-tools.sh", "build", "gcc"),
            "sudo is not here", "apt-get install gcc libc6-dev")

    def test_packages_are_installed_once_and_without_questions(self):
        self.stub("id", "echo 0")
        self.stub("apt-get",
                  f'echo "$DEBIAN_FRONTEND $*" >>{self.dir}/calls')
        run = self.run_script("install-tools.sh", "build", "gcc", "extra")
        self.assertEqual(run.returncode, 0, run.stderr)
        with open(self.path("calls"), encoding="utf-8") as file:
            update, install = file.read().splitlines()
        self.assertIn("update", update)
        self.assertTrue(install.startswith("noninteractive"), install)
        self.assertEqual(install.split().count("gcc"), 1)
        self.assertEqual(install.split()[-1], "extra")

    def test_apt_without_network_is_one_sentence(self):
        self.stub("id", "echo 0")
        self.stub("apt-get", "exit 100")
        run = self.run_script("install-tools.sh", "build")
        self.assertEqual(run.returncode, 1)
        self.assertEqual(len(run.stderr.splitlines()), 1, run.stderr)
        self.assertIn("connect this machine to its Debian mirror", run.stderr)


class Checks(ScriptCase):
    """Each check of `make lint` passes a good tree and finds the fault."""

    SPDX = "/* SPDX-License-Identifier: MIT */\n"

    def source(self, name, text):
        return self.write("src/" + name, self.SPDX + textwrap.dedent(text))

    def assert_finds(self, run, *parts):
        self.assertEqual(run.returncode, 1, run)
        for part in parts:
            self.assertIn(part, run.stdout)

    def assert_passes(self, run):
        self.assertEqual((run.returncode, run.stdout + run.stderr), (0, ""))

    def layers(self):
        return self.run_script("check-layers.sh", "src", "scripts/layers.txt")

    def test_layers_allow_lower_ranks_and_own_libraries(self):
        self.source("http/http.c", """\
            #include <curl/curl.h>
            #include <string.h>
            #include "base/span.h"
            #include "http/http_priv.h"
            """)
        self.assert_passes(self.layers())

    def test_layers_refuse_each_forbidden_include(self):
        for module, line, why in [
                ("json", '#include "http/http.h"', "may not use http"),
                ("json", '#include "seal/seal.h"', "may not use seal"),
                ("http", '#include "json/json_priv.h"', "private to json"),
                ("auth", "#include <curl/curl.h>", "may not use curl"),
                ("vault", "#include <bearssl_hmac.h>", "may not use bearssl_"),
                ("http", "#include <sqlite3.h>", "may not use sqlite3.h"),
                ("main", "#include <ares.h>", "may not use ares.h"),
                ("json", '#include "json.h"', "module/file.h"),
                ("json", "#include HEADER", "must be written out"),
                ("toys", "#include <stdint.h>", "has no rank")]:
            with self.subTest(line=line):
                path = self.source(f"{module}/x.c", line + "\n")
                self.assert_finds(self.layers(), why)
                os.remove(path)

    def symbols(self, name, text):
        source = self.source(name + ".c", text)
        target = self.path("obj", name + ".o")
        os.makedirs(os.path.dirname(target), exist_ok=True)
        subprocess.run(["cc", "-fno-builtin", "-c", source, "-o", target],
                       check=True)
        run = self.run_script("check-symbols.sh", "obj", "scripts/symbols.txt")
        os.remove(target)
        return run

    def test_symbols_allow_own_names_and_the_listed_ones(self):
        self.assert_passes(self.symbols("json/json", """\
            void json_write(void); static void helper(void) { }
            void json_write(void) { helper(); }
            """))
        self.assert_passes(self.symbols(
            "arena/arena_libc", "void free(void *p) { (void)p; }\n"))

    def test_symbols_refuse_foreign_names(self):
        self.assert_finds(self.symbols("json/json", "int json, writer;\n"),
                          "exports writer", "exports json,")
        self.assert_finds(
            self.symbols("json/json", "void free(void *p) { (void)p; }\n"),
            "exports free")

    def test_symbols_refuse_each_way_to_allocate(self):
        for call in ("malloc(1)", "calloc(1, 1)", "strdup(s)", "opendir(s)",
                     "getaddrinfo(s, 0, 0, 0)", "fopen(s, s)"):
            with self.subTest(call=call):
                name = call.split("(", maxsplit=1)[0]
                self.assert_finds(self.symbols("json/json", f"""\
                    void *{name}();
                    void *json_f(const char *s) {{ (void)s; return {call}; }}
                    """), f"needs {name}")

    def test_recursion_is_found_over_two_files(self):
        calls = {"a": "json_b", "b": "json_c"}
        for name, callee in calls.items():
            self.write(f"obj/json/{name}.ci", f"""\
                edge: {{ sourcename: "json_{name}" targetname: "{callee}" }}
                """)
        self.assert_passes(self.run_script("check-recursion.py", "obj"))
        self.write("obj/json/c.ci",
                   'edge: { sourcename: "json_c" targetname: "json_a" }\n')
        self.assert_finds(self.run_script("check-recursion.py", "obj"),
                          "json_a -> json_b -> json_c -> json_a")

    def size(self):
        return self.run_script("check-size.sh", "scripts/size-allow.txt",
                               "src")

    def function(self, lines):
        body = "".join("\tx++;\n" for _ in range(lines - 4))
        return "int\nf(int x)\n{\n" + body + "\treturn x;\n}\n"

    def test_sizes_refuse_wide_lines_long_functions_and_long_files(self):
        self.source("json/a.c", "int x; /* " + "é" * 66 + " */\n")
        self.source("json/b.c", self.function(60))
        self.assert_passes(self.size())
        self.source("json/a.c", "int x; /* " + "é" * 68 + " */\n")
        self.source("json/b.c", self.function(62))
        self.source("json/c.c", "\n" * 500)
        self.assert_finds(self.size(), "a.c:2: more than 80 columns",
                          "b.c:f: 62 lines, limit 60",
                          "c.c: 501 lines, limit 500")

    def test_sizes_allow_list_may_only_shrink(self):
        self.source("json/b.c", self.function(62))
        self.write("scripts/size-allow.txt", "62 src/json/b.c:f\n")
        self.assert_passes(self.size())
        self.write("scripts/size-allow.txt", "63 src/json/b.c:f\n")
        self.assert_finds(self.size(), "which it has not")
        self.source("json/b.c", self.function(82))
        self.write("scripts/size-allow.txt", "82 src/json/b.c:f\n")
        self.assert_finds(self.size(), "82 lines, limit 60")

    def test_text_rules_find_each_fault(self):
        self.source("json/a.c", "int doubled; /* a float in a comment */\n")
        run = self.run_script("check-text.sh", "src")
        self.assert_passes(run)
        for line, why in [
                ("/* TODO later */", "mark for later"),
                ("int x; ", "white space"),
                ("SET(CURLOPT_SSL_VERIFYPEER, 0L);", "cannot be switched off"),
                ("SET(CURLOPT_CAINFO, path);", "no CA file"),
                ("double x;", "no floating point"),
                ("p = alloca(3);", "no alloca")]:
            with self.subTest(line=line):
                self.source("json/a.c", line + "\n")
                self.assert_finds(self.run_script("check-text.sh", "src"), why)
        self.write("src/json/a.c", "int x;\n")
        self.assert_finds(self.run_script("check-text.sh", "src"),
                          "not the SPDX line")

    def test_dropped_result_of_libcurl_is_found(self):
        taken = """\
            if (curl_multi_setopt(m, A, 1L) == 0 &&
                curl_multi_setopt(m, B, 2L) == 0)
            \trc = curl_easy_setopt(e, C, 3L);
            do { if (rc == 0) \\
            \trc = curl_easy_setopt(e, D, v); } while (0);
            (void)curl_easy_getinfo(
                e, E, &x);
            return x ? curl_easy_setopt(e, F, 0L) :
                curl_easy_setopt(e, G, 0L);
            """
        self.source("json/a.c", taken)
        self.assert_passes(self.run_script("check-text.sh", "src"))
        for dropped in (
                "curl_easy_setopt(e, C, 3L);", "curl_multi_setopt(m, A, 1L);",
                "curl_easy_getinfo(e, E, &x);",
                "curl_easy_getinfo(\n    e, E, &x);",
                "(void)curl_easy_setopt(e, C, 3L);",
                "(void)!curl_easy_setopt(e, C, 3L);",
                "if (x)\n\tcurl_easy_setopt(e, C, 3L);",
                "if (x)\n\tcurl_easy_getinfo(e, E, &x);",
                "{ curl_easy_setopt(e, C, 3L); }",
                "if (x) { }\ncurl_easy_setopt(e, C, 3L);",
                "if (x)\n\ty();\nelse\n\tcurl_easy_setopt(e, C, 3L);",
                "do \\\n\tcurl_easy_setopt(e, C, 3L); \\\n while (0)",
                "case 1:\n\tcurl_easy_setopt(e, C, 3L);",
                "/* why */\ncurl_easy_setopt(e, C, 3L);"):
            with self.subTest(dropped=dropped):
                self.source("json/a.c", taken + dropped + "\n")
                self.assert_finds(self.run_script("check-text.sh", "src"),
                                  "src/json/a.c: the result of libcurl")

    def test_patch_without_reason_or_test_is_found(self):
        shutil.rmtree(self.path("scripts/patches"))
        self.write("tests/unit/test_x.c", "Test(x, real_test)\n")
        head = "Reason: why\nTest: tests/unit/test_x.c,\n x.real_test\n"
        for text, why in [
                (head, ""), (head.replace("Reason: why\n", ""), "no Reason:"),
                (head.replace("test_x.c", "test_y.c"), "names no Test: file"),
                (head.replace("x.real_test", "x.other"), "no test other")]:
            with self.subTest(why=why):
                self.write("scripts/patches/toy/1.patch", text + "--- a/f\n")
                run = self.run_script("check-patches.sh", self.dir)
                if why:
                    self.assert_finds(run, why)
                else:
                    self.assert_passes(run)

    def test_elf_check_refuses_a_dynamic_executable(self):
        source = self.source("x.c", "int main(void) { return 0; }\n")
        target = self.path("x")
        subprocess.run(["cc", "-no-pie", "-Wl,-z,norelro,-z,execstack",
                        "-fno-stack-protector", source, "-o", target],
                       stderr=subprocess.DEVNULL, check=True)
        self.assert_finds(
            self.run_script("check-elf.sh", "readelf", target, target),
            "is not position-independent", "wants an interpreter",
            "wants a shared library", "lacks the flags NOW and PIE",
            "has no RELRO segment", "has an executable stack",
            "both writable and executable", "has no stack canary")


class Lint(ScriptCase):
    """lint.sh fails when any one of its checks does."""

    TOOLS = ("clang-format", "clang-tidy", "clang", "gcc", "shellcheck")
    TESTS = ("tests/unit/test_json.c", "tests/fuzz/fuzz_json.c",
             "tests/bench/floor.c", "tests/system/probe.c")

    def setUp(self):
        super().setUp()
        self.write("src/json/json.c", "")
        for name in self.TESTS:
            self.write(name, "")
        for folder in ("board", "rootfs", "firmware", ".ci", "build/x86_64"):
            os.makedirs(self.path(folder))
        self.env["LINT_FLAGS"] = "-std=c11"
        self.checks = [name for name in os.listdir(self.path("scripts"))
                       if name.startswith("check-")
                       and name != "check-elf.sh"]
        for name in self.checks:
            self.write("scripts/" + name, "#!/bin/sh\n", executable=True)
        for name in self.TOOLS:
            self.stub(name, "exit 0")

    def test_each_check_alone_makes_it_fail(self):
        run = self.run_script("lint.sh", "build/x86_64")
        self.assertEqual((run.returncode, run.stdout.count(": ok ")),
                         (0, len(self.TOOLS) + len(self.checks)), run)
        for name in self.TOOLS + tuple(self.checks):
            folder = "scripts/" if name.startswith("check-") else "stubs/"
            with self.subTest(check=name):
                self.write(folder + name, "#!/bin/sh\necho why; exit 1\n",
                           executable=True)
                run = self.run_script("lint.sh", "build/x86_64")
                self.assertEqual(run.returncode, 1)
                self.assertEqual(run.stdout.count("FAILED"), 1, run.stdout)
                self.assertIn("why", run.stdout)
                self.write(folder + name, "#!/bin/sh\n", executable=True)


    def test_every_c_file_of_tests_meets_clang_with_the_strict_set(self):
        for wrong in self.TESTS:
            with self.subTest(file=wrong):
                self.stub("clang", f"""
                    case "$*" in
                    *-std=c11*{wrong}) exit 1 ;;
                    *-Wno-pedantic*tests/unit/*) exit 0 ;;
                    *-Wno-pedantic* | *tests/unit/*) exit 2 ;;
                    esac
                    """)
                run = self.run_script("lint.sh", "build/x86_64")
                self.assertEqual(run.stdout.count("FAILED"), 1, run.stdout)
        self.stub("clang", """
            case "$*" in
            *-Wno-pedantic*tests/unit/*) exit 0 ;;
            *-Wno-pedantic* | *tests/unit/*) exit 2 ;;
            esac
            """)
        run = self.run_script("lint.sh", "build/x86_64")
        self.assertEqual(run.returncode, 0, run.stdout)


class RunTests(ScriptCase):
    """run-tests.py adds up what Criterion and unittest report."""

    def unit(self, tap, code=0, sanitizer=None):
        """A stub of the unit tests; sanitizer: what that prints."""
        self.write("build/native/tap", tap)
        self.write("build/native/log", sanitizer or "")
        self.write("build/native/unit", f"""\
            #!/bin/sh
            cd {self.dir}/build/native
            cp tap unit.tap
            cat log >&2
            exit {code}
            """, executable=True)

    def last_line(self, *kinds):
        run = self.run_script("run-tests.py", *kinds)
        return run.stdout.splitlines()[-1], run.returncode, run.stdout

    def test_results_of_both_kinds_are_added_and_skips_named(self):
        self.unit("""\
            1..3
            ok - a::one  (0.00s)
            not ok - a::two  (0.00s)
            ok - a::three  # SKIP no data here
            """, code=1)
        self.write("tests/system/test_x.py", """\
            import unittest
            class X(unittest.TestCase):
                def test_good(self):
                    pass
                def test_subtests_fail_twice(self):
                    for i in (1, 2):
                        with self.subTest(i=i):
                            self.assertEqual(i, 0)
                @unittest.skip("no network")
                def test_skipped(self):
                    pass
            class Y(unittest.TestCase):
                @classmethod
                def setUpClass(cls):
                    raise OSError("no simulator")
                def test_never_runs(self):
                    pass
            """)
        line, code, out = self.last_line("unit", "system")
        self.assertEqual((line, code), ("2 passed, 3 failed, 2 skipped", 1))
        self.assertIn("skipped: a::three: no data here", out)
        self.assertIn("skipped: test_x.X.test_skipped: no network", out)

    def test_unit_tests_that_crash_the_runner_are_a_failure(self):
        # Once a test is lost without a bad exit, once the other way round.
        for announced, code in ((2, 0), (1, 139)):
            with self.subTest(announced=announced, code=code):
                self.unit(f"1..{announced}\nok - a::one  (0.00s)\n", code=code)
                self.assertEqual(self.last_line("unit")[:2],
                                 ("1 passed, 1 failed", 1))

    def test_unit_tests_that_hang_are_stopped_with_their_workers(self):
        self.write("build/native/unit", """\
            #!/bin/sh
            echo "1..1" >unit.tap
            setsid sleep 300 &
            wait
            """, executable=True)
        line, code, _ = self.last_line("unit", "--limit", "1")
        self.assertEqual((line, code), ("0 passed, 1 failed", 1))

    def test_leak_found_after_a_passed_test_is_a_failure(self):
        self.unit("1..1\nok - a::one  (0.00s)\n", sanitizer="""\
            ==7==ERROR: LeakSanitizer: detected memory leaks
                #1 0x5 in a_one_impl tests/unit/test_a.c:3
            """)
        line, code, out = self.last_line("unit")
        self.assertEqual((line, code), ("1 passed, 1 failed", 1))
        self.assertIn("failed: leak in a_one", out)

    def test_no_test_at_all_is_a_failure(self):
        os.makedirs(self.path("tests/system"))
        self.assertEqual(self.last_line("system")[:2],
                         ("0 passed, 0 failed", 1))


if __name__ == "__main__":
    unittest.main()
