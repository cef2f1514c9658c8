package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	tclog "github.com/testcontainers/testcontainers-go/log"
)

// engineTimeout is for one request to the container engine, pulls aside.
const engineTimeout = 30 * time.Second

// engine is the container engine of the machine.
type engine struct {
	bench    *Bench
	provider *testcontainers.DockerProvider
	api      client.APIClient
	starting sync.WaitGroup // holders that are started ahead
}

// openEngine connects to the engine, and removes what dead runs left in it.
func openEngine(b *Bench) (*engine, error) {
	if b.endpointErr != nil {
		return nil, b.endpointErr
	}
	provider, err := dialEngine(b.endpoint)
	if err != nil {
		return nil, err
	}
	b.guard.adds(containerKind, b.id)
	e := &engine{bench: b, provider: provider, api: provider.Client()}
	b.atClose(e.close)
	return e, sweepDead(provider.Client())
}

// close closes the connection to the engine. The guard removes what is left there.
func (e *engine) close() error {
	e.starting.Wait()
	return e.provider.Close()
}

// dialEngine connects testcontainers to the engine. The variables of
// [endpoint.export] must be set. Without a named engine testcontainers looks
// for one: at the usual socket, then at those of a rootless engine.
func dialEngine(at endpoint) (*testcontainers.DockerProvider, error) {
	// The library's own sweeper is an image, which is missing where there is no
	// registry. It reads this variable once, before its first container.
	if err := os.Setenv("TESTCONTAINERS_RYUK_DISABLED", "true"); err != nil {
		return nil, fmt.Errorf("%v: %w", at, err)
	}
	if at.host != "" {
		if err := pingEngine(); err != nil {
			return nil, fmt.Errorf("%v does not answer: %w: %s", at, err, remedy(err))
		}
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
		// The lab's are on the host's, which every engine has, or join a holder.
		p, err := testcontainers.NewDockerProvider(
			testcontainers.WithLogger(quiet), testcontainers.WithDefaultBridgeNetwork("host"))
		answer <- dialled{p, err}
	}()
	timer := time.NewTimer(engineTimeout)
	defer timer.Stop()
	select {
	case d := <-answer:
		if d.err != nil {
			return nil, fmt.Errorf("%v does not answer: %w: %s", at, d.err, remedy(d.err))
		}
		// The library has sources and fallbacks of its own.
		if got := d.provider.Client().DaemonHost(); at.host != "" && got != at.host {
			return nil, errors.Join(
				fmt.Errorf("testcontainers chose the engine at %s, not %v: remove tc.host from ~/.testcontainers.properties", got, at),
				d.provider.Close())
		}
		return d.provider, nil
	case <-timer.C:
		return nil, fmt.Errorf("%v does not answer within %v: it may hang; restart it", at, engineTimeout)
	}
}

// pingEngine asks the engine that the environment names for a sign of life.
// testcontainers itself would go on to another engine without a word.
func pingEngine() error {
	c, err := client.New(client.FromEnv)
	if err != nil {
		return err
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), engineTimeout)
	defer cancel()
	_, err = c.Ping(ctx, client.PingOptions{})
	return err
}

// remedy says what to do about an engine that cannot be asked.
func remedy(err error) string {
	if strings.Contains(err.Error(), "permission denied") {
		return "add yourself to its group ('sudo usermod -aG docker $USER', then log in again)"
	}
	return "start it ('sudo systemctl start docker'), or choose another with 'docker context use' or DOCKER_HOST"
}
