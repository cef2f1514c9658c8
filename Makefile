# Main targets: make up, make e2e. All targets: make help.
#
# Variables, on the command line:
#   T=client1             which terminal (attach)
#   RUN=TestPhase1        which tests (the names: make tests); COUNT=10: how often; V=1: print each
#   IN=chat               which scenarios: a folder of e2e (e2e, e2e-native)
#   FUZZTIME=10s          how long for each fuzz target; RUN=FuzzParse: which
#   SEED=7 ROUNDS=20      which chaos (any), and how many rounds (1), each with the next seed; RUN=TestChaosFuzz: of one kind
#   DURATION=60s          of a round; AT_ONCE=1: how many at the same time; E2E=native: or container
#   ROWS=big,small        which rows (bench)
#   JOBS=4                how many submissions at a time (grade-demo); three for each processor, since they mostly wait
#   SERVER=... CLIENT=... the program for each role in the scenarios: image:me/server, or cmd:python3 server.py (docs/testing.md)
.DEFAULT_GOAL := help

# quote makes one word of the shell's out of the value of the variable named. The value is taken as it was given, so that the $
# in RUN='^TestPhase1$$' needs no doubling.
quote = '$(subst ','\'',$(value $1))'

T        ?= client1
RUN      ?=
IN       ?=
COUNT    ?= 1
TIMEOUT  ?= 15m
FUZZTIME ?= 10s
ROWS     ?=
ROUNDS   ?= 1
DURATION ?= 60s
AT_ONCE  ?= 1
JOBS     ?= $(shell expr 3 '*' $(PROCESSORS))
E2E      ?= native
V        ?=
SERVER   ?=
CLIENT   ?=
ifndef SEED
SEED     := $(shell date +%s)
endif

TESTFLAGS = -json -count=$(call quote,COUNT) -timeout $(call quote,TIMEOUT)$(if $(value RUN), -run $(call quote,RUN))$(if $(V), -v)

ifneq ($(SERVER),)
export PEERLAB_SERVER := $(SERVER)
endif
ifneq ($(CLIENT),)
export PEERLAB_CLIENT := $(CLIENT)
endif

COMPOSE := docker compose
# All services but the page's.
PROGRAMS := $(COMPOSE) --profile order --profile room

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile
	@sed -n 's/^#   \([A-Z]\)/  \1/p' Makefile

## The lab

.PHONY: up
up: images ## build and start the lab: chat and files, each process in its own container
	@scripts/up.sh

.PHONY: down
down: engine ## stop and remove the lab's containers; the registry's volume stays (make clean removes it)
	$(COMPOSE) --profile '*' down --remove-orphans

.PHONY: attach
attach: engine ## attach to one terminal: make attach T=client1 (leave it: Ctrl-P Ctrl-Q)
	@scripts/attach.sh $(call quote,T)

.PHONY: swarm-up swarm-down
swarm-up: images ## the lab on several machines, which docs/classroom.md joins to a swarm: build it, and start it there
	CGO_ENABLED=0 go build -trimpath -o bin/ ./lab/cmd/peerlab
	@scripts/swarm.sh up
swarm-down: engine ## stop and remove the lab on the machines of the swarm; volumes stay
	@scripts/swarm.sh down

.PHONY: logs
logs: engine ## follow the output of all processes
	@[ -n "$$($(COMPOSE) ps --all --quiet)" ] || { echo 'the lab is not up. Start it: make up' >&2; exit 1; }
	@$(COMPOSE) logs --follow --tail 50 || [ $$? = 130 ] # Ctrl-C exits with 130

.PHONY: wall
wall: engine ## all terminals in one tmux window, a pane each (leave a pane: Ctrl-C; its process runs on)
	@scripts/wall.sh

.PHONY: console
console: build ## the chat on a page in the browser: all terminals, the links to break, the diagram; needs no Docker
	@bin/peerlab run

## Building

.PHONY: build
build: ## compile all processes, the command peerlab and the scenarios that it plays into bin/
	CGO_ENABLED=0 go build -trimpath -o bin/ ./services/cmd/... ./lab/cmd/...
	CGO_ENABLED=0 go test -c -trimpath -o bin/scenarios/ ./e2e/chat ./e2e/relay ./e2e/order ./e2e/room

# Where CI lets a command run as root, submissions have networks of their own, and machines an engine each.
AS_ROOT := $(if $(CI),$(shell [ "$$(id -u)" = 0 ] || echo sudo -nE env '"PATH=$$PATH"'))

.PHONY: grade-demo
grade-demo: build ## grade right and wrong submissions, and show that each loses its own points; reports in artifacts/grades
	$(AS_ROOT) bin/peerlab grade -check -jobs $(JOBS) -o artifacts/grades

.PHONY: report-picture
report-picture: build # docs/report.png, for README; needs Chromium, and root
	scripts/report-picture.sh

.PHONY: images
images: engine builder ## build the container images
	$(PROGRAMS) build --quiet || $(PROGRAMS) --progress plain build # --quiet hides compiler errors, too

.PHONY: holder-image
holder-image: engine builder # of the bench: it keeps the network of a scenario alive
	$(COMPOSE) -f e2e/holder/compose.yaml build --quiet

## Testing

.PHONY: test
test: ## unit tests, with the race detector
	@$(LOUDLY) sh -c 'go test "$$@" ./services/... ./lab/... ./e2e/lab/... ./e2e/checker ./e2e/stage && { [ "$$(uname -s)" != Linux ] || go test -C e2e/bench "$$@" ./...; }' - -race $(TESTFLAGS)

.PHONY: tests
tests: ## the names of all tests, for RUN=
	@go test -list . ./services/... ./lab/... ./e2e/... && go test -C e2e/bench -list . ./... && go test -C e2e/page -list . ./...

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME
	scripts/fuzz.sh $(call quote,FUZZTIME) $(call quote,RUN)

.PHONY: e2e
e2e: container-programs ## all scenarios, each process in a container
	$(IN_CONTAINERS) $(LOUDLY) go test $(E2EFLAGS) $(TESTFLAGS) $(call scenarios,$(FOLDERS) lab)

.PHONY: e2e-native
e2e-native: native-programs ## the same scenarios as plain processes built with the race detector; needs no Docker
	$(NATIVELY) $(LOUDLY) go test $(E2EFLAGS) $(TESTFLAGS) $(call scenarios,$(FOLDERS))

.PHONY: e2e-swarm
e2e-swarm: container-programs ## the lab on three machines, each with an engine in namespaces of its own; needs root on Linux
	CGO_ENABLED=0 go build -trimpath -o bin/ ./lab/cmd/peerlab
	$(AS_ROOT) env $(IN_CONTAINERS) $(LOUDLY) go test $(E2EFLAGS) $(TESTFLAGS) ./e2e/swarm

.PHONY: chaos
chaos: $(E2E)-programs ## random rounds: a seed decides which client types what, which fault occurs, what a hostile member sends: make chaos SEED=7 ROUNDS=20
	PEERLAB_CHAOS_SEED=$(call quote,SEED) PEERLAB_CHAOS_ROUNDS=$(call quote,ROUNDS) PEERLAB_CHAOS_DURATION=$(call quote,DURATION) \
	$(if $(filter container,$(E2E)),$(IN_CONTAINERS),$(NATIVELY)) PEERLAB_AT_ONCE=$(call quote,AT_ONCE) $(LOUDLY) go test -json -count=1 -timeout 4h -v -parallel $(call quote,AT_ONCE) -run $(if $(value RUN),$(call quote,RUN),'^TestChaos(Fuzz)?$$') ./e2e/chaos

# The scenarios' environment: how roles run, and the folder of the programs.
# A relative PEERLAB_BIN is relative to this folder, whose name may have blanks.
PROCESSORS    := $(shell getconf _NPROCESSORS_ONLN)
IN_CONTAINERS  = PEERLAB_E2E=container PEERLAB_BIN=bin/plain PEERLAB_AT_ONCE=$(shell expr 2 '*' $(PROCESSORS))
NATIVELY       = PEERLAB_E2E=native PEERLAB_BIN=bin/race PEERLAB_AT_ONCE=$(shell expr 3 '*' $(PROCESSORS))
LOUDLY        := scripts/loudly.sh
# All folders at once: PEERLAB_AT_ONCE says how many scenarios of them run at the same time.
FOLDERS       := $(filter-out lab swarm,$(patsubst e2e/%/main_test.go,%,$(wildcard e2e/*/main_test.go)))
E2EFLAGS      := -p 16 -parallel 16 -vet=off
scenarios      = $(addprefix ./e2e/,$(or $(IN),$1))

.PHONY: container-programs native-programs
container-programs: images holder-image
	go build -o bin/plain/ ./services/cmd/... ./e2e/mutant # some scenarios run these natively in any case
native-programs:
	go build -race -o bin/race/ ./services/cmd/... ./e2e/mutant
%-programs:
	@echo "E2E is '$*': give native or container" >&2; exit 1

.PHONY: page
page: build ## the page of 'peerlab run' in a real browser, Chromium; screenshots in artifacts/page (PEERLAB_PAGE_LOAD=5m: the long run)
	@scripts/bootstrap.sh chromium
	$(LOUDLY) go test -C e2e/page $(TESTFLAGS) ./...

.PHONY: bench
bench: ## measure beside nginx, iperf3, NATS and bare limits, and write docs/benchmarks.md (with ROWS only print)
	cd e2e/bench && go run . $(if $(value ROWS),-rows $(call quote,ROWS),-page ../../docs/benchmarks.md)

.PHONY: lint
lint: ## vet, staticcheck, gofumpt, govulncheck, shellcheck and the project's own rules
	scripts/lint.sh

.PHONY: fmt
fmt: ## format the Go files
	go tool -modfile=scripts/tools.mod gofumpt -w services lab e2e

# The page's terminal, as npm has it. The checksums are compared by 'make lint'.
XTERM := lab/console/web/xterm
.PHONY: vendor-web
vendor-web: ## renew the page's terminal: XTERM_VERSION=6.0.0 FIT_VERSION=0.11.0
	@set -e; dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; cd "$$dir"; \
	npm pack --silent @xterm/xterm@$${XTERM_VERSION:-6.0.0} @xterm/addon-fit@$${FIT_VERSION:-0.11.0} >/dev/null; \
	tar xzf xterm-xterm-*.tgz; mv package xterm; tar xzf xterm-addon-fit-*.tgz; \
	cp xterm/lib/xterm.mjs xterm/css/xterm.css package/lib/addon-fit.mjs $(CURDIR)/$(XTERM); \
	{ echo '@xterm/xterm:'; echo; cat xterm/LICENSE; echo; echo '@xterm/addon-fit:'; echo; cat package/LICENSE; } >$(CURDIR)/$(XTERM)/LICENSE
	cd $(XTERM) && sha256sum LICENSE *.mjs *.css >SHA256SUMS

.PHONY: clean
clean: ## remove everything built or started here: bin/, artifacts/, and the lab's containers, images and volumes
	@scripts/clean.sh

# Prerequisites of containers; both do nothing if the machine has them.
.PHONY: engine builder
engine:
	@scripts/bootstrap.sh engine compose
builder: engine
	@scripts/bootstrap.sh builder
