package chat

import (
	"fmt"
	"io"
	"strconv"
	"sync"

	"peerlab/services/internal/lines"
)

// screenBatch is how much is gathered at most before it is written.
const screenBatch = 64 << 10

// screen is what a member shows. Every line is "WHO: TEXT", in the order of the
// calls. Lines are gathered until somebody flushes, so that all that came in
// with one read goes out with one write. A writer that blocks holds up whoever
// flushes, and so slows down those who send, which is as it should be: nothing
// that was received is dropped.
type screen struct {
	writing sync.Mutex // held while w is written to; never taken with mu held
	w       io.Writer
	spare   []byte      // the buffer that is not being filled
	err     error       // the first failure; later lines go nowhere
	failed  func(error) // is told of it

	mu  sync.Mutex
	buf []byte
}

// typed shows a line that another member sent.
func (s *screen) typed(who string, text []byte) {
	s.mu.Lock()
	s.buf = append(s.buf, who...)
	s.buf = append(s.buf, ": "...)
	s.buf = lines.Escape(s.buf, text)
	s.buf = append(s.buf, '\n')
	full := len(s.buf) >= screenBatch
	s.mu.Unlock()
	if full {
		s.flush()
	}
}

// lost tells that n lines of a member are gone for good.
func (s *screen) lost(who string, n uint64) {
	s.typed(who, []byte("("+strconv.FormatUint(n, 10)+" lines lost)"))
}

// tell shows a line of the program's own at once: when it returns, the line is
// on the screen.
func (s *screen) tell(who, text string) {
	s.typed(who, []byte(text))
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
