package lab

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// leakTimeout is for goroutines to end once the tests have.
const leakTimeout = 10 * time.Second

// run is what all labs of one test binary share.
type run struct {
	id        string // see runID
	root      string // the folder of go.mod
	artifacts string
	container bool // roles run in containers unless told otherwise
	opened    atomic.Bool
	guard     *guard
	ports     *ports
	binaries  func() (string, error)
	engine    func() (*engine, error)
	// endpoint is where the engine is; endpointErr matters only to those who use it.
	endpoint    endpoint
	endpointErr error

	projects      atomic.Int64 // compose projects so far
	sharedNetwork sync.Once    // reports that labs are on the host's network
	noWire        sync.Once    // reports that they have no wire

	mu      sync.Mutex
	closers []func() error
}

// theRun makes the run on first use.
var theRun = sync.OnceValues(newRun)

func newRun() (*run, error) {
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	r := &run{id: runID(os.Getpid()), root: root, ports: newPorts(), guard: &guard{}}
	r.artifacts = fromRoot(root, "artifacts")
	if dir := os.Getenv("PEERLAB_ARTIFACTS"); dir != "" {
		r.artifacts = fromRoot(root, dir)
	}
	switch backend := os.Getenv("PEERLAB_E2E"); backend {
	case "", "native":
	case "container":
		r.container = true
	default:
		return nil, fmt.Errorf("PEERLAB_E2E is %q; it is native or container", backend)
	}
	r.binaries = sync.OnceValues(r.findBinaries)
	if r.endpoint, r.endpointErr = findEndpoint(); r.endpointErr == nil {
		// Before the guard is started, which is to clean up in the same engine.
		r.endpointErr = r.endpoint.export()
	}
	r.engine = sync.OnceValues(func() (*engine, error) { return openEngine(r) })
	return r, nil
}

func (r *run) findBinaries() (string, error) {
	if dir := os.Getenv("PEERLAB_BIN"); dir != "" {
		return fromRoot(r.root, dir), nil
	}
	dir, err := os.MkdirTemp("", "peerlab-bin-")
	if err != nil {
		return "", fmt.Errorf("a folder for the programs: %w", err)
	}
	r.guard.folder(dir)
	return dir, buildPrograms(r.root, dir)
}

// InContainers says whether roles run in containers unless told otherwise.
func InContainers() bool { return os.Getenv("PEERLAB_E2E") == "container" }

// Main runs the tests of a package that uses the lab and returns the status to
// exit with: that of the tests, or 1 if they leaked a goroutine or something
// they started could not be undone. It is to be called by TestMain, which then
// exits at once; [New] does not work without it.
func Main(m *testing.M) int {
	if task := os.Getenv(guardTask); task != "" {
		return standGuard(os.Stdin, task)
	}
	r, err := theRun()
	if err == nil {
		err = r.guard.start(r.id)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "lab:", err)
		return 1
	}
	r.opened.Store(true)
	release := r.cleanOnSignal()

	status := m.Run()

	release()
	if err := r.close(); err != nil {
		fmt.Fprintln(os.Stderr, "lab:", err)
		status = max(status, 1)
	}
	if status == 0 {
		if err := leaks(); err != nil {
			fmt.Fprintln(os.Stderr, "lab: the tests passed, but", err)
			status = 1
		}
	}
	return status
}

// leaks looks for goroutines that do not end. goleak gives them less than half a
// second, which a busy machine may need for itself.
func leaks() error {
	err := goleak.Find()
	for end := time.Now().Add(leakTimeout); err != nil && time.Now().Before(end); {
		err = goleak.Find()
	}
	return err
}

// cleanOnSignal has SIGINT and SIGTERM clean up before they end the test
// binary as they would have. The function returned undoes that.
func (r *run) cleanOnSignal() (release func()) {
	caught := make(chan os.Signal, 1)
	done := make(chan struct{})
	signal.Notify(caught, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		defer close(done)
		sig, ok := <-caught
		if !ok {
			return
		}
		fmt.Fprintln(os.Stderr, "lab:", sig, "- cleaning up")
		if err := r.guard.relieve(); err != nil {
			fmt.Fprintln(os.Stderr, "lab:", err)
		}
		signal.Reset()
		_ = syscall.Kill(os.Getpid(), sig.(syscall.Signal))
	}()
	return func() {
		signal.Stop(caught)
		close(caught)
		<-done
	}
}

// atClose has something done at the end of the run.
func (r *run) atClose(do func() error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closers = append(r.closers, do)
}

func (r *run) close() error {
	r.opened.Store(false)
	r.ports.close()
	errs := []error{r.guard.relieve()}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, do := range r.closers {
		errs = append(errs, do())
	}
	return errors.Join(errs...)
}
