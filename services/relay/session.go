package relay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"peerlab/services/internal/lines"
	"peerlab/services/internal/tcp"
)

// session is the listener's side of a connection.
type session struct {
	conn net.Conn
	in   *lines.Reader
	log  *slog.Logger
}

// converse answers one request after the other until the dialler closes, breaks
// the protocol or is refused. known is called after the first whole request.
func converse(ctx context.Context, conn net.Conn, log *slog.Logger, known func(), handle func(s *session, verb, rest string) error) {
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	s := &session{conn: conn, in: lines.NewReader(conn, maxLine), log: log}
	err := s.run(known, handle)
	var r *refusal
	if errors.As(err, &r) {
		log.Debug("refused", "from", conn.RemoteAddr(), "why", r)
		tcp.Refuse(conn, []byte(r.line()+"\n"))
	} else if err != nil {
		log.Debug("a connection ended", "from", conn.RemoteAddr(), "err", err)
	}
}

func (s *session) run(known func(), handle func(s *session, verb, rest string) error) error {
	line, err := s.next()
	switch {
	case errors.Is(err, errOver):
		return nil
	case err != nil:
		return err
	case strings.HasPrefix(line, "HELLO ") && line != hello:
		return refuse("version", "this is %s", strings.TrimPrefix(hello, "HELLO "))
	case line != hello:
		return refuse("syntax", "%s where %q belongs", lines.Quote([]byte(line)), hello)
	}
	for {
		line, err := s.next()
		if errors.Is(err, errOver) {
			return nil
		}
		if err != nil {
			return err
		}
		known()
		verb, rest, _ := strings.Cut(line, " ")
		err = handle(s, verb, rest)
		var r *refusal
		if errors.As(err, &r) && !r.closes() {
			err = s.reply("%s", r.line())
		}
		if err != nil {
			return err
		}
	}
}

// errOver says that the dialler has closed where it may.
var errOver = errors.New("closed")

// next reads the next request.
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
	case len(s.in.Rest()) == 0:
		return "", errOver
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
