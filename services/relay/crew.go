package relay

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// attempt fetches what is missing from the lead, and from others beside it if
// that is worth while, and verifies the whole. An error is about the node who.
func (j *job) attempt(ctx context.Context, lead string, others []string) (who string, err error) {
	who, err = j.crew(ctx, lead, others)
	junk := errors.Is(err, errSpoilt) || errors.Is(err, errLied)
	if !j.whole() {
		switch {
		case junk:
			j.restart()
		case err == nil:
			err = errDead
		}
		return who, err
	}
	sum, failed := j.verify.finish()
	switch {
	case failed != nil:
		return who, local{failed}
	case sum == j.hash:
		return who, nil
	case junk:
	case j.suspect():
		err = errLiedTogether
	case j.isOutdated(ctx, who):
		err = because(errSpoilt, refuse("changed", "the hash that it announced was of an earlier version"))
	default:
		err = errLied
	}
	j.restart()
	return who, err
}

// crew has the nodes fetch until all is here, or the lead has failed and nobody
// has taken its place.
func (j *job) crew(ctx context.Context, lead string, others []string) (who string, err error) {
	for {
		j.lead = lead
		s := shift{job: j, lead: lead, others: others}
		s.run(ctx)
		switch {
		case s.junk != nil:
			return s.liar, s.junk
		case j.whole():
			return lead, nil
		case s.quick == "":
			return lead, s.err
		}
		lead = s.quick
	}
}

// shift is one go of the nodes at what is missing. It ends when there is nothing
// left to take and whoever still fetches has had time to: as long as the last
// part of the first that was done took, and a second at least. What a slow one
// has not brought by then that one gets in the next shift.
type shift struct {
	job    *job
	lead   string
	others []string
	cancel func()
	crew   sync.WaitGroup

	mu    sync.Mutex
	quick string // the first that was done
	cut   *time.Timer
	err   error  // why the lead has failed
	junk  error  // what is here is worth nothing,
	liar  string // as this node says or shows
}

func (s *shift) run(ctx context.Context) {
	ctx, s.cancel = context.WithCancel(ctx)
	defer s.cancel()
	s.work(ctx, s.lead, func() {
		for _, other := range s.others {
			if other != s.lead && !s.job.bad[other] && !s.job.solo {
				s.crew.Go(func() { s.work(ctx, other, nil) })
			}
		}
	})
	s.crew.Wait()
	if s.cut != nil {
		s.cut.Stop()
	}
}

// work has one node fetch.
func (s *shift) work(ctx context.Context, addr string, help func()) {
	last, err := s.job.work(ctx, addr, help)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil && ctx.Err() == nil {
		s.job.failed(addr, err)
	}
	switch {
	case errors.Is(err, errSpoilt), errors.Is(err, errLied):
		if s.junk == nil {
			s.liar, s.junk = addr, err
		}
		s.cancel()
	case s.job.whole():
		s.cancel() // whoever still asks, or is being asked, may stop
	case err != nil && addr == s.lead:
		s.err = err
	case err == nil && last > 0 && s.quick == "":
		s.quick = addr
		s.cut = time.AfterFunc(max(last, answerTime), s.cancel)
	}
}

// isOutdated asks a node that has sent other bytes than it announced to read the
// file again, and reports whether its hash is not the one that was announced: the
// file has changed in a way that the node could not see, as by a memory mapping.
func (j *job) isOutdated(ctx context.Context, addr string) bool {
	c, err := j.dial.node(ctx, addr)
	if err != nil {
		return false
	}
	defer c.close()
	if _, err := c.ask("WHO", "NODE", 1); err != nil { // it runs: then it may take time to read the file
		return false
	}
	c.patience(hashTime)
	f, err := c.ask(fmt.Sprintf("DIGEST %d %s", j.size, j.name), "DIGEST", 2)
	switch {
	case is(err, "differs"), is(err, "changed"):
		return true
	case err != nil:
		return false
	}
	return isHex(f[1], 64) && f[1] != j.hash
}
