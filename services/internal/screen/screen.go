// Package screen writes a server's lines to a terminal, pipe or file without ever
// making the server wait for it.
package screen

import (
	"fmt"
	"io"
	"sync"
	"time"
)

const (
	maxWaiting   = 1 << 20 // bytes that may wait to be written
	flushTimeout = time.Second
)

// Screen shows lines in the order of the calls. Lines that its writer does not
// accept, because its terminal is stopped or its pipe is not read, are dropped and
// counted. Its methods may be called by any goroutine.
type Screen struct {
	w      io.Writer
	failed func(error)

	mu      sync.Mutex
	waiting []byte
	dropped int           // lines
	done    chan struct{} // closed when the goroutine that is writing is done; nil: none is
	err     error         // of the write that failed; there is none after it
}

// New returns a screen that writes to w. When w fails, failed is called with the
// error, once, and nothing is shown any more.
func New(w io.Writer, failed func(error)) *Screen { return &Screen{w: w, failed: failed} }

// Show shows a line, which comes without its end. It never waits.
func (s *Screen) Show(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.err != nil:
		return
	case len(s.waiting) > maxWaiting:
		s.dropped++
		return
	}
	s.waiting = append(append(s.waiting, line...), '\n')
	if s.done == nil {
		s.done = make(chan struct{})
		go s.write()
	}
}

// write writes what waits until nothing does.
func (s *Screen) write() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.waiting) > 0 && s.err == nil {
		out := s.waiting
		if s.dropped > 0 {
			out = fmt.Appendf(out, "(%d lines not shown)\n", s.dropped)
		}
		s.waiting, s.dropped = nil, 0
		s.mu.Unlock()
		_, err := s.w.Write(out)
		if err != nil {
			s.failed(err)
		}
		s.mu.Lock()
		s.err = err
	}
	close(s.done)
	s.done = nil
}

// Flush waits until everything has been shown, for a second at most, and returns
// the error of the writer if it has failed.
func (s *Screen) Flush() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if done := s.done; done != nil {
		s.mu.Unlock()
		timeout := time.NewTimer(flushTimeout)
		select {
		case <-done:
		case <-timeout.C:
		}
		timeout.Stop()
		s.mu.Lock()
	}
	return s.err
}
