package chat

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/lab/certs"
	"peerlab/services/chat/internal/registry"
	"peerlab/services/chat/internal/wire"
)

// inTLS is inTime for members that have certificates.
func inTLS(t *testing.T, f func(t *testing.T, l *lab)) {
	inTime(t, func(t *testing.T, l *lab) {
		l.ca = certs.Dir(t.TempDir())
		f(t, l)
	})
}

func TestTheMembersTalkWithTLS(t *testing.T) {
	inTLS(t, func(t *testing.T, l *lab) {
		_, c := l.five()
		c[0].types("hello, all")
		for _, a := range c[1:] {
			a.shows("Client 1: hello, all")
		}
		c[2].kill()
		c[0].types("one less")
		c[1].shows("Client 1: one less")
	})
}

// A restarted server, its registry and its clients are a chat again.
func TestTheServerReturnsWithTLS(t *testing.T) {
	inTLS(t, func(t *testing.T, l *lab) {
		file, err := registry.Open(filepath.Join(t.TempDir(), "clients.txt"), slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		defer file.Close()
		s := l.start(wire.Server, serverAddr, func(m *member) { m.registry = file })
		c := l.clients("12")
		ready(s, c[0], c[1])
		s.kill()
		s = l.start(wire.Server, serverAddr, func(m *member) { m.registry = file })
		<-time.After(2 * lastRetry)
		s.shows("Client 1: reconnected", "Client 2: reconnected")
		c[0].shows("Server: initiated")
	})
}

// A member with the certificate of client 3 has the name of no other.
func TestTheNameIsThatOfTheCertificate(t *testing.T) {
	inTLS(t, func(t *testing.T, l *lab) {
		s, c := l.server(), l.clients("12")
		ready(s, c[0], c[1])
		id := l.identity("client3", slog.New(slog.DiscardHandler))
		for _, name := range []string{"1", "4", "server"} {
			conn, err := l.net.Dial(t.Context(), "stranger", serverAddr)
			require.NoError(t, err)
			conn, err = id.Client(t.Context(), conn, "server")
			require.NoError(t, err)
			_, err = fmt.Fprintf(conn, "HELLO peerlab-chat/2 %s 2000 127.0.0.1:9 new 0\n", name)
			require.NoError(t, err)
			answer, err := io.ReadAll(conn)
			require.NoError(t, err)
			says := fmt.Sprintf("HELLO is by %s, with the certificate of client3: make the right one with 'peerlab cert %s'", wire.Name(name).Display(), certificateOf(wire.Name(name)))
			require.Equal(t, "ERR certificate "+says+"\n", string(answer))
			require.NoError(t, conn.Close())
			synctest.Wait()
			require.True(t, s.logged(says))
		}
		s.shows()
	})
}

// The program at the server's address has the certificate of client 3.
func TestADiallerChecksTheName(t *testing.T) {
	inTLS(t, func(t *testing.T, l *lab) {
		ln, err := l.net.Listen(serverAddr)
		require.NoError(t, err)
		id := l.identity("client3", slog.New(slog.DiscardHandler))
		answers := make(chan string, 100)
		l.strangers.Go(func() {
			for {
				conn, err := ln.Accept()
				if err != nil {
					return
				}
				conn = id.Server(context.Background(), conn)
				in := bufio.NewReader(conn)
				_, _ = in.ReadString('\n')
				_, _ = io.WriteString(conn, "HELLO peerlab-chat/2 server 2000 127.0.0.1:4000 in 0\n")
				answer, _ := in.ReadString('\n')
				answers <- answer
				conn.Close()
			}
		})
		one := l.client("1")
		synctest.Wait()
		require.NoError(t, ln.Close())
		says := "HELLO is by Server, with the certificate of client3"
		require.Contains(t, <-answers, "ERR certificate "+says)
		require.True(t, one.logged("no TLS with 127.0.0.1:4000; retrying"))
		require.True(t, one.logged(says))
		one.shows()
	})
}

// Both ends log the sentence, and the client comes in when it has a new certificate.
func TestARevokedClientGetsANewCertificate(t *testing.T) {
	inTLS(t, func(t *testing.T, l *lab) {
		s := l.server()
		require.NoError(t, l.ca.Issue("client1", time.Hour))
		one := l.start("1", clientAddr("1"), func(*member) { require.NoError(t, l.ca.Revoke("client1")) })
		<-time.After(lastRetry)
		s.shows()
		require.True(t, s.logged("the certificate of client1 is revoked"))
		require.True(t, one.logged("no TLS with 127.0.0.1:4000; retrying"))
		require.True(t, one.logged("the other side refuses this process: the certificate of client1 is revoked: make a new one with 'peerlab cert client1'"))
		require.NoError(t, l.ca.Issue("client1", time.Hour))
		<-time.After(lastRetry)
		s.shows("Client 1: initiated.")
	})
}

// A stranger that sends nothing costs a place among the strangers for a while, as without TLS.
func TestASilentStrangerIsClosed(t *testing.T) {
	inTLS(t, func(t *testing.T, l *lab) {
		s := l.server()
		var conns []net.Conn
		for range maxStrangers + 1 {
			conn, err := l.net.Dial(t.Context(), "stranger", serverAddr)
			require.NoError(t, err)
			conns = append(conns, conn)
			synctest.Wait()
		}
		_, err := conns[0].Read(make([]byte, 1))
		require.ErrorIs(t, err, io.EOF, "it made room for the last one")
		began := time.Now()
		answer, err := io.ReadAll(conns[maxStrangers])
		require.NoError(t, err)
		require.Equal(t, "ERR tls this process accepts only TLS: start the other one with -tls DIR\n", string(answer))
		require.Equal(t, handshakeTimeout, time.Since(began))
		require.True(t, s.logged("no TLS handshake for 5s"))
		for _, c := range conns {
			require.NoError(t, c.Close())
		}
	})
}

// Fault of the network: a client without -tls is told so at once.
func TestPlainMeetsTLS(t *testing.T) {
	inTLS(t, func(t *testing.T, l *lab) {
		s := l.server()
		l.ca = ""
		one := l.client("1")
		require.True(t, one.logged("this process accepts only TLS: start the other one with -tls DIR"))
		require.True(t, s.logged("the other side does not use TLS"))
	})
}

// drip is a slow link: it sends a kibibyte each half second.
type drip struct{ net.Conn }

func (d drip) Write(b []byte) (n int, err error) {
	for part := range slices.Chunk(b, 1<<10) {
		<-time.After(time.Second / 2)
		k, err := d.Conn.Write(part)
		if n += k; err != nil {
			return n, err
		}
	}
	return n, nil
}

// A line that is one record of TLS is on its way for eight seconds, longer than a silent
// member is tolerated.
func TestASlowLinkIsNotSilent(t *testing.T) {
	inTLS(t, func(t *testing.T, l *lab) {
		s := l.server()
		id := l.identity("client9", slog.New(slog.DiscardHandler))
		conn, err := l.net.Dial(t.Context(), "stranger", serverAddr)
		require.NoError(t, err)
		conn, err = id.Client(t.Context(), drip{conn}, "server")
		require.NoError(t, err)
		text := strings.Repeat("x", 15_000)
		for _, line := range []string{"HELLO peerlab-chat/2 9 2000 127.0.0.1:9 new 0", "READY 0 0", "MSG 9 1 " + text} {
			_, err = io.WriteString(conn, line+"\n")
			require.NoError(t, err)
		}
		s.shows("Client 9: initiated.", "Client 9: "+text)
		require.NoError(t, conn.Close())
	})
}

func TestTheCertificateIsForThisMember(t *testing.T) {
	dir := certs.Dir(t.TempDir())
	require.NoError(t, dir.Issue("client2", time.Hour))
	c := ClientConfig{Config: Config{Log: slog.New(slog.DiscardHandler)}, ID: "1", Host: "127.0.0.1"}
	c.TLS.Dir = filepath.Join(string(dir), "client2")
	_, err := ListenClient(c)
	require.EqualError(t, err, "-tls "+c.TLS.Dir+" is the certificate of client2, and not of client1: make that with 'peerlab cert client1'")
}

func TestOffLoopbackNeedsTLS(t *testing.T) {
	server := ServerConfig{Listen: "0.0.0.0:4000"}
	require.ErrorContains(t, server.Parse(nil), "other machines can connect to 0.0.0.0:4000: give -tls DIR")
	client := ClientConfig{Server: "127.0.0.1:4000", Host: "192.0.2.1"}
	require.ErrorContains(t, client.Parse([]string{"1", "5001", "6001"}), "other machines can connect to 192.0.2.1:6001: give -tls DIR")
	server.TLS.Insecure, client.TLS.Dir = true, "certs/client1"
	require.NoError(t, server.Parse(nil))
	require.NoError(t, client.Parse([]string{"1", "5001", "6001"}))
}

// A stopped process accepts connections, by its kernel, and answers nothing: that is no
// lack of a program.
func TestASilentServerWithTLS(t *testing.T) {
	inTLS(t, func(t *testing.T, l *lab) {
		ln, err := l.net.Listen(serverAddr)
		require.NoError(t, err)
		defer ln.Close()
		one := l.client("1")
		<-time.After(handshakeTimeout + time.Second)
		require.True(t, one.logged("takes connections, but does not answer as the server of the chat"))
	})
}
