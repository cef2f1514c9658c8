package order

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"time"

	"peerlab/services/internal/lines"
	"peerlab/services/internal/mtls"
	"peerlab/services/internal/screen"
	"peerlab/services/internal/tcp"
)

const (
	maxStrangers = 256 // connections without a complete message
	maxWaiting   = 512 // clients with a complete message that wait for a verdict
)

// ServerConfig configures a Server. All fields but TLS must be set.
type ServerConfig struct {
	Listen string // HOST:PORT; port 0 picks a free port, which the screen shows
	Rounds int    // number of rounds to decide before Serve returns; 0: no limit
	TLS    mtls.Flags
	Screen io.Writer
	Log    *slog.Logger
}

// Server decides rounds of two messages.
type Server struct {
	ServerConfig
	ln      net.Listener
	tls     *mtls.Identity // nil: plain TCP
	stamped bool           // the kernel timestamps arrivals
	slots   chan struct{}  // holds one value for each client that waits for a verdict
}

// Listen opens the server's port. An error names the address, or a file of the
// certificate, and the remedy.
// After success Serve must be called.
func Listen(c ServerConfig) (*Server, error) {
	id, err := c.TLS.Open(c.Log)
	if err != nil {
		return nil, err
	}
	ln, stamped, err := listenStamped(func() (net.Listener, error) { return tcp.Listen(c.Listen) })
	if err != nil {
		return nil, err
	}
	c.Log.Debug("opened the listener", "timestamps", stamped)
	s := newServer(c, ln, stamped)
	s.tls = id
	return s, nil
}

func newServer(c ServerConfig, ln net.Listener, stamped bool) *Server {
	return &Server{ServerConfig: c, ln: ln, stamped: stamped, slots: make(chan struct{}, maxWaiting)}
}

// Addr returns where the server listens.
func (s *Server) Addr() string { return s.ln.Addr().String() }

// The reasons that the remaining clients receive when the server exits.
var (
	errOver    = lines.Refuse("leaving", "the server has decided its last round")
	errLeaving = lines.Refuse("leaving", "the server was stopped")
)

// Serve decides rounds until it has decided the configured number or ctx is done,
// and then returns nil. Before that it has sent every client its verdict or an
// ERR line, and waited at most a second for the client to read it. It returns an
// error if it cannot write to Screen. It may be called once.
func (s *Server) Serve(ctx context.Context) error {
	ending, end := context.WithCancelCause(context.WithoutCancel(ctx))
	defer end(nil)
	defer context.AfterFunc(ctx, func() { end(errLeaving) })()

	shown := screen.New(s.Screen, func(error) { end(errLeaving) })
	shown.Show("The server is ready to receive")
	if _, port, err := net.SplitHostPort(s.Listen); err == nil && port == "0" {
		shown.Show("Listening on " + s.Addr())
	}

	remaining := s.Rounds
	if remaining == 0 {
		remaining = -1
	}
	r := &rounds{show: shown.Show, last: func() { end(errOver) }, unfinished: make(map[*clientConn]bool), remaining: remaining}
	ln := listener{s.ln, r, s.stamped, s.tls != nil}
	r.backlog = ln.waiting
	tcp.Server{Strangers: maxStrangers, Log: s.Log, Handle: func(conn net.Conn, known func()) {
		if c := s.secure(ending, conn.(*clientConn)); c != nil {
			s.serve(ending, r, c, known)
		}
	}}.Serve(ending, ln)
	if err := shown.Flush(); err != nil {
		return fmt.Errorf("the screen: %w", err)
	}
	return nil
}

// secure returns the connection to be used in place of c: with TLS another one, whose
// bytes have the times of those that c reads; nil if the handshake has failed. Whether a
// message has arrived of which nothing was read, TLS does not tell: there the settling
// time alone ensures that earlier messages are read in time.
func (s *Server) secure(ctx context.Context, c *clientConn) *clientConn {
	if s.tls == nil {
		return c
	}
	conn := s.tls.Server(ctx, c)
	if conn == nil {
		return nil
	}
	return &clientConn{Conn: conn, arrivals: arrivals{conn: conn, below: c}, m: newMessage()}
}

// serve handles one connection.
func (s *Server) serve(ctx context.Context, r *rounds, c *clientConn, known func()) {
	admitted := false
	defer func() {
		if admitted {
			<-s.slots
		}
	}()
	in := &receiver{clientConn: c, rounds: r, ready: func() error {
		select {
		case s.slots <- struct{}{}:
			admitted = true
			known()
			return nil
		default:
			return lines.Refuse("full", "%d other clients already wait for a verdict", maxWaiting)
		}
	}}
	decided, err := in.decide(ctx)
	var why *lines.Refusal
	switch {
	case err == nil:
		err := tcp.Finish(c, c.m.answer(decided.verdict()))
		decided.acknowledged(c.m, err)
		if err == nil {
			tcp.Drain(c)
		}
	case errors.As(err, &why):
		s.Log.Debug("refused a message", "from", c.RemoteAddr(), "why", why)
		tcp.Refuse(c, []byte(why.Line()+"\n"))
	case err != io.EOF:
		s.Log.Debug("a connection failed", "from", c.RemoteAddr(), "err", err)
	}
}

// decide receives the message and returns its round, or an error if it is in
// none: see receive.
func (r *receiver) decide(ctx context.Context) (*round, error) {
	err := r.receive(ctx)
	if err == nil {
		r.rounds.complete(r.clientConn)
		late := time.NewTimer(waitLimit)
		defer late.Stop()
		select {
		case decided := <-r.m.decided:
			return decided, nil
		case <-late.C:
			err = lines.Refuse("timeout", "no second message received for %v", waitLimit)
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
	}
	if !r.rounds.withdraw(r.clientConn) {
		return <-r.m.decided, nil
	}
	return nil, err
}

// answer returns a verdict as it is sent to the client of m.
func (m *message) answer(verdict string) []byte {
	if m.ended {
		verdict += "\n"
	}
	return []byte(verdict)
}

// Probe checks that the server at addr is healthy: it accepts a connection, and
// closes it when the client sends nothing and half-closes.
func Probe(ctx context.Context, f mtls.Flags, addr string) error { return f.Probe(ctx, addr, "", "") }

// Check returns an error if there are arguments or a field is wrong.
func (c *ServerConfig) Check(args []string) error {
	switch {
	case len(args) > 0:
		return fmt.Errorf("%q is one argument too many", args[0])
	case c.Rounds < 0:
		return fmt.Errorf("-rounds %d is not valid; give 1 or more, or 0 for no limit", c.Rounds)
	}
	return cmp.Or(tcp.CheckAddr(c.Listen), c.TLS.CheckListen(c.Listen))
}
