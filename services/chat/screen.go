package chat

import (
	"fmt"
	"io"
	"net"
	"slices"

	"peerlab/services/chat/internal/broadcast"
	"peerlab/services/chat/internal/wire"
	"peerlab/services/internal/lines"
	"peerlab/services/internal/outbox"
)

// screen is what a member shows, in the order of the calls: "WHO: TEXT" for a
// line typed at another member and for an event, and "* TEXT" for what the
// program itself says. Lines are gathered until flush is called, so that all
// that came with one read goes out with one write. A writer that blocks blocks
// the caller of flush, and so slows down the senders: nothing that was received
// is dropped.
type screen struct {
	w     io.Writer
	fatal func(error) // ends the member; is called with the first failure of w, and later lines go nowhere
	err   error       // of w
	out   *outbox.Writer

	// Guarded by member.mu.
	buf   []byte
	spare []byte // the buffer that is not being filled
}

// lineLocked gathers a line.
func (s *screen) lineLocked(who string, text []byte) {
	s.buf = append(append(s.buf, who...), ": "...)
	s.buf = append(lines.Escape(s.buf, text), '\n')
}

// Line gathers a line typed at another member. A text that looks like an event is
// shown in quotes. Like all methods of broadcast.Member it expects the lock.
func (s *screen) Line(from wire.Name, text []byte) {
	if looksLikeEvent(text) {
		text = slices.Concat(quote, text, quote)
	}
	s.buf = from.AppendDisplay(s.buf)
	s.lineLocked("", text)
}

// Another gathers a line of a process that was never met here and has the name of
// one that is.
func (s *screen) Another(from wire.Name, text []byte) {
	s.lineLocked(ownMark+"another "+from.Display(), text)
}

// Gap gathers a notice of lines that are not shown.
func (s *screen) Gap(from wire.Name, n uint64, what broadcast.Absence) {
	s.lineLocked(ownMark+from.Display(), []byte(counted(int64(n), "line")+" "+string(what)))
}

// Left gathers the event of a member that has left.
func (s *screen) Left(from wire.Name) { s.eventLocked(from, eventTerminated) }

func (s *screen) eventLocked(who wire.Name, event string) { s.lineLocked(who.Display(), []byte(event)) }

var quote = []byte{'"'}

// noteLocked gathers lines of the program itself. Each begins with ownMark.
func (s *screen) noteLocked(rows ...string) {
	for _, row := range rows {
		s.buf = append(lines.Escape(append(s.buf, ownMark...), []byte(row)), '\n')
	}
}

// ownMark begins what the program itself says. No line typed at another member
// does, as these begin with a name.
const ownMark = "* "

// flush writes all lines that have been gathered.
func (s *screen) flush() { s.out.Flush() }

// Next and Wrote are what out calls: see outbox.Source.
func (s *screen) Next(bufs net.Buffers) net.Buffers {
	if len(s.buf) == 0 {
		return bufs
	}
	s.buf, s.spare = s.spare[:0], s.buf
	return append(bufs, s.spare)
}

func (s *screen) Wrote(error) {}

// Write writes to w, unless that has failed.
func (s *screen) Write(b []byte) (int, error) {
	if s.err == nil {
		if _, s.err = s.w.Write(b); s.err != nil {
			s.fatal(fmt.Errorf("the screen: %w", s.err))
		}
	}
	return len(b), nil
}
