# SPDX-License-Identifier: MIT
# board.mk - how to compile for the board x86_64; read by the Makefile.

# Debian's gcc for this architecture, whatever machine it runs on.
BOARD_TOOLS := x86_64-linux-gnu-
BOARD_HOST  := x86_64-linux-musl
# What turns that gcc into a musl compiler for static-pie executables.
BOARD_SPECS := board/x86_64/musl.specs
# Where Debian keeps the kernel's headers; musl's own folder lacks them.
BOARD_KERNEL_HEADERS := /usr/include
BOARD_KERNEL_ASM     := /usr/include/x86_64-linux-gnu/asm
BOARD_CFLAGS :=
# Debian packages beyond those of scripts/tools.txt.
BOARD_PACKAGES := gcc musl-dev
