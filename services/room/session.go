package room

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"peerlab/services/internal/lines"
	"peerlab/services/internal/outbox"
	"peerlab/services/internal/tcp"
)

const (
	leaveTimeout = time.Second // for a client that leaves to read what it has not received yet
	publishSize  = 32 << 10    // bytes of lines that are published at once
	maxReplies   = 64 << 10    // bytes of unread answers above which the client is not read
)

// session is one client's connection. It must keep these rules:
//
//  1. The reader, run by serve, owns it: only the reader removes it.
//  2. Only its outbox writes to conn. When that fails it closes conn and does nothing
//     else: the reader notices.
//  3. Only the reader and the writer ever wait for the client.
type session struct {
	room  *room
	conn  net.Conn
	since time.Time

	// Owned by the reader.
	in      *lines.Reader
	speaker string  // the beginning of its lines
	pending *[]byte // lines that are not published yet; nil: none
	clock   [len(formClock)]byte
	second  int64 // of clock

	// Guarded by room.mu. Only the reader changes the name.
	name      name
	nickKeys  []string // keys of the name's nick in room.nicks
	number    uint64   // 1, 2, 3, … in the order of the connections
	index     int      // in room.sessions
	announced bool
	own       spans  // its own lines in the transcript, which it does not receive
	cursor    cursor // how far the transcript has been passed to the writer
	target    uint64 // end of the lines that are being written
	written   uint64 // how far the transcript has been written
	parted    bool   // it has been removed from room.sessions
	until     uint64 // end of the transcript when it parted
	replies   []byte // lines to this client only
	out       *outbox.Writer
	failed    error     // why conn was closed early
	changed   sync.Cond // signals that replies were passed to the writer, or failed is set
	pace      pace
}

// serve handles a connection from its first byte to its last.
func (r *room) serve(conn net.Conn) {
	s := &session{room: r, conn: conn, since: r.now()}
	s.changed.L, s.out = &r.mu, outbox.New(conn, &r.mu, s)
	s.name.addr = conn.RemoteAddr().String()
	s.name.host, s.name.port, _ = net.SplitHostPort(s.name.addr) // the address of a connection is valid
	s.speaker = s.name.speaker()
	switch err := r.join(s); err {
	case nil:
	case errFull:
		r.log.Warn("refused a client; the room is full", "client", s.name.addr)
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

// errQuit reports that the client has left with /quit.
var errQuit = errors.New("the client has left")

// read processes the client's lines until an error, which it returns.
func (s *session) read() error {
	for {
		if !s.in.Ready() {
			s.flush() // all lines of one read are published together
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
			s.send(line[1:])
		case line[0] == '/':
			s.flush()
			if s.execute(line) {
				return errQuit
			}
		default:
			s.send(line)
		}
	}
}

// send adds a line to the pending ones.
func (s *session) send(text []byte) {
	if s.pending == nil {
		s.room.keepPace(s)
		if now := s.room.now(); now.Unix() != s.second {
			s.second = now.Unix()
			now.AppendFormat(s.clock[:0], formClock)
		}
		s.pending = s.room.scratch.Get().(*[]byte)
	}
	*s.pending = appendLine(*s.pending, s.speaker, s.clock[:], text)
	if len(*s.pending) >= publishSize {
		s.flush()
	}
}

// flush publishes the pending lines.
func (s *session) flush() {
	if s.pending == nil {
		return
	}
	s.room.publish(s, *s.pending)
	*s.pending = (*s.pending)[:0]
	s.room.scratch.Put(s.pending)
	s.pending = nil
}

// reply sends an answer to the client. Only the reader calls it. It returns once
// the client has received most of its answers, so that the server does not read
// from a client that asks but does not read.
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

// close closes the connection, cleanly if the client has left or the server is
// shutting down. It returns when no writer runs.
func (s *session) close(err error) {
	orderly := errors.Is(err, errQuit) || errors.Is(err, errLeaving) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	if orderly {
		_ = s.conn.SetWriteDeadline(time.Now().Add(leaveTimeout)) // fails if conn is closed
		s.out.Flush()
		tcp.Refuse(s.conn, nil)
	} else {
		s.conn.Close()
		s.out.Flush()
	}
	s.room.mu.Lock()
	defer s.room.mu.Unlock()
	switch {
	case s.failed == errSlow:
		s.room.log.Warn("disconnected a client", "client", s.name.addr, "why", s.failed)
	default:
		s.room.log.Debug("a client has left", "client", s.name.addr, "why", err)
	}
}
