#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""check-recursion.py DIR - no function below DIR calls itself, on whatever way.

Reads the call graphs (*.ci) that gcc writes beside the objects with
-fcallgraph-info.  Calls through pointers are not in them.
"""

import pathlib
import re
import sys

EDGE = re.compile(r'edge: { sourcename: "([^"]+)" targetname: "([^"]+)"')


def read_calls(folder):
    calls = {}
    for path in sorted(pathlib.Path(folder).rglob("*.ci")):
        for caller, callee in EDGE.findall(path.read_text(encoding="utf-8")):
            calls.setdefault(caller, set()).add(callee)
    return calls


def find_cycle(calls, start, done):
    """The first cycle that can be reached from start, or None."""
    path, pending = [start], [iter(sorted(calls.get(start, ())))]
    while path:
        callee = next(pending[-1], None)
        if callee is None:
            done.add(path.pop())
            pending.pop()
        elif callee in path:
            return path[path.index(callee):] + [callee]
        elif callee not in done:
            path.append(callee)
            pending.append(iter(sorted(calls.get(callee, ()))))
    return None


def main():
    calls = read_calls(sys.argv[1])
    if not calls:
        print(f"{sys.argv[1]}: no call graph (*.ci)")
        return 1
    done = set()
    for function in sorted(calls):
        if function not in done:
            cycle = find_cycle(calls, function, done)
            if cycle:
                print("recursion: " + " -> ".join(cycle))
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
