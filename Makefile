# Every target brings what it needs, and is quick when nothing changed.
#
#   make setup   .venv/ with everything in it, the collector and the tables built
#   make demo    the whole system on this machine, four sessions; ONCE=1 ends after them
#   make test    lints, types, tests          make lint   lints and types alone
#   make coverage  which lines of the package no test runs, by one process of tests
#   make dist    both wheels into dist/       make lock   new hashes for requirements/dev.txt
#   make bench   the speed of edge and service beside their peers; QUICK=1 shows that it works,
#                SECTIONS=posts,visits measures some of it
#   make accuracy  how often the engine is right, on simulated sessions, its parts on real data, and
#                  what attackers reach; QUICK=1 as above
#   make fit     the engine's thresholds and calibration, on other simulated sessions (~1 minute)
#   make noise   the channel's noise, as root, and the collector's cost; VISITS=50 a row
#   make real-stack  real proxies and tunnels before a real browser, as root; VISITS=12 a row
#   make clean   removes what was built

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := setup
.PHONY: setup demo test coverage lint dist lock clean docs peers noise bench bench-tools accuracy real-stack fit

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
STAMPS := .build/stamps
ATLAS := src/octet/service/atlas/tables.octet
COLLECTOR := web/collector/dist/octet-collector.js

COLLECTOR_SOURCES := $(shell find web/collector \( -name node_modules -o -name 'dist*' -o -name .build \) -prune -o -type f -print)
ATLAS_SOURCES := $(shell find src/octet/service/atlas -name '*.py')

setup: $(STAMPS)/python $(COLLECTOR) $(ATLAS)

$(STAMPS)/python: requirements/dev.txt pyproject.toml packaging/octet-service/pyproject.toml | $(COLLECTOR)
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation \
		--editable . --editable packaging/octet-service
	mkdir -p $(@D) && touch $@

$(STAMPS)/npm: package.json package-lock.json web/collector/package.json
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	mkdir -p $(@D) && touch $@

$(COLLECTOR): $(STAMPS)/npm $(COLLECTOR_SOURCES)
	npm run --silent build -w web/collector
	touch $@

$(ATLAS): $(STAMPS)/npm $(STAMPS)/python $(ATLAS_SOURCES)
	$(BIN)/python -m octet.service.atlas.build --node-modules node_modules --output $@
	touch $@

# Real peers, where this may install them; without them tests are deselected, and listed, and the
# demo says that it has no browser.
# command:package
PEERS := caddy:caddy chromium:chromium curl:curl firefox-esr:firefox-esr haproxy:haproxy \
	microsocks:microsocks nghttp:nghttp2-client nginx:nginx openssl:openssl redis-server:redis-server
peers:
	@missing=$$(for peer in $(PEERS); do command -v $${peer%%:*} >/dev/null || echo $${peer##*:}; done); \
	if [ -n "$$missing" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		export DEBIAN_FRONTEND=noninteractive; \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends $$missing >/dev/null || \
			echo "could not install: $$missing"; \
	fi

demo: setup peers
	$(BIN)/python -m examples.demo $(if $(ONCE),--once)

lint: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	npm run --silent lint -w web/collector

test: lint peers
	npm test --silent -w web/collector
	$(BIN)/pytest --numprocesses=auto --dist=worksteal $(PYTEST)

coverage: setup peers
	$(BIN)/coverage run -m pytest $(PYTEST)
	$(BIN)/coverage report --skip-covered

# The load and the peers that are compiled; Debian's packages are their only dependencies.
GO_PROGRAMS := load stub peers/go_edge peers/go_reverse_proxy
bench-tools:
	@if [ ! -d /usr/share/gocode/src/github.com/gorilla/websocket ] && [ "$$(id -u)" = 0 ]; then \
		export DEBIAN_FRONTEND=noninteractive; apt-get update -qq && \
		apt-get install -y -qq --no-install-recommends \
			golang-go golang-github-gorilla-websocket-dev >/dev/null; \
	fi
	@for program in $(GO_PROGRAMS); do \
		GO111MODULE=off GOPATH=/usr/share/gocode \
			go build -o .build/bench/$$(basename $$program) ./benchmarks/speed/$$program; \
	done

bench: setup peers bench-tools
	$(BIN)/python -m benchmarks.speed $(if $(QUICK),--quick) $(if $(SECTIONS),--sections $(SECTIONS))

accuracy: setup
	$(BIN)/python -m benchmarks.accuracy.components $(if $(QUICK),--quick)
	$(BIN)/python -m benchmarks.accuracy.red_team $(if $(QUICK),--quick)
	$(BIN)/python -m benchmarks.calibration.weights $(if $(QUICK),--quick)
	$(BIN)/python -m benchmarks.accuracy $(if $(QUICK),--quick)

fit: setup
	$(BIN)/python -m benchmarks.calibration
	$(BIN)/ruff format --quiet src/octet/service/engine/fitted.py

real-stack: PEERS += danted:dante-server nft:nftables openvpn:openvpn tinyproxy:tinyproxy \
	wg:wireguard-tools wireguard-go:wireguard-go
real-stack: setup peers
	$(BIN)/python -m benchmarks.real_stack $(if $(VISITS),--visits $(VISITS))

dist: setup
	rm -rf dist
	$(BIN)/python -m build --no-isolation --wheel --outdir dist .
	$(BIN)/python -m build --no-isolation --wheel --outdir dist packaging/octet-service

noise: setup peers
	$(BIN)/python -m benchmarks.channel_noise $(if $(VISITS),--visits $(VISITS))
	$(BIN)/python -m benchmarks.collector_cost

docs: setup
	$(BIN)/python -m octet.schema.json_schema docs/schema
	$(BIN)/python -m octet.service.openapi docs/openapi.json

lock:
	$(PYTHON) -m venv .build/lock
	.build/lock/bin/pip install --quiet pip-tools
	cd requirements && ../.build/lock/bin/pip-compile --quiet --generate-hashes --allow-unsafe \
		--strip-extras --no-header --no-emit-index-url --no-emit-trusted-host \
		--no-emit-find-links --no-emit-options --output-file dev.txt dev.in

clean:
	rm -rf .venv .build node_modules dist web/collector/dist $(ATLAS) .coverage
