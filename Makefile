# SPDX-License-Identifier: MIT
# Everything is built below build/; `make help` lists the targets.
#
#   build/sources/   fetched Debian source packages
#   build/src/       unpacked and patched
#   build/<target>/  one folder for each board, and one for `native`:
#                    deps/ (headers, libraries), obj/, the result
#
# A board's product is static and links musl; `native` is our code and the
# unit tests with the address and undefined-behaviour sanitizers.

VERSION := 0.1.0
BOARD   ?= x86_64

ifeq (,$(wildcard board/$(BOARD)/board.mk))
$(error BOARD=$(BOARD) is unknown: choose one of $(patsubst board/%/board.mk,%,$(wildcard board/*/board.mk)))
endif
include board/$(BOARD)/board.mk

SHELL := /bin/sh
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules
# As many compilers as processors, unless -j says otherwise.
ifeq (,$(filter -j%,$(MAKEFLAGS)))
MAKEFLAGS += -j$(shell nproc)
endif

P := build/$(BOARD)
N := build/native

# --- what is compiled ------------------------------------------------------

SRC      := $(wildcard src/*/*.c)
# Takes over malloc and free for the whole process; the sanitizers do that
# themselves in the native build.
SRC_P    := $(SRC)
SRC_N    := $(filter-out src/main/% src/arena/arena_libc.c,$(SRC))
TESTS    := $(wildcard tests/unit/*.c)
OBJ_P    := $(SRC_P:src/%.c=$P/obj/%.o)
OBJ_N    := $(SRC_N:src/%.c=$N/obj/%.o)
OBJ_T    := $(TESTS:tests/unit/%.c=$N/obj/tests/%.o)
# The whole program, native, behind the main of tests/faults.
OBJ_F    := $(patsubst src/main/%.c,$N/obj/main/%.o,$(wildcard src/main/*.c)) \
            $N/obj/faults/main.o
# Written by scripts/make-anchors.py: see "the built-in TLS anchors".
OBJ_P    += $P/obj/tls/tls_roots.o
OBJ_N    += $N/obj/tls/tls_roots.o

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion \
        -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla \
        -Wswitch-enum -Wformat=2 -Werror
DEFS := -D_POSIX_C_SOURCE=200809L -DWF_VERSION='"$(VERSION)"' \
        -DWF_BOARD='"$(BOARD)"'
# These two change often, so only src/main is compiled with them.  Evaluated in
# recipes, when the sources have been fetched.
REVISION = $(shell git describe --always --dirty --abbrev=12 --exclude='*' \
        2>/dev/null || echo unknown)
DEFS_main = -DWF_REVISION='"$(REVISION)"' \
        -DWF_DEPS='"$(shell scripts/dependency-versions.sh)"'

# --- the product's flags ----------------------------------------------------

CC_P := $(BOARD_TOOLS)gcc -specs=$(CURDIR)/$(BOARD_SPECS)
# Hardening that costs a few bytes and is proved by check-elf or the
# disassembly.  _FORTIFY_SOURCE does nothing with musl and is not claimed.
HARDEN := -fstack-protector-strong -fstack-clash-protection
HARDEN_OURS := -ftrivial-auto-var-init=zero -fzero-call-used-regs=used-gpr
# Small code, each function droppable; nothing unwinds, so no tables for it.
# Ours takes what a loop over each byte gains from -O2 (40 KiB more, 5 % less
# CPU); libraries do not (SQLite: 200 KiB more).
CODE_P := -Os -g -fPIE -ffunction-sections -fdata-sections \
        -fno-asynchronous-unwind-tables -fno-unwind-tables \
        $(HARDEN) $(BOARD_CFLAGS) -idirafter $(CURDIR)/$P/kernel
CFLAGS_P := -std=c11 $(WARN) $(CODE_P) -O2 $(HARDEN_OURS) \
        -fvisibility=hidden -fcallgraph-info \
        -ffile-prefix-map=$(CURDIR)=. $(DEFS) -Isrc -isystem $P/deps/include
LDFLAGS_P := -static-pie -Wl,--gc-sections -Wl,-z,relro -Wl,-z,now \
        -Wl,-z,noexecstack -Wl,-z,separate-code -Wl,--fatal-warnings
LIBS := -lcurl -lcares -lbearssl -lsqlite3

# --- the native flags -------------------------------------------------------

CC_N := gcc
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all \
        -fno-omit-frame-pointer
CFLAGS_N := -std=c11 $(WARN) -O1 -g $(SANITIZE) $(DEFS) \
        -Isrc -isystem $N/deps/include
# Criterion's macros are GNU C.
CFLAGS_T := $(CFLAGS_N) -Wno-pedantic -Wno-missing-prototypes

# --- targets ----------------------------------------------------------------

.PHONY: all native unit test test-unit test-system demo lint format bench \
        check-elf deps clean distclean help tools-build tools-test tools-lint \
        tools-bench FORCE

all: build/wf-sentinel

help:
	@echo 'make              the product, build/wf-sentinel (BOARD=x86_64)'
	@echo 'make demo         a poll of a simulated Azure, from nothing to work units'
	@echo 'make test         unit and system tests; also test-unit, test-system'
	@echo 'make lint         format, compilers, clang-tidy, shellcheck, layers, symbols, sizes'
	@echo 'make format       rewrites our C files as make lint wants them'
	@echo 'make bench        memory, CPU and size against the simulator'
	@echo 'make check-elf    proves the properties of the executable'
	@echo 'make native       our code and the unit tests with sanitizers'
	@echo 'make deps         only the dependencies, for the product and native'
	@echo 'make clean        removes what was compiled of ours; distclean: all of build/'

# The same file whichever board it is for.
build/wf-sentinel: $P/wf-sentinel
	@ln -sfn $(BOARD)/wf-sentinel $@

$P/wf-sentinel: $P/wf-sentinel.debug scripts/check-elf.sh
	@$(BOARD_TOOLS)strip -s -o $@.new $<
	@scripts/check-elf.sh $(BOARD_TOOLS)readelf $@.new $<
	@mv $@.new $@

$P/wf-sentinel.debug: $(OBJ_P) $P/deps/.stamp
	@echo "  LD    $@"
	@$(CC_P) $(LDFLAGS_P) $(OBJ_P) -L$P/deps/lib $(LIBS) -Wl,-Map=$P/map -o $@

$(filter $P/obj/main/%,$(OBJ_P)): $P/revision

$P/obj/%.o: src/%.c $P/flags $P/deps/.stamp
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC_P) $(CFLAGS_P) $(DEFS_$(notdir $(@D))) -MMD -MP -c $< -o $@

check-elf: all
	scripts/check-elf.sh $(BOARD_TOOLS)readelf $P/wf-sentinel $P/wf-sentinel.debug

native: $N/unit $N/wf-sentinel

unit: $N/unit

$N/unit: $(OBJ_N) $(OBJ_T) $N/deps/.stamp
	@echo "  LD    $@"
	@$(CC_N) $(SANITIZE) $(OBJ_N) $(OBJ_T) -L$N/deps/lib $(LIBS) -lcriterion -o $@

$N/obj/tests/%.o: tests/unit/%.c $N/flags $N/deps/.stamp | tools-test
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC_N) $(CFLAGS_T) -MMD -MP -c $< -o $@

$N/wf-sentinel: $(OBJ_N) $(OBJ_F) $N/deps/.stamp
	@echo "  LD    $@"
	@$(CC_N) $(SANITIZE) -Wl,--wrap=http_start \
	    $(OBJ_N) $(OBJ_F) -L$N/deps/lib $(LIBS) -o $@

$N/obj/faults/%.o: tests/faults/%.c $N/flags $N/deps/.stamp
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC_N) $(CFLAGS_N) -MMD -MP -c $< -o $@

$N/obj/main/%.o: src/main/%.c $N/flags $N/deps/.stamp $P/revision
	@mkdir -p $(@D)
	@echo "  CC    $< (native)"
	@$(CC_N) $(CFLAGS_N) $(DEFS_main) -Dmain=wf_main -Wno-missing-prototypes -MMD -MP -c $< -o $@

$N/obj/%.o: src/%.c $N/flags $N/deps/.stamp
	@mkdir -p $(@D)
	@echo "  CC    $< (native)"
	@$(CC_N) $(CFLAGS_N) -MMD -MP -c $< -o $@

# --- the built-in TLS anchors ------------------------------------------------

build/gen/tls_roots.c: scripts/make-anchors.py src/tls/anchors.txt | tools-build
	@echo "  GEN   $@"
	@/usr/bin/python3 $^ $@

$P/obj/tls/tls_roots.o: build/gen/tls_roots.c $P/flags $P/deps/.stamp
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC_P) $(CFLAGS_P) -MMD -MP -c $< -o $@

$N/obj/tls/tls_roots.o: build/gen/tls_roots.c $N/flags $N/deps/.stamp
	@mkdir -p $(@D)
	@echo "  CC    $< (native)"
	@$(CC_N) $(CFLAGS_N) -MMD -MP -c $< -o $@

# Our verifier and TLS client for tests/system/test_tls_verdicts.py.
$N/tls-probe: tests/system/tls_probe.c \
    $(filter $N/obj/base/% $N/obj/tls/%,$(OBJ_N)) $N/flags $N/deps/.stamp
	@echo "  CC    $@"
	@$(CC_N) $(CFLAGS_N) $(filter %.c %.o,$^) -L$N/deps/lib -lbearssl -o $@

test test-system: $N/tls-probe

# The product behind another main, for tests/system/test_sandbox.py.
$P/sandbox-probe: tests/system/sandbox_probe.c \
    $(filter-out $P/obj/main/%,$(OBJ_P)) $P/flags $P/deps/.stamp
	@echo "  CC    $@"
	@$(CC_P) $(CFLAGS_P) $(LDFLAGS_P) $(filter %.c %.o,$^) -L$P/deps/lib \
	    $(LIBS) -o $@

test test-system: $P/sandbox-probe

# For tests/bench: libcurl alone under the product's TLS, and who watches.
$P/bench/floor: tests/bench/floor.c \
    $(filter $P/obj/base/% $P/obj/platform/% $P/obj/tls/%,$(OBJ_P)) \
    $P/flags $P/deps/.stamp
	@mkdir -p $(@D)
	@echo "  CC    $@"
	@$(CC_P) $(CFLAGS_P) $(LDFLAGS_P) $(filter %.c %.o,$^) -L$P/deps/lib \
	    -lcurl -lcares -lbearssl -o $@

$P/bench/measure: tests/bench/measure.c $P/flags $P/deps/.stamp
	@mkdir -p $(@D)
	@echo "  CC    $@"
	@$(CC_P) $(CFLAGS_P) $(LDFLAGS_P) $(filter %.c,$^) -o $@

# -----------------------------------------------------------------------------

-include $(OBJ_P:.o=.d) $(OBJ_N:.o=.d) $(OBJ_T:.o=.d) $(OBJ_F:.o=.d)

test: all native | tools-test
	@/usr/bin/python3 scripts/run-tests.py unit system

test-unit: native | tools-test
	@/usr/bin/python3 scripts/run-tests.py unit $(if $(ONLY),--only "$(ONLY)")

test-system: all | tools-test
	@/usr/bin/python3 scripts/run-tests.py system $(if $(ONLY),--only "$(ONLY)")

demo: all | tools-test
	@scripts/demo.sh

bench: all $P/bench/floor $P/bench/measure | tools-bench
	@scripts/bench.sh $P

# Split at spaces by the shell, so no value may hold one.
lint: export LINT_FLAGS = -std=c11 $(WARN) -D_POSIX_C_SOURCE=200809L \
        -DWF_VERSION="v" -DWF_BOARD="b" -DWF_REVISION="r" -DWF_DEPS="d" \
        -Isrc -isystem $P/deps/include
lint: $(OBJ_P) $P/deps/.stamp | tools-lint
	@scripts/lint.sh $P

format: | tools-lint
	clang-format -i $(wildcard src/*/*.[ch] tests/*/*.[ch])

clean:
	rm -rf $P/obj $P/wf-sentinel* $P/map $N/obj $N/unit build/wf-sentinel

distclean:
	rm -rf build

tools-build tools-test tools-lint tools-bench: tools-%:
	@scripts/install-tools.sh $* $(BOARD_PACKAGES)

# --- flags that changed are a reason to compile again -----------------------

# keep FILE, TEXT - write TEXT to FILE unless it is there already.
keep = @mkdir -p $(dir $1); printf '%s\n' '$(subst ','\'',$2)' | \
       cmp -s - $1 || printf '%s\n' '$(subst ','\'',$2)' >$1

$P/flags: FORCE
	$(call keep,$@,$(CC_P) $(CFLAGS_P))
$N/flags: FORCE
	$(call keep,$@,$(CC_N) $(CFLAGS_T))
$P/revision: $P/deps/.stamp FORCE
	$(call keep,$@,$(DEFS_main))
$P/deps.flags: FORCE
	$(call keep,$@,$(CC_P) $(CODE_P))
$N/deps.flags: FORCE
	$(call keep,$@,$(CC_N) $(DEP_CFLAGS_N))

# --- dependencies -----------------------------------------------------------

DEPS := bearssl c-ares curl sqlite3

DEP_CFLAGS_P := $(CODE_P) -DBR_RDRAND=0
# Unaligned access is what the sanitizer is there to find.
DEP_CFLAGS_N := -O1 -g -fsanitize=address -fno-omit-frame-pointer \
        -DBR_RDRAND=0 -DBR_LE_UNALIGNED=0 -DBR_BE_UNALIGNED=0

deps: $P/deps/.stamp $N/deps/.stamp

# dependency PACKAGE, BEFORE - fetch and unpack.  One package is fetched after
# the other, so that a missing network is reported once.
define dependency
build/sources/$1/REVISION: scripts/pins.txt | tools-build \
    $(addprefix build/sources/,$(addsuffix /REVISION,$2))
	@echo "  FETCH $1"
	@scripts/fetch-source.sh $1
	@touch $$@
build/src/$1.stamp: build/sources/$1/REVISION scripts/unpack-source.sh \
    $(wildcard scripts/patches/$1/*.patch)
	@echo "  PATCH $1"
	@scripts/unpack-source.sh $1
	@touch $$@
endef
$(eval $(call dependency,bearssl,))
$(eval $(call dependency,c-ares,bearssl))
$(eval $(call dependency,curl,c-ares))
$(eval $(call dependency,sqlite3,curl))

# build-dependency TARGET, PACKAGE, NEEDS - compile for TARGET.
define build-dependency
build/$1/deps/.$2: build/src/$2.stamp build/$1/deps.flags \
    scripts/build-dependency.sh $(wildcard scripts/$2-options.txt) \
    $(wildcard scripts/$(2:3=)-options.txt) $3
	@echo "  BUILD $2 ($1)"
	@scripts/build-dependency.sh $1 $2
	@touch $$@
endef
$(foreach t,$(BOARD) native,\
  $(eval $(call build-dependency,$t,bearssl,build/$t/kernel/.stamp))\
  $(eval $(call build-dependency,$t,c-ares,build/$t/kernel/.stamp))\
  $(eval $(call build-dependency,$t,curl,build/$t/deps/.bearssl build/$t/deps/.c-ares))\
  $(eval $(call build-dependency,$t,sqlite3,build/$t/kernel/.stamp)))

build/$(BOARD)/deps/.%: export DEP_CC = $(CC_P)
build/$(BOARD)/deps/.%: export DEP_AR = $(BOARD_TOOLS)ar
build/$(BOARD)/deps/.%: export DEP_RANLIB = $(BOARD_TOOLS)ranlib
build/$(BOARD)/deps/.%: export DEP_HOST = $(BOARD_HOST)
build/$(BOARD)/deps/.%: export DEP_CFLAGS = $(DEP_CFLAGS_P)
build/$(BOARD)/deps/.%: export DEP_LDFLAGS = -static-pie
build/native/deps/.%: export DEP_CC = $(CC_N)
build/native/deps/.%: export DEP_AR = ar
build/native/deps/.%: export DEP_RANLIB = ranlib
build/native/deps/.%: export DEP_HOST = $(shell $(CC_N) -dumpmachine)
build/native/deps/.%: export DEP_CFLAGS = $(DEP_CFLAGS_N)
build/native/deps/.%: export DEP_LDFLAGS = -fsanitize=address

# jsmn is one header of a Debian package; a private copy is seen by the musl
# compiler, which does not look into /usr/include.
$P/deps/.stamp $N/deps/.stamp: %/.stamp: $(foreach d,$(DEPS),%/.$d)
	@cp /usr/include/jsmn.h $*/include/jsmn.h
	@touch $@

# The kernel's headers for musl, searched after musl's own.
$P/kernel/.stamp: board/$(BOARD)/board.mk | tools-build
	@mkdir -p $(@D)
	@ln -sfn $(BOARD_KERNEL_HEADERS)/linux $(@D)/linux
	@ln -sfn $(BOARD_KERNEL_HEADERS)/asm-generic $(@D)/asm-generic
	@ln -sfn $(BOARD_KERNEL_ASM) $(@D)/asm
	@touch $@
$N/kernel/.stamp: | tools-build
	@mkdir -p $(@D)
	@touch $@
