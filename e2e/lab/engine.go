package lab

import (
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
const engineTimeout = 30 * time.Second

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
	type dialled struct {
		provider *testcontainers.DockerProvider
		err      error
	}
	answer := make(chan dialled, 1)
	go func() { // the library waits without limit for an engine that hangs
		// It attaches every container to the network named here, or makes one.
		// Ours are on the host's, which every engine has.
		p, err := testcontainers.NewDockerProvider(
			testcontainers.WithLogger(quiet), testcontainers.WithDefaultBridgeNetwork("host"))
		answer <- dialled{p, err}
	}()
	timer := time.NewTimer(engineTimeout)
	defer timer.Stop()
	select {
	case d := <-answer:
		if d.err != nil {
			return nil, fmt.Errorf("the container engine (is dockerd running?): %w", d.err)
		}
		return d.provider, nil
	case <-timer.C:
		return nil, fmt.Errorf("the container engine does not answer within %v (engineTimeout)", engineTimeout)
	}
}
