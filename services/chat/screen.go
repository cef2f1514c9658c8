package chat

import (
	"fmt"
	"io"
	"sync"

	"peerlab/services/internal/lines"
)

// screen is what a member shows. Every line is "WHO: TEXT", in the order of the
// calls. Lines are gathered until somebody flushes, so that all that came with
// one read goes out with one write. A writer that blocks holds up whoever
// flushes, and so slows down those who send, which is as it should be: nothing
// that was received is dropped.
type screen struct {
	writing sync.Mutex // held while w is written to; never taken with mu held
	w       io.Writer
	spare   []byte      // the buffer that is not being filled
	err     error       // the first failure; later lines go nowhere
	failed  func(error) // is told of it

	mu  *sync.Mutex // the delivery lock
	buf []byte
}

// line gathers a line; who is with ": " already. It is called with s.mu held.
func (s *screen) line(who string, text []byte) {
	s.buf = append(s.buf, who...)
	s.buf = lines.Escape(s.buf, text)
	s.buf = append(s.buf, '\n')
}

// tell shows a line of the program's own at once: when it returns, the line is
// on the screen.
func (s *screen) tell(who, text string) {
	s.mu.Lock()
	s.line(who+": ", []byte(text))
	s.mu.Unlock()
	s.flush()
}

// flush writes what has been gathered, whoever gathered it.
func (s *screen) flush() {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.mu.Lock()
	out := s.buf
	s.buf = s.spare[:0]
	s.mu.Unlock()
	if len(out) > 0 && s.err == nil {
		if _, s.err = s.w.Write(out); s.err != nil {
			s.failed(fmt.Errorf("the screen: %w", s.err))
		}
	}
	s.spare = out
}
