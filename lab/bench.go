package lab

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
)

// Config says what a [Bench] takes from the program that opens it.
type Config struct {
	// Root is where the files and folders in a command are looked for. It is absolute.
	Root string
	// Program returns the path of the project's own native program for a role, and an
	// error that says how to get it.
	Program func(role string) (path string, err error)
	// LeftOut is told once what cannot be had here, and why. Labs go on without it.
	LeftOut func(line string)
}

// Bench is what all labs of this process share: the container engine, the ports of
// the host's network, and the guard that undoes what they did, whatever becomes of this
// process. Its methods may be called from any goroutine.
type Bench struct {
	config  Config
	id      string // see runID
	guard   *guard
	ports   *ports
	engine  func() (*engine, error)
	holders func() (*holders, error)
	// endpoint is where the engine is; endpointErr matters only to those who use it.
	endpoint    endpoint
	endpointErr error

	projects      atomic.Int64 // compose projects so far
	users         atomic.Int64 // of programs so far
	sharedNetwork sync.Once    // reports that labs are on the host's network
	noWire        sync.Once    // reports that they have no wire

	mu      sync.Mutex
	closers []func() error
}

// Open opens the bench of this process, which must call [StandGuard] before anything
// else. There is one at a time. Close undoes all that its labs have left.
func Open(c Config) (*Bench, error) {
	if os.Getenv(guardTask) != "" || os.Getenv(jailTask) != "" {
		return nil, errors.New("this process is the guard of a bench: its program must call StandGuard before anything else")
	}
	b := &Bench{config: c, id: runID(os.Getpid()), ports: newPorts(), guard: &guard{}}
	if b.endpoint, b.endpointErr = findEndpoint(); b.endpointErr == nil {
		// Before the guard is started, which is to clean up in the same engine.
		b.endpointErr = b.endpoint.export()
	}
	b.engine = sync.OnceValues(func() (*engine, error) { return openEngine(b) })
	b.holders = sync.OnceValues(func() (*holders, error) { return openHolders(b) })
	if err := b.guard.start(b.id); err != nil {
		return nil, err
	}
	return b, nil
}

// Close ends and removes all that was started and is still there.
func (b *Bench) Close() error {
	b.ports.close()
	b.mu.Lock()
	defer b.mu.Unlock()
	var errs []error
	for _, do := range b.closers {
		errs = append(errs, do())
	}
	b.closers = nil
	return errors.Join(append(errs, b.guard.relieve())...)
}

// Abandon is Close without the connection to the engine, for a process that is about to
// end by a signal.
func (b *Bench) Abandon() error { return b.guard.relieve() }

// TempDir makes a folder that is removed by Close, or when this process has died.
func (b *Bench) TempDir(pattern string) (string, error) {
	dir, err := os.MkdirTemp("", pattern)
	if err != nil {
		return "", fmt.Errorf("a temporary folder: %w", err)
	}
	b.guard.adds(folderKind, dir)
	return dir, nil
}

// Bound bounds what a folder of TempDir can hold, for programs of strangers that are built
// there. It must be empty.
func (b *Bench) Bound(dir string) error { return bound(dir, buildSize, 0o711) }

// RemoveTemp removes a folder of TempDir.
func (b *Bench) RemoveTemp(dir string) error {
	err := removeFolder(dir)
	b.guard.drops(folderKind, dir)
	return err
}

// Guard returns the process group of a process that this one has started. It is killed when
// this process dies, until it is forgotten.
func (b *Bench) Guard(pid int) *Group { return newGroup(pid, b.guard) }

// atClose has something done by Close.
func (b *Bench) atClose(do func() error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closers = append(b.closers, do)
}
