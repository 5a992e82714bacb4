# SPDX-License-Identifier: Apache-2.0
# Postern is built by Meson and Ninja; this file spares you the words.
#   make run          installs what building needs, builds, starts the gateway here without root
#   make test         every test, in at most 20 minutes on 2 cores; installs what the tests need
#   make check-all    the long ones
#   make coverage     lines reached by the tests, a row for each room
#   make soak         200,000 messages by hand: does anything grow? (SOAK_MESSAGES)
#   make peers        every message of the corpora against Python's email and Perl's MIME-tools: docs/mime.md
#   make install      with DESTDIR and PREFIX
#   make bench        against Postfix and others, about 15 minutes, as root; QUICK=1: two; docs/benchmarks.md
#   make slow         ten thousand slow connections in each phase of a session, 2,000 a second that come and go, about 7 minutes
#   make fuzz         every fuzzer for FUZZ_SECONDS (default 60)
PREFIX ?= /usr
FUZZ_SECONDS ?= 60
SOAK_MESSAGES ?= 200000
PYTHON ?= /usr/bin/python3

.PHONY: all run test check-all bench coverage soak slow peers install fuzz clean

all: packages-build build/build.ninja
	ninja -C build

packages-%:
	@tools/install-packages $*

build/build.ninja: | packages-build
	meson setup build --prefix=$(PREFIX)

run: all
	@tools/run-here

test: packages-build packages-test
	$(PYTHON) tools/run-tests test

check-all: packages-build packages-test packages-check-all
	$(PYTHON) tools/run-tests check-all

fuzz: packages-build packages-test
	$(PYTHON) tools/run-tests fuzz --seconds $(FUZZ_SECONDS)

bench: all packages-bench
	@[ "$$(id -u)" = 0 ] || { echo "the benchmark mounts file systems of its own: run it as root"; exit 1; }
	$(PYTHON) tests/bench/bench.py $(if $(QUICK),--quick)

coverage: packages-build packages-test
	$(PYTHON) tools/coverage

soak: all packages-test
	POSTERN_BUILD=$(CURDIR)/build $(PYTHON) tests/crash/soak.py --messages $(SOAK_MESSAGES)

slow: all packages-test
	POSTERN_BUILD=$(CURDIR)/build $(PYTHON) tests/attacks/slow.py
	POSTERN_BUILD=$(CURDIR)/build $(PYTHON) tests/attacks/storm.py

peers: all packages-test
	POSTERN_BUILD=$(CURDIR)/build $(PYTHON) tests/conformance/peers_whole.py

install: build/build.ninja
	ninja -C build
	meson install -C build --no-rebuild $(if $(DESTDIR),--destdir $(DESTDIR))

clean:
	rm -rf build build-test build-clang build-fuzz build-analyzer build-torn build-coverage
