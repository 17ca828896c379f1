# SPDX-License-Identifier: MIT
"""The scripts that fetch, build, install and run tests: each way to fail ends
with one sentence and a non-zero exit.

Nothing here needs a network: apt is pointed at a closed port, or replaced by
a stub that answers as a mirror does.
"""
import hashlib
import os
import shutil
import subprocess
import unittest

from script_case import ScriptCase


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
