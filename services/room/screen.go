package room

import (
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"
)

const (
	maxScreen     = 1 << 20 // bytes that may wait for the screen
	screenTimeout = time.Second
)

// screen is what the server shows. Nobody waits for it: what a screen does not
// take, because its terminal is stopped, is dropped and counted.
type screen struct {
	w   io.Writer
	log *slog.Logger

	mu      sync.Mutex
	waiting []byte
	dropped int           // lines
	done    chan struct{} // closed when the writer that is at it is done; nil: there is none
	failed  bool
}

// show shows a line, end included.
func (s *screen) show(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.failed:
		return
	case len(s.waiting) > maxScreen:
		s.dropped++
		return
	}
	s.waiting = append(s.waiting, line...)
	if s.done == nil {
		s.done = make(chan struct{})
		go s.write()
	}
}

// write writes what waits until nothing does.
func (s *screen) write() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.waiting) > 0 && !s.failed {
		out := s.waiting
		if s.dropped > 0 {
			out = fmt.Appendf(out, "(%d lines not shown)\n", s.dropped)
		}
		s.waiting, s.dropped = nil, 0
		s.mu.Unlock()
		_, err := s.w.Write(out)
		s.mu.Lock()
		if err != nil {
			s.failed = true
			s.log.Error("the screen can't be written to; the room goes on without it", "err", err)
		}
	}
	close(s.done)
	s.done = nil
}

// flush waits until everything has been shown, for a second at most.
func (s *screen) flush() {
	s.mu.Lock()
	done := s.done
	s.mu.Unlock()
	if done == nil {
		return
	}
	timeout := time.NewTimer(screenTimeout)
	defer timeout.Stop()
	select {
	case <-done:
	case <-timeout.C:
	}
}
