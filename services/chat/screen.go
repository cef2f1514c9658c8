package chat

import (
	"fmt"
	"io"
	"slices"
	"sync"

	"peerlab/services/internal/lines"
)

// screen is what a member shows, in the order of the calls: "WHO: TEXT" for a
// line typed at another member and for an event, and "* TEXT" for what the
// program itself says. Lines are gathered until flush is called, so that all
// that came with one read goes out with one write. A writer that blocks blocks
// the caller of flush, and so slows down the senders: nothing that was received
// is dropped.
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

// typedLine gathers a line typed at another member; who is with ": " already. A
// text that looks like an event is shown in quotes. It is called with s.mu held.
func (s *screen) typedLine(who string, text []byte) {
	if looksLikeEvent(text) {
		text = slices.Concat(quote, text, quote)
	}
	s.line(who, text)
}

var quote = []byte{'"'}

// event shows an event at once: when it returns, the line is on the screen.
func (s *screen) event(who, event string) {
	s.mu.Lock()
	s.line(who+": ", []byte(event))
	s.mu.Unlock()
	s.flush()
}

// note shows lines of the program itself at once. Each begins with ownMark.
func (s *screen) note(rows ...string) {
	s.mu.Lock()
	for _, row := range rows {
		s.line(ownMark, []byte(row))
	}
	s.mu.Unlock()
	s.flush()
}

// ownMark begins what the program itself says. No line typed at another member
// does, as these begin with a name.
const ownMark = "* "

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
