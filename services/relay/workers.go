package relay

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"peerlab/services/internal/lines"
)

// tryNode fetches the missing bytes from the lead, with the others as helpers if the
// file is large, and verifies the file. It returns the node that caused the
// error.
func (j *job) tryNode(ctx context.Context, lead string, others []string) (who string, err error) {
	who, err = j.runWorkers(ctx, lead, others)
	junk := errors.Is(err, errChanged) || errors.Is(err, errMismatch)
	if !j.whole() {
		switch {
		case junk:
			j.restart()
		case err == nil:
			err = errNoAnswer
		}
		return who, err
	}
	sum, failed := j.verify.finish()
	switch {
	case failed != nil:
		return who, localError{failed}
	case sum == j.hash:
		return who, nil
	case junk:
	case j.recordSuspects():
		err = errMismatchTogether
	case j.isOutdated(ctx, who):
		err = because(errChanged, lines.Refuse("changed", "the announced hash was that of an earlier version"))
	default:
		err = errMismatch
	}
	j.restart()
	return who, err
}

// runWorkers runs workers until all bytes have been received, or the lead has failed
// and no other node can replace it.
func (j *job) runWorkers(ctx context.Context, lead string, others []string) (who string, err error) {
	for {
		j.lead = lead
		w := workers{job: j, lead: lead, others: others}
		w.run(ctx)
		switch {
		case w.corrupt != nil:
			return w.culprit, w.corrupt
		case j.whole():
			return lead, nil
		case w.fastest == "":
			return lead, w.err
		}
		lead = w.fastest
	}
}

// workers is one attempt to fetch the missing parts from several nodes at once. Once
// no part is unassigned, the first worker to finish starts a timer: the longer of the
// time that its last part took and answerTime. When it fires, the other workers are
// cancelled, and runWorkers starts again with the first one as lead, so that the parts
// of slow nodes are reassigned.
type workers struct {
	job    *job
	lead   string
	others []string
	cancel func()
	wg     sync.WaitGroup

	mu      sync.Mutex
	fastest string // the first worker to finish
	cut     *time.Timer
	err     error  // the error of the lead
	corrupt error  // set if the received bytes are unusable,
	culprit string // because of this node
}

func (w *workers) run(ctx context.Context) {
	ctx, w.cancel = context.WithCancel(ctx)
	defer w.cancel()
	w.fetch(ctx, w.lead, func() {
		for _, other := range w.others {
			if other != w.lead && !w.job.bad[other] && !w.job.oneAtATime {
				w.wg.Go(func() { w.fetch(ctx, other, nil) })
			}
		}
	})
	w.wg.Wait()
	if w.cut != nil {
		w.cut.Stop()
	}
}

// fetch fetches parts from one node and records the outcome.
func (w *workers) fetch(ctx context.Context, addr string, help func()) {
	last, err := w.job.fetchParts(ctx, addr, help)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil && ctx.Err() == nil {
		w.job.logFailure(addr, err)
	}
	switch {
	case errors.Is(err, errChanged), errors.Is(err, errMismatch):
		if w.corrupt == nil {
			w.culprit, w.corrupt = addr, err
		}
		w.cancel()
	case w.job.whole():
		w.cancel() // the other workers are not needed any more
	case err != nil && addr == w.lead:
		w.err = err
	case err == nil && last > 0 && w.fastest == "":
		w.fastest = addr
		w.cut = time.AfterFunc(max(last, answerTime), w.cancel)
	}
}

// isOutdated asks a node whose bytes did not match its announced hash to hash the file
// again. It reports whether the new hash differs, which means that the file changed
// without changing its version, for example through a memory mapping.
func (j *job) isOutdated(ctx context.Context, addr string) bool {
	c, err := j.dial.node(ctx, addr)
	if err != nil {
		return false
	}
	defer c.close()
	if _, err := c.ask("WHO", "NODE", 1); err != nil { // the node runs; reading the file may take time
		return false
	}
	c.setReadTimeout(hashTime)
	f, err := c.ask(fmt.Sprintf("DIGEST %d %s", j.size, j.name), "DIGEST", 2)
	switch {
	case lines.IsRefusal(err, "differs"), lines.IsRefusal(err, "changed"):
		return true
	case err != nil:
		return false
	}
	return isHex(f[1], 64) && f[1] != j.hash
}
