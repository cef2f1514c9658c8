package room

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"peerlab/services/internal/tcp"
)

// Config is what a server needs to know. All fields but History must be set.
type Config struct {
	Listen  string // HOST:PORT; port 0 picks a free one
	History int    // how many of the lines said last a newcomer is sent
	Screen  io.Writer
	Log     *slog.Logger
	Now     func() time.Time // the time that lines bear
}

// Check returns an error that says what is wrong and how to mend it, or nil.
func (c Config) Check() error {
	if c.History < 0 || c.History > maxHistory {
		return fmt.Errorf("-history %d: give a number of lines from 0 to %d", c.History, maxHistory)
	}
	return tcp.CheckAddr(c.Listen)
}

// Server passes on what each of its clients says to all others.
type Server struct {
	room *room
	ln   net.Listener
}

// Listen takes the server's port. The error names it and says what to do. After
// success Serve must be called.
func Listen(c Config) (*Server, error) {
	ln, err := tcp.Listen(c.Listen)
	if err != nil {
		return nil, err
	}
	return &Server{newRoom(c), ln}, nil
}

// Addr returns where the server listens.
func (s *Server) Addr() string { return s.ln.Addr().String() }

// Serve runs the room until ctx ends, which is success. Every client has then
// been told, or has had two seconds to listen. It may be called once.
func (s *Server) Serve(ctx context.Context) error {
	_, port, _ := net.SplitHostPort(s.Addr()) // a listener's address is one
	s.room.screen.Show("This server is activated on port " + port)
	ended := make(chan struct{})
	defer context.AfterFunc(ctx, func() {
		defer close(ended)
		s.room.end()
	})()
	tcp.Server{
		Strangers: maxSessions, // nobody waits there: everybody is known at once
		Log:       s.room.log,
		Handle: func(conn net.Conn, known func()) {
			known()
			s.room.serve(conn)
		},
	}.Serve(ctx, s.ln)
	<-ended
	_ = s.room.screen.Flush() // has been logged
	return nil
}
