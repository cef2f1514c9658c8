package room

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"peerlab/services/internal/lines"
	"peerlab/services/internal/tcp"
)

const (
	leaveTimeout = time.Second // for a client that leaves to take what it is still owed
	publishSize  = 32 << 10    // bytes of lines that are passed on at a time
	maxReplies   = 64 << 10    // bytes of answers that a client may leave unread before it is heard again
)

// session is one client's connection. It must keep these rules:
//
//  1. The reader, run, owns it: it alone takes it down.
//  2. A writer is there while there is something to write, and at most one. When
//     it fails it closes conn, and nothing else: the reader notices.
//  3. Nobody but the reader and the writer ever waits for the client.
type session struct {
	room  *room
	conn  net.Conn
	since time.Time

	// The reader's.
	in      *lines.Reader
	speaker string  // what its lines begin with
	said    *[]byte // lines not passed on yet; nil: none
	clock   [len(formClock)]byte
	second  int64 // of clock

	// Guarded by room.mu. The name is changed by the reader alone.
	name      name
	nickKeys  []string // of the name's nick, in room.nicks
	number    uint64   // 1, 2, 3, … in the order they came
	index     int      // in room.sessions
	announced bool
	own       spans     // of the transcript: its own lines, which it is not sent
	cursor    cursor    // how much of the transcript it has been given to write
	target    uint64    // the end of the lines that are being written
	written   uint64    // how much of the transcript has been written
	parted    bool      // it is not in room.sessions any more
	until     uint64    // where in the transcript it was when it parted
	replies   []byte    // what is for it alone
	writing   bool      // there is a writer
	failed    error     // why conn was closed before its time
	changed   sync.Cond // replies have been taken, the writer is gone, or it failed
	pace      pace
}

// serve runs a connection from its first byte to its last.
func (r *room) serve(conn net.Conn) {
	s := &session{room: r, conn: conn, since: r.now()}
	s.changed.L = &r.mu
	s.name.addr = conn.RemoteAddr().String()
	s.name.host, s.name.port, _ = net.SplitHostPort(s.name.addr) // every address of a TCP connection is one
	s.speaker = s.name.speaker()
	switch err := r.join(s); err {
	case nil:
	case errFull:
		r.log.Warn("refused a client: the room is full", "client", s.name.addr)
		tcp.Refuse(conn, []byte(lineFull))
		return
	default:
		tcp.Refuse(conn, []byte(lineGoodbye))
		return
	}
	s.in = lines.NewReader(&source{conn: conn, leaving: r.leaving.Load, arrive: func() { r.announce(s) }}, maxLine)
	err := s.read()
	s.flush()
	r.part(s)
	s.close(err)
}

// errQuit says that the client wants to leave.
var errQuit = errors.New("it has left")

// read takes in what the client sends until that ends, and says why it did.
func (s *session) read() error {
	for {
		if !s.in.Ready() {
			s.flush() // all that came with one read is passed on at once
		}
		line, err := s.in.Next()
		switch {
		case errors.Is(err, lines.ErrTooLong):
			s.flush()
			s.reply([]byte(lineTooLong))
			if _, err := s.in.SkipLine(); err != nil {
				return err
			}
		case err != nil:
			return err
		case len(line) == 0:
		case bytes.HasPrefix(line, []byte("//")):
			s.say(line[1:])
		case line[0] == '/':
			s.flush()
			if s.obey(line) {
				return errQuit
			}
		default:
			s.say(line)
		}
	}
}

// say takes in a line that is for the others.
func (s *session) say(text []byte) {
	if s.said == nil {
		s.room.keepPace(s)
		if now := s.room.now(); now.Unix() != s.second {
			s.second = now.Unix()
			now.AppendFormat(s.clock[:0], formClock)
		}
		s.said = s.room.scratch.Get().(*[]byte)
	}
	*s.said = appendSaid(*s.said, s.speaker, s.clock[:], text)
	if len(*s.said) >= publishSize {
		s.flush()
	}
}

// flush passes on what has been taken in.
func (s *session) flush() {
	if s.said == nil {
		return
	}
	s.room.publish(s, *s.said)
	*s.said = (*s.said)[:0]
	s.room.scratch.Put(s.said)
	s.said = nil
}

// reply answers the client. It is for the reader, and returns once the client
// has taken most of its answers, so that one that asks and does not read is not
// heard any more.
func (s *session) reply(answer []byte) {
	s.room.mu.Lock()
	defer s.room.mu.Unlock()
	if s.room.leaving.Load() {
		return // the goodbye is the last line
	}
	s.replies = append(s.replies, answer...)
	s.writeLocked()
	for len(s.replies) > maxReplies && s.failed == nil && !s.room.leaving.Load() {
		s.changed.Wait()
	}
}

// close closes the connection, in good order if the client has left or the
// server ends. It returns when there is no writer any more.
func (s *session) close(err error) {
	orderly := errors.Is(err, errQuit) || errors.Is(err, errLeaving) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	if orderly {
		_ = s.conn.SetWriteDeadline(time.Now().Add(leaveTimeout)) // it fails when the connection is over
		s.await()
		tcp.Refuse(s.conn, nil)
	} else {
		s.conn.Close()
		s.await()
	}
	s.room.mu.Lock()
	defer s.room.mu.Unlock()
	switch {
	case s.failed == errSlow:
		s.room.log.Warn("cut a client", "client", s.name.addr, "why", s.failed)
	default:
		s.room.log.Debug("a client is gone", "client", s.name.addr, "why", err)
	}
}

// await waits until there is no writer.
func (s *session) await() {
	s.room.mu.Lock()
	defer s.room.mu.Unlock()
	for s.writing {
		s.changed.Wait()
	}
}
