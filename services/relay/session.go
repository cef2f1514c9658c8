package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"peerlab/services/internal/lines"
	"peerlab/services/internal/tcp"
)

const (
	maxStrangers = 256 // connections that have not asked for anything yet
	maxSessions  = 512 // connections that have
)

// listener is what a relay and a node have in common: it takes connections and
// has their requests answered.
type listener struct {
	ln  net.Listener
	log *slog.Logger
	// handle answers one request. A refusal that it returns goes to the other
	// side, any other error ends the connection.
	handle func(ctx context.Context, s *session, verb, rest string) error
}

// serve answers until ctx ends, which ends every session.
func (l *listener) serve(ctx context.Context) {
	room := make(chan struct{}, maxSessions)
	tcp.Server{Strangers: maxStrangers, Log: l.log, Handle: func(conn net.Conn, known func()) {
		defer context.AfterFunc(ctx, func() { conn.Close() })()
		s := &session{conn: conn, in: lines.NewReader(conn, maxLine)}
		defer s.pin.drop()
		err := s.run(known, room, func(verb, rest string) error { return l.handle(ctx, s, verb, rest) })
		var r *refusal
		if errors.As(err, &r) {
			l.log.Debug("refused", "from", conn.RemoteAddr(), "why", r)
			tcp.Refuse(conn, []byte(r.line()+"\n"))
		} else if err != io.EOF {
			l.log.Debug("a connection ended", "from", conn.RemoteAddr(), "err", err)
		}
	}}.Serve(ctx, l.ln)
}

// session is the listener's side of a connection.
type session struct {
	conn net.Conn
	in   *lines.Reader
	pin  pinned // of a node: the file that it has sent a part of
}

// run answers one request after the other until the dialler closes, which is
// io.EOF, breaks the protocol or is refused. known is called after the first whole request, if
// there is room for a session.
func (s *session) run(known func(), room chan struct{}, handle func(verb, rest string) error) error {
	line, err := s.next()
	switch {
	case err != nil:
		return err
	case strings.HasPrefix(line, "HELLO ") && line != hello:
		return refuse("version", "this is %s", strings.TrimPrefix(hello, "HELLO "))
	case line != hello:
		return refuse("syntax", "%s where %q belongs", lines.Quote([]byte(line)), hello)
	}
	for first := true; ; first = false {
		line, err := s.next()
		if err != nil {
			return err
		}
		if first {
			select {
			case room <- struct{}{}:
				defer func() { <-room }()
			default:
				return refuse("full", "%d others are being served, and there is no room for more", cap(room))
			}
			known()
		}
		verb, rest, _ := strings.Cut(line, " ")
		err = handle(verb, rest)
		var r *refusal
		if errors.As(err, &r) && !r.closes() {
			err = s.reply("%s", r.line())
		}
		if err != nil {
			return err
		}
	}
}

// from returns the host that the connection comes from.
func (s *session) from() (string, error) {
	host, _, err := net.SplitHostPort(s.conn.RemoteAddr().String())
	return host, err
}

// next reads the next request. io.EOF says that the dialler has closed where it may.
func (s *session) next() (string, error) {
	if err := s.conn.SetDeadline(time.Now().Add(requestTime)); err != nil {
		return "", err
	}
	line, err := s.in.Next()
	switch {
	case err == nil:
		return string(line), nil
	case errors.Is(err, lines.ErrTooLong):
		return "", refuse("syntax", "a line of more than %d bytes", maxLine)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "", refuse("timeout", "no request for %v", requestTime)
	}
	return "", err
}

// reply writes a line, within the time that the other side has to take it.
func (s *session) reply(format string, args ...any) error {
	return s.write(fmt.Appendf(nil, format+"\n", args...))
}

func (s *session) write(b []byte) error {
	if err := s.conn.SetWriteDeadline(time.Now().Add(stallTime)); err != nil {
		return err
	}
	_, err := s.conn.Write(b)
	return err
}
