#!/bin/sh
# SPDX-License-Identifier: MIT
# A whole run against the simulated Azure, from nothing to work units: starts
# the simulator, configures a connector, stores its secret, runs Test
# Connection, polls once, prints the work units, stops everything.
# Exit 0 only if work units were printed.  Usage: scripts/demo.sh BINARY
set -eu
cd "$(dirname "$0")/.."
binary=${1:-build/wf-sentinel}
work=build/demo
state=$work/state
python=/usr/bin/python3

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || say() { printf '\n%s\n' "$*"; }

rm -rf "$work"
mkdir -p "$state"

say "Starting the simulated Azure (tests/sim, scenario demo)"
# It ends with this script, when the pipe that it watches is closed.
mkfifo "$work/stop"
$python -m tests.sim --scenario demo --dir "$work/sim" --pki build/sim-pki \
	--watch-stdin <"$work/stop" >"$work/sim.log" 2>&1 &
exec 9>"$work/stop"
tries=0
while [ ! -s "$work/sim/sim.json" ]; do
	tries=$((tries + 1))
	if [ $tries -gt 300 ]; then
		echo "demo.sh: the simulator did not start: read $work/sim.log" >&2
		exit 1
	fi
	sleep 0.1
done

say "Configuration: $state/config.json"
cp "$work/sim/config.json" "$state/config.json"
cat "$state/config.json"

say "$binary --state $state secret set demo client_secret"
"$binary" --state "$state" secret set demo client_secret \
	<"$work/sim/secrets/demo"

say "$binary --state $state test"
"$binary" --state "$state" test

say "$binary --state $state run --once"
"$binary" --state "$state" run --once

say "$binary --state $state workunits"
"$binary" --state "$state" workunits | tee "$work/table"
exec 9>&-

count=$(($(wc -l <"$work/table") - 1))
if [ "$count" -lt 1 ]; then
	echo "demo.sh: no work unit was printed" >&2
	exit 1
fi
say "$count work units; the records are in $state/workunits.ndjson"
