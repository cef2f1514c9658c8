package lab

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	bench "peerlab/lab"
)

// leakTimeout is for goroutines to end once the tests have.
const leakTimeout = 10 * time.Second

// run is what all labs of one test binary share.
type run struct {
	bench     *bench.Bench
	root      string // the folder of go.mod
	folder    string // the name of the package's folder
	artifacts string
	container bool                   // roles run in containers unless told otherwise
	programs  func() (string, error) // the folder of the project's native programs
	opened    atomic.Bool
	attempt   attempt
	placed    sync.Map // tests that run beside others, or alone
	allTurns  atomic.Pointer[func()]

	mu   sync.Mutex
	left []string // out: what the end of the run says
}

// theRun makes the run on first use.
var theRun = sync.OnceValues(newRun)

func newRun() (*run, error) {
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	here, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	r := &run{root: root, folder: filepath.Base(here)}
	r.artifacts = filepath.Join(root, "artifacts", r.folder)
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
	r.programs = sync.OnceValues(r.findPrograms)
	r.bench, err = bench.Open(bench.Config{Root: root, Program: r.program, LeftOut: r.leftOut})
	return r, err
}

func (r *run) findPrograms() (string, error) {
	if dir := os.Getenv("PEERLAB_BIN"); dir != "" {
		return fromRoot(r.root, dir), nil
	}
	dir, err := r.bench.TempDir("peerlab-bin-")
	if err != nil {
		return "", err
	}
	return dir, buildPrograms(r.root, dir)
}

// program returns the path of the native program of the project for a role.
func (r *run) program(role string) (string, error) {
	dir, err := r.programs()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, role)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("%w: 'make native-programs' builds all of them into bin/race, for PEERLAB_BIN=bin/race; "+
			"unset PEERLAB_BIN builds them as well", err)
	}
	return path, nil
}

// InContainers says whether roles run in containers unless told otherwise.
func InContainers() bool { return os.Getenv("PEERLAB_E2E") == "container" }

// Main runs the tests of a package that uses the lab and returns the status to
// exit with: that of the tests, or 1 if they leaked a goroutine or something
// they started could not be undone. It is to be called by TestMain, which then
// exits at once; [New] does not work without it.
func Main(m *testing.M) int {
	if status, ok := bench.StandGuard(); ok {
		return status
	}
	r, err := theRun()
	if err != nil {
		fmt.Fprintln(os.Stderr, "lab:", err)
		return 1
	}
	r.opened.Store(true)
	release := r.cleanOnSignal()
	if os.Getenv(attemptVariable) != "" {
		go endWithStdin()
	}

	status := m.Run()
	r.releaseAll()

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

// endWithStdin ends the test binary when what started it has ended.
func endWithStdin() {
	_, _ = io.Copy(io.Discard, os.Stdin)
	_ = syscall.Kill(os.Getpid(), syscall.SIGTERM)
}

// leaks looks for goroutines that do not end. goleak gives them less than half a
// second, which a busy machine may need for itself.
func leaks() error {
	expected := goleak.IgnoreAnyFunction("peerlab/e2e/lab.endWithStdin")
	err := goleak.Find(expected)
	for end := time.Now().Add(leakTimeout); err != nil && time.Now().Before(end); {
		err = goleak.Find(expected)
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
		if err := r.bench.Abandon(); err != nil {
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

// leftOut has the end of the run say what its tests had to do without.
func (r *run) leftOut(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left = append(r.left, line)
}

func (r *run) close() error {
	r.opened.Store(false)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, line := range r.left {
		fmt.Fprintln(os.Stderr, line)
	}
	return r.bench.Close()
}
