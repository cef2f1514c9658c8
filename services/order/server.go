package order

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"peerlab/services/internal/screen"
	"peerlab/services/internal/tcp"
)

const (
	maxStrangers = 256 // connections without a complete message
	maxWaiting   = 512 // clients that have sent one and are to be told
)

// ServerConfig is what a server needs to know. All fields must be set.
type ServerConfig struct {
	Listen string // HOST:PORT; port 0 picks a free one, and the screen says which
	Rounds int    // to decide before Serve returns; 0: any number
	Screen io.Writer
	Log    *slog.Logger
}

// Server decides rounds of two messages.
type Server struct {
	ServerConfig
	ln      net.Listener
	stamped bool          // the kernel notes when bytes arrive
	room    chan struct{} // holds one for each client that is to be told
}

// Listen takes the server's port. The error names it and says what to do. After
// success Serve must be called.
func Listen(c ServerConfig) (*Server, error) {
	ln, stamped, err := listenStamped(func() (net.Listener, error) { return tcp.Listen(c.Listen) })
	if err != nil {
		return nil, err
	}
	c.Log.Debug("times of arrival", "from the kernel", stamped)
	return newServer(c, ln, stamped), nil
}

func newServer(c ServerConfig, ln net.Listener, stamped bool) *Server {
	return &Server{c, ln, stamped, make(chan struct{}, maxWaiting)}
}

// Addr returns where the server listens.
func (s *Server) Addr() string { return s.ln.Addr().String() }

// These end the clients that are left when the server ends.
var (
	errOver    = refuse("leaving", "the server has decided its last round")
	errLeaving = refuse("leaving", "the server was asked to end")
)

// Serve decides rounds until it has decided as many as it was to, or ctx ends;
// either is success. Everybody has then been told how it ended, or had a second
// to listen. An error says that the screen failed. It may be called once.
func (s *Server) Serve(ctx context.Context) error {
	ending, end := context.WithCancelCause(context.WithoutCancel(ctx))
	defer end(nil)
	defer context.AfterFunc(ctx, func() { end(errLeaving) })()

	shown := screen.New(s.Screen, func(error) { end(errLeaving) })
	shown.Show("The server is ready to receive")
	if _, port, err := net.SplitHostPort(s.Listen); err == nil && port == "0" {
		shown.Show("Listening on " + s.Addr())
	}

	left := s.Rounds
	if left == 0 {
		left = -1
	}
	r := &rounds{show: shown.Show, last: func() { end(errOver) }, heard: make(map[*caller]bool), left: left}
	ln := door{s.ln, r, s.stamped}
	r.backlog = ln.waiting
	tcp.Server{Strangers: maxStrangers, Log: s.Log, Handle: func(conn net.Conn, known func()) {
		s.serve(ending, r, conn.(*caller), known)
	}}.Serve(ending, ln)
	if err := shown.Flush(); err != nil {
		return fmt.Errorf("the screen: %w", err)
	}
	return nil
}

// serve is the life of one connection.
func (s *Server) serve(ctx context.Context, r *rounds, c *caller, known func()) {
	admitted := false
	defer func() {
		if admitted {
			<-s.room
		}
	}()
	h := &hearing{caller: c, rounds: r, ready: func() error {
		select {
		case s.room <- struct{}{}:
			admitted = true
			known()
			return nil
		default:
			return refuse("full", "%d others are waiting, and there is no room for more", maxWaiting)
		}
	}}
	decided, err := h.decide(ctx)
	var why *refusal
	switch {
	case err == nil:
		err := tcp.Finish(c, c.m.answer(decided.verdict()))
		decided.acknowledged(c.m, err)
		if err == nil {
			tcp.Drain(c)
		}
	case errors.As(err, &why):
		s.Log.Debug("no verdict", "from", c.RemoteAddr(), "why", why)
		tcp.Refuse(c, []byte(why.line()+"\n"))
	case err != io.EOF:
		s.Log.Debug("a connection failed", "from", c.RemoteAddr(), "err", err)
	}
}

// decide hears the message and returns its round, or why it is in none: see hear
// for the errors.
func (h *hearing) decide(ctx context.Context) (*round, error) {
	err := h.hear(ctx)
	if err == nil {
		h.rounds.complete(h.caller)
		late := time.NewTimer(patience)
		defer late.Stop()
		select {
		case decided := <-h.m.decided:
			return decided, nil
		case <-late.C:
			err = refuse("timeout", "no second message came for %v", patience)
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
	}
	if !h.rounds.withdraw(h.caller) {
		return <-h.m.decided, nil
	}
	return nil, err
}

// answer is a verdict as m's client gets it.
func (m *message) answer(verdict string) []byte {
	if m.ended {
		verdict += "\n"
	}
	return []byte(verdict)
}

// Probe asks the server that listens at addr whether it is well: it takes
// connections, and ends one on which nothing is said. It gives up when ctx ends.
func Probe(ctx context.Context, addr string) error {
	conn, err := tcp.Dial(ctx, "", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if err := conn.CloseWrite(); err != nil {
		return fmt.Errorf("ask %s: %w", addr, err)
	}
	switch n, err := conn.Read(make([]byte, 1)); {
	case err == io.EOF:
		return nil
	case n > 0:
		return fmt.Errorf("%s answers, but not as an order-server does", addr)
	case ctx.Err() != nil:
		return fmt.Errorf("%s takes the connection and does not answer", addr)
	default:
		return fmt.Errorf("answer of %s: %w", addr, err)
	}
}

// Check takes in the arguments, of which there are none, and checks all else.
func (c *ServerConfig) Check(args []string) error {
	switch {
	case len(args) > 0:
		return fmt.Errorf("%q is one argument too many", args[0])
	case c.Rounds < 0:
		return fmt.Errorf("-rounds %d is no number of rounds; give 1 or more, or 0 for any number", c.Rounds)
	}
	return tcp.CheckAddr(c.Listen)
}
