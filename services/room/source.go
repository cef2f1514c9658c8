package room

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"time"
	"unicode/utf8"
)

// errLeaving is what a source returns when the server ends.
var errLeaving = errors.New("the server ends")

// lastLook is the last part of each time that something is waited for. When the
// first part is over, what has arrived in it is read, even if this process was
// held up all the while: that it was is no silence of the client's.
const lastLook = 10 * time.Millisecond

// source is what a client sends, without telnet's commands, and with the line
// ends that a client leaves out that knows of none. It is for one goroutine.
type source struct {
	conn    net.Conn
	leaving func() bool // the server ends; the read deadline is then in the past
	arrive  func()      // is called once, when the client has sent something or been there for a while

	telnet  telnet
	arrived bool
	lines   bool   // the client has sent an LF
	open    bool   // it has sent part of a line since the last line end
	tail    []byte // the last bytes of that part, up to a character's; only of a client that sends no LF
	armed   bool   // there is a read deadline
	quiet   bool   // nothing has come but for the last look
	err     error  // of conn, returned after the bytes that came with it or before it
}

// Read is io.Reader's.
func (s *source) Read(b []byte) (int, error) {
	for s.err == nil {
		if err := s.arm(); err != nil {
			return 0, err
		}
		if s.leaving() { // not before: from now on a deadline that the server's end sets stays
			return 0, errLeaving
		}
		n, err := s.conn.Read(b)
		late := errors.Is(err, os.ErrDeadlineExceeded)
		if late && s.leaving() {
			return 0, errLeaving
		}
		if s.quiet = late && !s.quiet; s.quiet {
			continue
		}
		if !late {
			s.err = err
		}
		if !s.arrived && (n > 0 || late) {
			s.arrived = true
			s.arrive()
		}
		if n = s.telnet.filter(b[:n]); n > 0 {
			s.took(b[:n])
			return n, nil
		}
		if (late || s.err == io.EOF) && s.ends() {
			b[0] = '\n'
			return 1, nil
		}
	}
	return 0, s.err
}

// arm sets the read deadline, if there is something to wait for.
func (s *source) arm() error {
	var patience time.Duration
	switch {
	case !s.arrived:
		patience = arrival
	case s.open && !s.lines:
		patience = silence
	case !s.armed:
		return nil
	}
	var deadline time.Time
	if s.armed = patience > 0; s.armed {
		if patience -= lastLook; s.quiet {
			patience = lastLook
		}
		deadline = time.Now().Add(patience)
	}
	return s.conn.SetReadDeadline(deadline)
}

// took takes note of what the client has sent.
func (s *source) took(b []byte) {
	if s.lines {
		return
	}
	if bytes.IndexByte(b, '\n') >= 0 {
		s.lines, s.tail = true, nil
		return
	}
	s.open = true
	s.tail = append(s.tail, b[max(0, len(b)-utf8.UTFMax):]...)
	s.tail = append(s.tail[:0], s.tail[max(0, len(s.tail)-utf8.UTFMax):]...)
}

// ends reports whether what the client has sent is a whole line although there
// is no LF, and takes it for one if it is.
func (s *source) ends() bool {
	if s.lines || !s.open {
		return false
	}
	for i := len(s.tail) - 1; i >= 0; i-- {
		if utf8.RuneStart(s.tail[i]) {
			if !utf8.FullRune(s.tail[i:]) {
				return false
			}
			break
		}
	}
	s.open, s.tail = false, s.tail[:0]
	return true
}
