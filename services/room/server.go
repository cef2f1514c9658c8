package room

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"time"

	"peerlab/services/internal/mtls"
	"peerlab/services/internal/tcp"
)

// Config configures a Server. All fields but History and TLS must be set.
type Config struct {
	Listen  string // HOST:PORT; port 0 picks a free port
	History int    // number of previous lines that a new client receives
	TLS     mtls.Flags
	Screen  io.Writer
	Log     *slog.Logger
	Now     func() time.Time // the time shown in lines
}

// Check returns an error that names the remedy if a field is wrong.
func (c Config) Check() error {
	if c.History < 0 || c.History > maxHistory {
		return fmt.Errorf("-history %d: give a number of lines from 0 to %d", c.History, maxHistory)
	}
	return cmp.Or(tcp.CheckAddr(c.Listen), c.TLS.CheckListen(c.Listen))
}

// Server sends each line of a client to all other clients.
type Server struct {
	room *room
	ln   net.Listener
	tls  *mtls.Identity // nil: plain TCP
}

// Listen opens the server's port. An error names the address, or a file of the
// certificate, and the remedy.
// After success Serve must be called.
func Listen(c Config) (*Server, error) {
	id, err := c.TLS.Open(c.Log)
	if err != nil {
		return nil, err
	}
	ln, err := tcp.Listen(c.Listen)
	if err != nil {
		return nil, err
	}
	return &Server{room: newRoom(c), ln: ln, tls: id}, nil
}

// Addr returns where the server listens.
func (s *Server) Addr() string { return s.ln.Addr().String() }

// Serve runs the room until ctx is done, and then returns nil. Before that it
// sends every client the goodbye, and waits at most two seconds for the clients
// to read it. It may be called once.
func (s *Server) Serve(ctx context.Context) error {
	_, port, _ := net.SplitHostPort(s.Addr()) // the address of a listener is valid
	s.room.screen.Show("This server is activated on port " + port)
	ended := make(chan struct{})
	defer context.AfterFunc(ctx, func() {
		defer close(ended)
		s.room.end()
	})()
	tcp.Server{
		Strangers: maxSessions, // never reached without TLS: Handle calls known at once
		Log:       s.room.log,
		Handle: func(conn net.Conn, known func()) {
			if conn = s.tls.Server(ctx, conn); conn != nil {
				known()
				s.room.serve(conn)
			}
		},
	}.Serve(ctx, s.ln)
	<-ended
	_ = s.room.screen.Flush() // an error has been logged
	return nil
}

// Probe checks that the server at addr is healthy: it sends the greeting. As the
// client half-closes at once, the server does not announce it.
func Probe(ctx context.Context, f mtls.Flags, addr string) error {
	return f.Probe(ctx, addr, "", strings.TrimSuffix(lineGreeting, "\n"))
}
