package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	tclog "github.com/testcontainers/testcontainers-go/log"
)

// engineTimeout is for one request to the container engine, pulls aside.
const engineTimeout = 60 * time.Second

// engine is the container engine of the machine.
type engine struct {
	run      *run
	provider *testcontainers.DockerProvider
	api      client.APIClient
}

// openEngine finds the engine, and removes what dead runs left in it.
func openEngine(r *run) (*engine, error) {
	provider, err := dialEngine()
	if err != nil {
		return nil, err
	}
	r.guard.containers()
	r.atClose(provider.Close)
	e := &engine{run: r, provider: provider, api: provider.Client()}
	return e, sweepDead(provider.Client())
}

// dialEngine finds the engine as testcontainers does: DOCKER_HOST, the docker
// context, the usual sockets.
func dialEngine() (*testcontainers.DockerProvider, error) {
	// The library's own sweeper is an image, which cannot be had where there is
	// no registry. It reads this variable once, before its first container.
	if err := os.Setenv("TESTCONTAINERS_RYUK_DISABLED", "true"); err != nil {
		return nil, fmt.Errorf("the container engine: %w", err)
	}
	quiet := log.New(io.Discard, "", 0)
	tclog.SetDefault(quiet)
	// The library attaches every container to the network named here, or makes
	// one. Ours are on the host's, which every engine has.
	provider, err := testcontainers.NewDockerProvider(
		testcontainers.WithLogger(quiet), testcontainers.WithDefaultBridgeNetwork("host"))
	if err != nil {
		return nil, fmt.Errorf("the container engine (is dockerd running?): %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), engineTimeout)
	defer cancel()
	if _, err := provider.Client().Ping(ctx, client.PingOptions{NegotiateAPIVersion: true}); err != nil {
		return nil, errors.Join(fmt.Errorf("the container engine does not answer: %w", err), provider.Close())
	}
	return provider, nil
}
