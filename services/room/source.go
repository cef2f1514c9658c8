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

// errLeaving is returned by a source when the server shuts down.
var errLeaving = errors.New("the server is shutting down")

// lastCheck is the last part of every timed wait. When the first part has passed,
// the source reads what has arrived in it, even if this process was delayed
// meanwhile: a delay of the server is not silence of the client.
const lastCheck = 10 * time.Millisecond

// source reads what a client sends, removes telnet's commands, and adds the line
// ends of a client that sends none. It is for one goroutine.
type source struct {
	conn    net.Conn
	leaving func() bool // the server is shutting down; the read deadline is then in the past
	arrive  func()      // called once, when the client has sent something or been connected for the time arrival

	telnet  telnet
	arrived bool
	lines   bool   // the client has sent an LF
	open    bool   // the client has sent part of a line since the last line end
	tail    []byte // the last bytes of that part, at most one character; only for a client that sends no LF
	armed   bool   // a read deadline is set
	quiet   bool   // the first part of the wait has passed
	err     error  // of conn, returned after the bytes before it
}

// Read implements io.Reader.
func (s *source) Read(b []byte) (int, error) {
	for s.err == nil {
		if err := s.arm(); err != nil {
			return 0, err
		}
		if s.leaving() { // check now: from here on, nothing overwrites the deadline that a shutdown sets
			return 0, errLeaving
		}
		n, err := s.conn.Read(b)
		expired := errors.Is(err, os.ErrDeadlineExceeded)
		if expired && s.leaving() {
			return 0, errLeaving
		}
		if s.quiet = expired && !s.quiet; s.quiet {
			continue
		}
		if !expired {
			s.err = err
		}
		if !s.arrived && (n > 0 || expired) {
			s.arrived = true
			s.arrive()
		}
		if n = s.telnet.filter(b[:n]); n > 0 {
			s.record(b[:n])
			return n, nil
		}
		if (expired || s.err == io.EOF) && s.ends() {
			b[0] = '\n'
			return 1, nil
		}
	}
	return 0, s.err
}

// arm sets the read deadline if a timed wait is due.
func (s *source) arm() error {
	var wait time.Duration
	switch {
	case !s.arrived:
		wait = arrival
	case s.open && !s.lines:
		wait = silence
	case !s.armed:
		return nil
	}
	var deadline time.Time
	if s.armed = wait > 0; s.armed {
		if wait -= lastCheck; s.quiet {
			wait = lastCheck
		}
		deadline = time.Now().Add(wait)
	}
	return s.conn.SetReadDeadline(deadline)
}

// record records the bytes that the client has sent.
func (s *source) record(b []byte) {
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

// ends reports whether the bytes since the last line end are a whole line
// although no LF follows, and if so starts the next line.
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
