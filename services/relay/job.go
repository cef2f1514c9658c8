package relay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
)

// job fetches one file. Nodes are asked one at a time until one has it. What a
// node has given stays when it dies: the next that has the same version goes on
// from the same byte. A large file whose hash is known comes from all the nodes
// that have that version at once. The bytes count only when their hash is what
// was announced.
//
// The goroutine of fetch owns a job. Those that it starts, one a node and one
// that hashes, have ended before it touches what is not behind mu.
type job struct {
	name   string
	dial   Dialer
	log    *slog.Logger
	create func(size int64) (store, error) // makes the store when the size is known
	watch  func(size, here int64) Progress // may be nil
	lister string                          // what a user types to see which files there are

	bad      map[string]bool // nodes that need not be asked again
	down     map[string]bool // nodes that have failed to answer, or on the way
	solo     bool            // one node at a time: somebody among several has lied
	suspects []gift          // what came from several when somebody lied

	present bool   // the file is in the folder already, and need not be fetched
	store   store  // nil: nothing has come yet
	here    int64  // how many bytes of an earlier attempt are in store
	from    string // the node that had it first
	lead    string // the node that is being asked, beside which others may help
	parts   *spans // nil: no node has spoken of the file yet
	verify  *verifier
	bar     Progress

	mu    sync.Mutex
	size  int64
	hash  string          // unknown until a node says it
	gifts []gift          // what has come from whom
	named map[string]bool // nodes of which the log has said that the file is read from them
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
	errNobody  = errors.New("no node has it")
	errMissing = errors.New("no node has sent any of it")
	errDead    = errors.New("no answer")
	errLied    = errors.New("what it sent is not what it announced")
	errSpoilt  = errors.New("what it sent is of several versions")
	errLocal   = errors.New("the trouble is on this side, and no other node can help")
	errStopped = errors.New("stopped before it was done")

	errLiedTogether = errors.New("what several sent together is not what they announced")
)

// local is an error that is errLocal, and says what is the matter.
type local struct{ error }

func (local) Is(target error) bool { return target == errLocal }

// notSent is an error that is errMissing, and says what is the matter.
type notSent struct{ error }

func (notSent) Is(target error) bool { return target == errMissing }

func (e notSent) Unwrap() error { return e.error }

// maxRounds bounds how often a node is asked for one file.
const maxRounds = 3

// fetch gets the file from the nodes, or returns why it could not be had.
func (j *job) fetch(ctx context.Context, nodes []string) error {
	asked := len(nodes)
	for round := 1; ; round++ {
		next, other, err := j.round(ctx, nodes)
		switch {
		case err == nil:
			j.bar = nil // all bytes have come
			j.convict()
			return nil
		case len(next) == 0, round == maxRounds:
			return j.failure(err, asked)
		case other && (round > 1 || j.parts == nil): // nobody goes on where it stopped
			j.restart()
		}
		nodes = next
	}
}

// round asks the nodes one after the other. If none gives the file it returns
// those to ask in another round, in their order, and whether some of them have
// another version than the one of which a part is here; there are none if that is
// of no use. The error is about the last that failed for another reason than that
// it does not have the file.
func (j *job) round(ctx context.Context, nodes []string) (next []string, other bool, why error) {
	why = errNobody
	var fine, failed []string
	again := false
	for i, addr := range nodes {
		if j.bad[addr] {
			continue
		}
		who, err := j.attempt(ctx, addr, nodes)
		switch {
		case err == nil:
			return nil, false, nil
		case ctx.Err() != nil:
			return nil, false, errStopped
		case errors.Is(err, errLocal):
			return nil, false, err
		case is(err, "notfound"):
			j.bad[addr] = true
			continue
		}
		j.failed(who, err)
		why = fmt.Errorf("node %s: %w", who, err)
		if errors.Is(err, errLied) {
			j.passOver(who)
		}
		switch {
		case errors.Is(err, errLiedTogether), who != addr: // each alone will show who is to be relied on
			j.solo = true
			return slices.Concat(nodes[i:], fine, failed), false, why
		case errors.Is(err, errLied):
		case is(err, "differs"):
			other = other || j.parts != nil || j.here > 0
			fine = append(fine, addr)
		default:
			again = again || j.parts != nil || is(err, "changed")
			failed = append(failed, addr)
			j.down[addr] = true
		}
	}
	if !again && !other {
		return nil, false, why
	}
	// Those that have failed come last, or one that always sends half a file would
	// be the first every time.
	return append(fine, failed...), other, why
}

// failure is the error that says why a file could not be had.
func (j *job) failure(why error, asked int) error {
	switch {
	case errors.Is(why, errStopped), errors.Is(why, errLocal):
		return fmt.Errorf("%s: %w", j.shown(), why)
	case j.parts != nil:
		return fmt.Errorf("%s: only %d of %d bytes could be had (%w); try again later", j.shown(), j.parts.frontier(), j.size, why)
	case errors.Is(why, errNobody):
		return notSent{fmt.Errorf("%s: %w (%s asked); %s shows what there is", j.shown(), why, countOf(asked, "node"), j.lister)}
	}
	return notSent{fmt.Errorf("%s: none of %s could give it; the last that failed was %w", j.shown(), countOf(asked, "node"), why)}
}

// countOf returns "1 node" or "2 nodes".
func countOf(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

func (j *job) shown() string { return quoted(j.name) }

// passOver records that a node is not to be trusted with this file.
func (j *job) passOver(addr string) {
	j.bad[addr] = true
	j.say(slog.LevelWarn, "passed over node %s: %v", addr, errLied)
}

// close ends what is still running, and frees the store.
func (j *job) close() {
	if j.verify != nil {
		_, _ = j.verify.finish() // of no use any more, or known
	}
	if j.store != nil {
		j.store.drop(false)
	}
	j.endBar()
}
