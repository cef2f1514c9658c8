// Package mtls secures connections with mutual TLS 1.3. A process has a certificate of its
// own, whose URI peerlab:NAME names it, and accepts those that the same CA has signed.
//
// The files are those that 'peerlab cert' makes (package lab/certs). They are read again
// when they have changed, so that a new certificate, or a new list of revoked ones, counts
// from the next handshake on; connections that exist are left alone.
package mtls

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"peerlab/services/internal/lines"
	"peerlab/services/internal/tcp"
)

// handshakeTime bounds a handshake.
const handshakeTime = 5 * time.Second

// Identity is the certificate of this process. All methods may be called by any
// goroutine. A nil Identity leaves every connection as it is.
type Identity struct {
	dir string
	log *slog.Logger

	mu       sync.Mutex
	material *material
	stamp    stamp // of material
	unusable stamp // of files that cannot be used, which was logged
	refusals rate.Sometimes
}

// Name returns the name in the certificate.
func (id *Identity) Name() string { return id.current().name }

// current returns the content of the folder. If it has changed to something that cannot
// be used, that is logged once, and the previous content stays in use.
func (id *Identity) current() *material {
	id.mu.Lock()
	defer id.mu.Unlock()
	stamp := stampOf(id.dir)
	if stamp == id.stamp {
		return id.material
	}
	m, err := load(id.dir)
	if err == nil && m.name != id.material.name {
		err = fmt.Errorf("it is for %s, not for %s", m.name, id.material.name)
	}
	if err == nil && m.list.Cmp(id.material.list) < 0 && m.roots.Equal(id.material.roots) {
		err = errors.New("its list of revoked certificates is gone, or older than the one in use: copy the newest there")
	}
	switch {
	case err == nil:
		id.material, id.stamp = m, stamp
		id.log.Info("uses a new certificate or list of revoked ones", "until", m.own.Leaf.NotAfter.Local().Format(time.DateTime))
		id.warnLocked()
	case stamp != id.unusable:
		id.unusable = stamp
		id.log.Warn("cannot use the new certificate; the previous one stays in use", "err", err)
	}
	return id.material
}

// warnLocked logs that the certificate of this process will be refused.
func (id *Identity) warnLocked() {
	if p := id.material.problem; p != "" {
		id.log.Warn("other processes will refuse " + problem(p, id.material.own.Leaf, "").text)
	}
}

// config returns what both sides have in common. want is empty, or the name that the
// certificate of the other side must begin with.
func (m *material) config(want string) *tls.Config {
	return &tls.Config{
		MinVersion:                  tls.VersionTLS13,
		CurvePreferences:            []tls.CurveID{tls.X25519}, // with ML-KEM a handshake takes a quarter longer
		GetCertificate:              func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &m.own, nil },
		GetClientCertificate:        func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &m.own, nil },
		SessionTicketsDisabled:      true, // a resumed session would not be verified
		DynamicRecordSizingDisabled: true,
		VerifyConnection: func(s tls.ConnectionState) error {
			c := s.PeerCertificates[0]
			p := m.checkOwner(c)
			if len(s.VerifiedChains) == 0 { // of a listener, which package tls does not verify
				p = m.check(c, time.Now())
			}
			if p == "" && !strings.HasPrefix(nameOf(c), want) {
				p = WrongName
			}
			if p != "" {
				return problem(p, c, want)
			}
			return nil
		},
	}
}

// Client performs the handshake of the side that has dialled conn, with a process whose
// name begins with want. The listener may still refuse the certificate of this process:
// the first Read then returns an Error. If Client fails it closes conn.
func (id *Identity) Client(ctx context.Context, conn net.Conn, want string) (net.Conn, error) {
	if id == nil {
		return conn, nil
	}
	m := id.current()
	config := m.config(want)
	config.InsecureSkipVerify = true // VerifyConnection verifies: there are no host names
	c, err := m.handshake(ctx, conn, tls.Client, config)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return c, nil
}

// Dial returns a function that dials a process whose name begins with want.
func (id *Identity) Dial(want string) tcp.DialFunc {
	return func(ctx context.Context, addr string) (net.Conn, error) {
		conn, err := tcp.Dial(ctx, "", addr)
		if err != nil {
			return nil, err
		}
		return id.Client(ctx, conn, want)
	}
}

// Server performs the handshake of the side that has accepted conn. If it returns nil,
// it has told the other side, closed conn and logged why.
func (id *Identity) Server(ctx context.Context, conn net.Conn) net.Conn {
	if id == nil {
		return conn
	}
	m := id.current()
	config := m.config("")
	config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, m.roots // the alert that package tls sends names the reason
	c, err := m.handshake(ctx, conn, tls.Server, config)
	if err == nil {
		return c
	}
	id.Refused(conn, err)
	var last []byte
	var e *Error
	if lines.IsRefusal(err, "timeout") || errors.As(err, &e) && e.Problem == Plain {
		last = []byte("ERR tls this process accepts only TLS: start the other one with -tls DIR\n")
	}
	tcp.Refuse(conn, last) // a plain close could discard the alert
	return nil
}

// Refused logs that a connection that came in was refused: as a warning, unless there are
// many of them, or it has just ended, as those of a port scan do.
func (id *Identity) Refused(conn net.Conn, why error) {
	level := slog.LevelDebug
	if errors.As(why, new(*Error)) || errors.As(why, new(*lines.Refusal)) {
		id.refusals.Do(func() { level = slog.LevelWarn })
	}
	id.log.Log(context.Background(), level, "refused a connection", "from", conn.RemoteAddr(), "err", why)
}

func (m *material) handshake(ctx context.Context, conn net.Conn, side func(net.Conn, *tls.Config) *tls.Conn, config *tls.Config) (*Conn, error) {
	below := &received{Conn: conn}
	c := side(below, config)
	err := conn.SetDeadline(time.Now().Add(handshakeTime))
	if err == nil {
		err = c.HandshakeContext(ctx)
	}
	if err == nil {
		err = conn.SetDeadline(time.Time{})
	}
	if err != nil {
		return nil, m.explain(err)
	}
	return &Conn{c, below, m}, nil
}

// Conn is a connection after the handshake. It hides the descriptor of the TCP
// connection, over which no caller may read or write past TLS.
type Conn struct {
	*tls.Conn
	below *received
	own   *material
}

// received is what TLS reads from.
type received struct {
	net.Conn
	heard atomic.Int64 // when something was read, in Unix nanoseconds
}

func (r *received) Read(b []byte) (int, error) {
	n, err := r.Conn.Read(b)
	r.heard.Store(time.Now().UnixNano())
	return n, err
}

// Heard returns when something was received, in Unix nanoseconds. Read returns no part of a
// record, which a slow link may bring for seconds.
func (c *Conn) Heard() int64 { return c.below.heard.Load() }

// NetConn returns the connection below TLS.
func (c *Conn) NetConn() net.Conn { return c.below.Conn }

// Peer returns the name in the certificate of the other side, or "" if conn is no Conn.
func Peer(conn net.Conn) string {
	if c, ok := conn.(*Conn); ok {
		return nameOf(c.ConnectionState().PeerCertificates[0])
	}
	return ""
}

// Read reads like the Read of package tls. An alert that refuses the certificate of this
// process is returned as an Error.
func (c *Conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		err = c.own.explain(err)
	}
	return n, err
}

// closeTime bounds CloseWrite.
const closeTime = time.Second

// CloseWrite tells the other side that nothing follows. It takes a second at most.
func (c *Conn) CloseWrite() error {
	defer time.AfterFunc(closeTime, func() { _ = c.SetWriteDeadline(time.Unix(1, 0)) }).Stop()
	return c.Conn.CloseWrite()
}

// Close closes the TCP connection without a word, and never waits; package tls may wait
// for five seconds until it can send its alert. To close in an orderly way, call
// CloseWrite before.
func (c *Conn) Close() error { return c.NetConn().Close() }

// SetLinger sets how the TCP connection is closed: see [net.TCPConn.SetLinger].
func (c *Conn) SetLinger(seconds int) error {
	if l, ok := c.NetConn().(interface{ SetLinger(int) error }); ok {
		return l.SetLinger(seconds)
	}
	return errors.ErrUnsupported
}
