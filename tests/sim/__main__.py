# SPDX-License-Identifier: MIT
"""Start as `python3 -m tests.sim` or `python3 tests/sim`."""
import importlib
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent

if not __package__:
    # Started by its folder: make the folder's parent the import root.
    sys.path[0] = str(HERE.parent)

process = importlib.import_module(f"{__package__ or HERE.name}.process")
sys.exit(process.main(sys.argv[1:]))
