package relay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"peerlab/services/internal/lines"
)

// job fetches one file. It asks the nodes one at a time until one has the file. The
// bytes of a node that fails are kept: the next node with the same version continues
// from there. If the hash is known and the file is large, all nodes with that version
// send parts of it at once. The file is complete once its hash equals the announced
// one.
//
// The levels of a fetch are download (all passes), pass (each node once), tryNode (one
// node, and helpers), workers (parts from several nodes at once), fetchParts (from one
// node), fetchPart (one request) and readPart (its bytes).
//
// The goroutine of download owns a job. While the goroutines that it starts run, one
// for each node and one that hashes, they share only the fields behind mu, the store
// and parts.
type job struct {
	name   string
	dial   Dialer
	log    *slog.Logger
	create func(size int64) (store, error) // makes the store once the size is known
	watch  func(size, here int64) Progress // may be nil
	lister string                          // the command that lists files, for error messages

	bad        map[string]bool // nodes that are not asked again
	down       map[string]bool // nodes that did not answer, or failed during a transfer
	oneAtATime bool            // one of several nodes sent wrong bytes: use no helpers
	suspects   []contribution  // the contributions to a combination with a wrong hash

	present  bool   // the folder contains the file already
	replaces bool   // -o: the folder contains a file of that name with other content
	store    store  // nil: nothing has been received
	here     int64  // bytes in store from an earlier attempt
	from     string // the first node that had it
	lead     string // the node that is asked now, with helpers
	parts    *spans // nil: no node has announced the file
	verify   *verifier
	bar      Progress

	mu            sync.Mutex
	size          int64
	hash          string          // unknown until a node sends it
	contributions []contribution  // the parts that each node has sent
	named         map[string]bool // nodes logged as sources of the file
}

func newJob(f *Fetch, name string) *job {
	j := &job{
		name: name, dial: f.Dial, log: f.Log, lister: f.lister, create: printed, hash: unknown,
		bad: make(map[string]bool), down: make(map[string]bool), named: make(map[string]bool),
	}
	if f.Progress != nil {
		j.watch = func(size, here int64) Progress { return f.Progress(name, size, here) }
	}
	return j
}

var (
	errNotFound = errors.New("no node has it")
	errMissing  = errors.New("no node has sent any of it")
	errNoAnswer = errors.New("no answer")
	errMismatch = errors.New("the bytes that it sent do not match the hash that it announced")
	errChanged  = errors.New("the file changed while it was sent")
	errLocal    = errors.New("local failure")
	errStopped  = errors.New("interrupted")

	errMismatchTogether = errors.New("the bytes from several nodes do not match the announced hash")
)

// localError is an error with a message of its own that matches errLocal.
type localError struct{ error }

func (localError) Is(target error) bool { return target == errLocal }

// notSent is an error with a message of its own that matches errMissing.
type notSent struct{ error }

func (notSent) Is(target error) bool { return target == errMissing }

func (e notSent) Unwrap() error { return e.error }

// maxPasses bounds how often a node is asked for one file.
const maxPasses = 3

// download fetches the file from the nodes. The error says why it failed.
func (j *job) download(ctx context.Context, nodes []string) error {
	asked := len(nodes)
	for n := 1; ; n++ {
		next, other, err := j.pass(ctx, nodes)
		switch {
		case err == nil:
			j.bar = nil // complete; do not call Exit
			j.blame()
			return nil
		case len(next) == 0, n == maxPasses:
			return j.failure(err, asked)
		case other && (n > 1 || j.parts == nil): // no node can continue
			j.restart()
		}
		nodes = next
	}
}

// pass asks each node once, in order, until the file is complete. Otherwise it returns
// the nodes to ask in the next pass, none if another pass is pointless, and whether
// some of them have a different version from the partial one. The error is that of the
// last node that failed for a reason other than not having the file.
func (j *job) pass(ctx context.Context, nodes []string) (next []string, other bool, why error) {
	why = errNotFound
	var fine, failed []string
	again := false
	for i, addr := range nodes {
		if j.bad[addr] {
			continue
		}
		who, err := j.tryNode(ctx, addr, nodes)
		switch {
		case err == nil:
			return nil, false, nil
		case ctx.Err() != nil:
			return nil, false, errStopped
		case errors.Is(err, errLocal):
			return nil, false, err
		case lines.IsRefusal(err, "notfound"):
			j.bad[addr] = true
			continue
		}
		j.logFailure(who, err)
		why = fmt.Errorf("node %s: %w", who, err)
		if errors.Is(err, errMismatch) {
			j.exclude(who)
		}
		switch {
		case errors.Is(err, errMismatchTogether), who != addr: // continue one at a time, to find the faulty node
			j.oneAtATime = true
			return slices.Concat(nodes[i:], fine, failed), false, why
		case errors.Is(err, errMismatch):
		case lines.IsRefusal(err, "differs"):
			other = other || j.parts != nil || j.here > 0
			fine = append(fine, addr)
		default:
			again = again || j.parts != nil || lines.IsRefusal(err, "changed")
			failed = append(failed, addr)
			j.down[addr] = true
		}
	}
	if !again && !other {
		return nil, false, why
	}
	// Nodes that failed come last. Otherwise a node that always fails halfway would
	// be first in every pass.
	return append(fine, failed...), other, why
}

// failure returns the error of a download, with the remedy.
func (j *job) failure(why error, asked int) error {
	switch {
	case errors.Is(why, errStopped), errors.Is(why, errLocal):
		return fmt.Errorf("%s: %w", j.shown(), why)
	case j.parts != nil:
		return fmt.Errorf("%s: only %d of %d bytes were fetched (%w); try again later", j.shown(), j.parts.frontier(), j.size, why)
	case errors.Is(why, errNotFound):
		return notSent{fmt.Errorf("%s: %w (%s asked); %s shows the available files", j.shown(), why, countOf(asked, "node"), j.lister)}
	}
	return notSent{fmt.Errorf("%s: not available from any of %s; last error: %w", j.shown(), countOf(asked, "node"), why)}
}

// countOf returns "1 node" or "2 nodes".
func countOf(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

func (j *job) shown() string { return quoted(j.name) }

// exclude stops using a node for this file, because its bytes were wrong.
func (j *job) exclude(addr string) {
	j.bad[addr] = true
	j.logf(slog.LevelWarn, "node %s excluded: %v", addr, errMismatch)
}

// close stops the verifier and frees the store.
func (j *job) close() {
	if j.verify != nil {
		_, _ = j.verify.finish() // the result is not needed
	}
	if j.store != nil {
		j.store.drop(false)
	}
	j.endBar()
}
