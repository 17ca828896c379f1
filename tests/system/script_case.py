# SPDX-License-Identifier: MIT
"""A copy of scripts/ that a test may break."""
import os
import shutil
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
