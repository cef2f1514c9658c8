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
	"peerlab/services/internal/mtls"
	"peerlab/services/internal/tcp"
)

const (
	maxStrangers = 256 // connections without a complete request yet
	maxSessions  = 512 // connections with one
)

// listener is the part common to a relay and a node: it accepts connections and
// passes their requests to handle.
type listener struct {
	ln  net.Listener
	log *slog.Logger
	tls *mtls.Identity // nil: plain TCP
	// handle answers one request. If it returns a refusal, that is sent to the
	// dialler; any other error closes the connection.
	handle func(ctx context.Context, s *session, verb, rest string) error
}

// serve serves connections until ctx is cancelled, which closes all sessions.
func (l *listener) serve(ctx context.Context) {
	room := make(chan struct{}, maxSessions)
	tcp.Server{Strangers: maxStrangers, Log: l.log, Handle: func(conn net.Conn, known func()) {
		if conn = l.tls.Server(ctx, conn); conn == nil {
			return
		}
		defer context.AfterFunc(ctx, func() { conn.Close() })()
		s := &session{conn: conn, in: lines.NewReader(conn, maxLine)}
		defer s.pin.drop()
		err := s.run(known, room, func(verb, rest string) error { return l.handle(ctx, s, verb, rest) })
		var r *lines.Refusal
		if errors.As(err, &r) {
			l.log.Debug("request refused", "from", conn.RemoteAddr(), "err", r)
			tcp.Refuse(conn, []byte(r.Line()+"\n"))
		} else if err != io.EOF {
			l.log.Debug("connection failed", "from", conn.RemoteAddr(), "err", err)
		}
	}}.Serve(ctx, l.ln)
}

// session is the listener's side of a connection.
type session struct {
	conn net.Conn
	in   *lines.Reader
	pin  pinned // node only: the file of the last GET or DIGEST
}

// run answers requests in order until the dialler closes the connection, which is
// io.EOF, violates the protocol or is refused. It calls known after the first
// complete request, provided that there is room for another session.
func (s *session) run(known func(), room chan struct{}, handle func(verb, rest string) error) error {
	line, err := s.next()
	switch {
	case err != nil:
		return err
	case strings.HasPrefix(line, "HELLO ") && line != hello:
		return lines.Refuse("version", "this is %s", strings.TrimPrefix(hello, "HELLO "))
	case line != hello:
		return lines.Refuse("syntax", "received %s instead of %q", lines.Quote([]byte(line)), hello)
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
				return lines.Refuse("full", "all %d sessions are in use; try again later", cap(room))
			}
			known()
		}
		verb, rest, _ := strings.Cut(line, " ")
		err = handle(verb, rest)
		var r *lines.Refusal
		if errors.As(err, &r) && !closes(r) {
			err = s.reply("%s", r.Line())
		}
		if err != nil {
			return err
		}
	}
}

// from returns the source host of the connection.
func (s *session) from() (string, error) {
	host, _, err := net.SplitHostPort(s.conn.RemoteAddr().String())
	return host, err
}

// next reads the next request. It returns io.EOF if the dialler closed the connection
// between requests.
func (s *session) next() (string, error) {
	if err := s.conn.SetDeadline(time.Now().Add(requestTime)); err != nil {
		return "", err
	}
	line, err := s.in.Next()
	switch {
	case err == nil:
		return string(line), nil
	case errors.Is(err, lines.ErrTooLong):
		return "", lines.Refuse("syntax", "a line of more than %d bytes", maxLine)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "", lines.Refuse("timeout", "no request for %v", requestTime)
	}
	return "", err
}

// reply writes a line. The dialler has stallTime to read it.
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
