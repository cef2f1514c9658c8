# One builder, then one image for each process, which contains a single static binary.
#
# Two rules keep this file working on every builder (BuildKit, the classic builder of engine 20.10, compose's own) and on
# machines without a registry, where scripts/bootstrap.sh imports the machine's own Go under the builder's name:
#   - RUN only in exec form, because that imported image has no shell;
#   - no syntax line, no RUN --mount: the first needs a registry, the second BuildKit.
ARG GO_IMAGE=golang:1.26

FROM ${GO_IMAGE} AS modules
# `make clean` finds the stage's image by this label, where the builder keeps one.
LABEL peerlab.stage=build
# Unset, Go uses its defaults. compose.yaml passes what the host's environment sets.
ARG GOPROXY
ARG GOSUMDB
ARG GOPRIVATE
ENV CGO_ENABLED=0 GOFLAGS="-trimpath '-ldflags=-s -w'"

# An empty folder that the final images copy as /data. There is no shell to make one with; WORKDIR makes it.
WORKDIR /empty/data

# A layer of its own caches the inputs that seldom change: the modules that the programs use (`go mod download` would also
# fetch some fifty of the end-to-end bench) and the compiled standard library. A package that is missing from this list is
# fetched and compiled again after each edit.
WORKDIR /src
COPY go.mod go.sum ./

FROM modules AS build
RUN ["go", "build", "golang.org/x/term", "golang.org/x/text/unicode/norm", "golang.org/x/time/rate", "github.com/clipperhouse/displaywidth", "github.com/lmittmann/tint", "github.com/mtibben/confusables", "net", "log/slog", "flag", "os/signal"]

COPY services services
RUN ["go", "build", "-o", "/out/", "./services/cmd/..."]

# The page is built from other modules, in a layer of its own for the same reason.
FROM modules AS build-console
RUN ["go", "build", "github.com/coder/websocket", "github.com/google/nftables", "github.com/gopacket/gopacket/pcapgo", "github.com/mdlayher/netlink", "github.com/moby/moby/client", "github.com/testcontainers/testcontainers-go", "github.com/shirou/gopsutil/v4/net", "golang.org/x/net/html", "golang.org/x/term", "go.yaml.in/yaml/v3"]
COPY lab lab
RUN ["go", "build", "-o", "/out/", "./lab/cmd/peerlab"]

# The base of all images but the page's. /data belongs to the user, and so does a named volume that is first mounted there. The health
# check needs no shell: the program reads the arguments of the process that runs in the container, and connects to it.
FROM scratch AS process
COPY --from=build --chown=65532:65532 /empty/ /
USER 65532:65532
WORKDIR /data

# To add a process, copy these four lines under its name and add a service to compose.yaml.
FROM process AS server
COPY --from=build /out/server /server
HEALTHCHECK --interval=10s --timeout=3s --retries=3 CMD ["/server", "-health"]
ENTRYPOINT ["/server"]

FROM process AS client
COPY --from=build /out/client /client
HEALTHCHECK --interval=10s --timeout=3s --retries=3 CMD ["/client", "-health"]
ENTRYPOINT ["/client"]

FROM process AS relay
COPY --from=build /out/relay /relay
HEALTHCHECK --interval=10s --timeout=3s --retries=3 CMD ["/relay", "-health"]
ENTRYPOINT ["/relay"]

FROM process AS node
COPY --from=build /out/node /node
HEALTHCHECK --interval=10s --timeout=3s --retries=3 CMD ["/node", "-health"]
ENTRYPOINT ["/node"]

FROM process AS fetch
COPY --from=build /out/fetch /fetch
HEALTHCHECK --interval=10s --timeout=3s --retries=3 CMD ["/fetch", "-health"]
ENTRYPOINT ["/fetch"]

FROM process AS order-server
COPY --from=build /out/order-server /order-server
HEALTHCHECK --interval=10s --timeout=3s --retries=3 CMD ["/order-server", "-health"]
ENTRYPOINT ["/order-server"]

FROM process AS order-client
COPY --from=build /out/order-client /order-client
HEALTHCHECK --interval=10s --timeout=3s --retries=3 CMD ["/order-client", "-health"]
ENTRYPOINT ["/order-client"]

FROM process AS room-server
COPY --from=build /out/room-server /room-server
HEALTHCHECK --interval=10s --timeout=3s --retries=3 CMD ["/room-server", "-health"]
ENTRYPOINT ["/room-server"]

FROM process AS room-client
COPY --from=build /out/room-client /room-client
HEALTHCHECK --interval=10s --timeout=3s --retries=3 CMD ["/room-client", "-health"]
ENTRYPOINT ["/room-client"]

# The page of the lab. It controls the engine, so its user is root, with the capabilities of compose.yaml.
FROM scratch AS console
COPY --from=build-console /out/peerlab /peerlab
ENTRYPOINT ["/peerlab"]
