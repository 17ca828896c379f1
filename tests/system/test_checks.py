# SPDX-License-Identifier: MIT
"""Each check of `make lint` finds what it is there for."""
import os
import shutil
import subprocess
import textwrap
import unittest

from script_case import ScriptCase


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


if __name__ == "__main__":
    unittest.main()
