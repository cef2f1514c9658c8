package relay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"peerlab/services/internal/lines"
)

// job fetches one file. Nodes are asked one at a time until one has it. What a
// node has given stays when it dies: the next that has the same version goes on
// from the same byte. A large file whose hash is known comes from all the nodes
// that have that version at once. The bytes count only when their hash is what
// was announced.
type job struct {
	name string
	log  *slog.Logger
	// create makes the store when the size is known.
	create func(size int64) (store, error)
	step   func(at int64) // see verifier; may be nil
	tick   func(n int)    // is told how many bytes have come; may be nil
	start  func(size int64)

	store store  // nil: nothing has come yet
	here  int64  // how many bytes of an earlier attempt are in store
	from  string // the node that had it first
	solo  bool   // one node at a time: somebody among several lies

	parts  *spans
	verify *verifier

	mu     sync.Mutex
	size   int64
	hash   string          // unknown until a node says it
	givers map[string]bool // nodes that bytes have come from
}

var (
	errNobody = errors.New("nobody has it")
	errDead   = errors.New("no answer")
	errLied   = errors.New("what it sent is not what it announced")

	errLiedTogether = errors.New("what several sent together is not what they announced")
)

// fetch gets the file from the nodes, or returns why it could not be had.
func (j *job) fetch(ctx context.Context, nodes []string) error {
	bad := make(map[string]bool)
	for round := 0; round < 3; round++ {
		again := false
		for _, addr := range nodes {
			if bad[addr] {
				continue
			}
			err := j.attempt(ctx, addr, nodes, bad)
			switch {
			case err == nil:
				return nil
			case ctx.Err() != nil:
				return ctx.Err()
			case errors.Is(err, errLocal):
				return err
			case errors.Is(err, errLiedTogether):
				j.solo, again = true, true // each alone will show who
			case errors.Is(err, errLied):
				bad[addr] = true
				j.log.Warn(fmt.Sprintf("%s: passed over node %s: what it sent is not what it announced", j.shown(), addr))
			case is(err, "notfound"):
				bad[addr] = true
			case is(err, "changed"):
				again = true
				j.log.Info("the file changed while it was sent; trying again", "node", addr)
			case is(err, "differs"):
				again = again || j.parts != nil || j.here > 0
				j.log.Info("another version is there", "node", addr)
			default:
				again = again || j.parts != nil
				j.log.Info("no use of a node", "node", addr, "err", err)
			}
		}
		if !again {
			break
		}
		if round > 0 || j.parts == nil { // nobody goes on where it stopped: from the beginning, then
			if err := j.restart(); err != nil {
				return err
			}
		}
	}
	if j.parts != nil {
		return fmt.Errorf("%s: only %d of %d bytes could be had; try again later", j.shown(), j.parts.frontier(), j.size)
	}
	return fmt.Errorf("%s: %w; %d nodes were asked", j.shown(), errNobody, len(nodes))
}

func (j *job) shown() string { return string(lines.Escape(nil, []byte(j.name))) }

// attempt fetches what is missing from addr, and from others beside it if that
// is worth while, and verifies the whole.
func (j *job) attempt(ctx context.Context, addr string, nodes []string, bad map[string]bool) error {
	var helpers sync.WaitGroup
	defer helpers.Wait()
	help := func() {
		for _, other := range nodes {
			if other != addr && !bad[other] && !j.solo {
				helpers.Go(func() {
					if err := j.work(ctx, other, true, nil); err != nil {
						j.log.Info("no help of a node", "node", other, "err", err)
					}
				})
			}
		}
	}
	err := j.work(ctx, addr, false, help)
	helpers.Wait()
	if j.parts == nil || j.parts.frontier() < j.size {
		if is(err, "changed") || errors.Is(err, errLied) {
			return errors.Join(err, j.restart())
		}
		if err == nil {
			err = errDead
		}
		return err
	}
	sum, at, err := j.verify.finish()
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", errLocal, err)
	case at == j.size && sum == j.hash:
		return nil
	}
	lied := errLied
	if len(j.givers) > 1 {
		lied = errLiedTogether
	}
	return errors.Join(lied, j.restart())
}

// errLocal says that the trouble is on this side, and no other node can help.
var errLocal = errors.New("here")

// restart drops all that has come.
func (j *job) restart() error {
	if j.verify != nil {
		_, _, _ = j.verify.finish() // what it says is of no use any more
	}
	j.parts, j.verify, j.here = nil, nil, 0
	j.hash, j.size, j.givers = unknown, 0, nil
	if j.store == nil {
		return nil
	}
	if err := j.store.clear(); err != nil {
		return fmt.Errorf("%w: %w", errLocal, err)
	}
	return nil
}

// begin takes in what the first node says of the file, or checks that the next
// one speaks of the same.
func (j *job) begin(addr string, size int64, hash string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.parts != nil {
		if size != j.size {
			return refuse("differs", "it has %d bytes there, not %d", size, j.size)
		}
		if j.hash == unknown {
			j.hash = hash
		}
		return nil
	}
	if j.store == nil {
		s, err := j.create(size)
		if err != nil {
			return fmt.Errorf("%w: %w", errLocal, err)
		}
		j.store = s
	}
	if j.start != nil {
		j.start(size)
	}
	j.from, j.size, j.hash = addr, size, hash
	if j.here > size {
		j.here = 0
	}
	j.parts = newSpans(j.here)
	if j.tick != nil {
		j.tick(int(j.here))
	}
	j.parts.want(size)
	j.verify = newVerifier(j.store, j.parts, j.step)
	go j.verify.run()
	return nil
}

func (j *job) version() (hash string, size int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.hash, j.size
}

// gave says that a node has sent some bytes.
func (j *job) gave(addr string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.givers == nil {
		j.givers = make(map[string]bool)
	}
	j.givers[addr] = true
}

// ended takes in what a node says at the end of the file.
func (j *job) ended(hash string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.hash == unknown {
		j.hash = hash
	}
}

// close ends what is still running, and frees the store.
func (j *job) close() {
	if j.verify != nil {
		_, _, _ = j.verify.finish() // of no use any more, or known
	}
	if j.store != nil {
		j.store.drop()
	}
}
