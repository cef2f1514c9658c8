package mtls

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"peerlab/lab/certs"
	"peerlab/services/internal/memnet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// record is a log that goroutines share.
type record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (r *record) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(b)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// process is one end of a connection: its certificate and its log.
type process struct {
	*Identity
	log *record
}

func issue(t *testing.T, ca certs.Dir, name string, life time.Duration) string {
	t.Helper()
	require.NoError(t, ca.Issue(name, life))
	return filepath.Join(string(ca), name)
}

func open(t *testing.T, dir string) process {
	t.Helper()
	log := new(record)
	id, err := Flags{Dir: dir}.Open(slog.New(slog.NewTextHandler(log, nil)))
	require.NoError(t, err)
	return process{id, log}
}

func conns(t *testing.T) (here, there net.Conn) {
	t.Helper()
	n := memnet.New()
	ln, err := n.Listen("127.0.0.1:1")
	require.NoError(t, err)
	here, err = n.Dial(t.Context(), "", "127.0.0.1:1")
	require.NoError(t, err)
	there, err = ln.Accept()
	require.NoError(t, err)
	require.NoError(t, ln.Close())
	t.Cleanup(func() {
		here.Close()
		there.Close()
	})
	return here, there
}

// meet has one process dial another one, which answers with the name in the
// certificate of the first. It returns the answer.
func meet(t *testing.T, dialler, listener process, want string) (string, error) {
	t.Helper()
	here, there := conns(t)
	var all sync.WaitGroup
	defer all.Wait()
	all.Go(func() {
		if c := listener.Server(t.Context(), there); c != nil {
			defer c.Close()
			_, _ = io.WriteString(c, Peer(c)+" came to "+listener.Name())
			_ = c.(*Conn).CloseWrite()
		}
	})
	c, err := dialler.Client(t.Context(), here, want)
	if err != nil {
		return "", err
	}
	defer c.Close()
	answer, err := io.ReadAll(c)
	return string(answer), err
}

func TestBothEndsNameEachOther(t *testing.T) {
	ca := certs.Dir(t.TempDir())
	server, client := open(t, issue(t, ca, "server", time.Hour)), open(t, issue(t, ca, "client1", time.Hour))
	for _, want := range []string{"", "server"} {
		answer, err := meet(t, client, server, want)
		require.NoError(t, err)
		assert.Equal(t, "client1 came to server", answer)
	}
	assert.Empty(t, server.log.String())
}

// Each certificate is refused by a sentence at both ends, whichever end has it.
func TestARefusalIsASentenceAtBothEnds(t *testing.T) {
	ca, other := certs.Dir(t.TempDir()), certs.Dir(t.TempDir())
	server := issue(t, ca, "server", time.Hour)
	expired := issue(t, ca, "client1", -time.Minute)
	foreign := issue(t, other, "client2", time.Hour)
	revoked := issue(t, ca, "client3", time.Hour)
	require.NoError(t, ca.Revoke("client3"))
	for _, c := range []struct {
		dir     string
		problem Problem
		says    string
	}{
		{expired, Expired, "the certificate of client1 has expired or is not valid yet"},
		{foreign, Foreign, "the certificate of client2 is signed by another CA: all processes need certificates"},
		{revoked, Revoked, "the certificate of client3 is revoked: make a new one with 'peerlab cert client3'"},
	} {
		var e *Error
		bad, good := open(t, c.dir), open(t, server)
		_, err := meet(t, bad, good, "server")
		require.ErrorAs(t, err, &e, "the dialler")
		assert.Equal(t, c.problem, e.Problem)
		if c.problem == Foreign { // the dialler is the first to see that
			assert.Contains(t, e.Error(), "the certificate of server is signed by another CA")
		} else {
			assert.Contains(t, e.Error(), "the other side refuses this process: "+c.says)
			assert.Contains(t, good.log.String(), c.says)
		}

		bad, good = open(t, c.dir), open(t, server)
		_, err = meet(t, good, bad, "")
		require.ErrorAs(t, err, &e, "the dialler")
		assert.Equal(t, c.problem, e.Problem)
		assert.Contains(t, e.Error(), c.says)
		assert.Contains(t, bad.log.String(), "the other side refuses this process: the certificate of client")
	}
}

// The list of the dialler is older: it does not know why it is refused.
func TestTheOldListOfTheRevokedSaysLess(t *testing.T) {
	ca := certs.Dir(t.TempDir())
	server := open(t, issue(t, ca, "server", time.Hour))
	client := open(t, issue(t, ca, "client3", time.Hour))
	require.NoError(t, ca.Revoke("client3"))
	require.NoError(t, os.Remove(filepath.Join(string(ca), "client3", "revoked.pem")))
	_, err := meet(t, client, server, "server")
	require.ErrorContains(t, err, "the other side refuses this process: the certificate of client3 is not accepted: the log of the other side says why")
	assert.Contains(t, server.log.String(), "the certificate of client3 is revoked")
}

func TestTheWrongNameIsRefused(t *testing.T) {
	ca := certs.Dir(t.TempDir())
	node, client := open(t, issue(t, ca, "node1", time.Hour)), open(t, issue(t, ca, "client", time.Hour))
	_, err := meet(t, client, node, "relay")
	require.ErrorContains(t, err, "the certificate of node1 answers where relay was wanted: check the address, or start relay there")
	assert.Contains(t, node.log.String(), "the certificate of node1 is not accepted: the log of the other side says why")
	answer, err := meet(t, client, node, "node")
	require.NoError(t, err)
	assert.Equal(t, "client came to node1", answer)
}

func TestPlainIsRefused(t *testing.T) {
	server := open(t, issue(t, certs.Dir(t.TempDir()), "server", time.Hour))
	here, there := conns(t)
	var all sync.WaitGroup
	all.Go(func() { assert.Nil(t, server.Server(t.Context(), there)) })
	_, err := io.WriteString(here, "HELLO peerlab-chat/2 1 1 127.0.0.1:6001 new 0\n")
	require.NoError(t, err)
	answer, err := io.ReadAll(here)
	require.NoError(t, err)
	assert.Equal(t, "ERR tls this process accepts only TLS: start the other one with -tls DIR\n", string(answer))
	require.NoError(t, here.Close())
	all.Wait()
	assert.Contains(t, server.log.String(), "the other side does not use TLS")

	here, there = conns(t)
	_, err = io.WriteString(there, "ERR syntax HELLO comes first\n")
	require.NoError(t, err)
	_, err = server.Client(t.Context(), here, "")
	require.ErrorContains(t, err, "the other side does not use TLS: start it with -tls DIR, or this one without")
}

// A new certificate, and the list of the revoked, count from the next handshake on.
func TestFilesAreReadAgain(t *testing.T) {
	ca := certs.Dir(t.TempDir())
	server := open(t, issue(t, ca, "server", time.Hour))
	client := open(t, issue(t, ca, "client1", -time.Minute))
	assert.Contains(t, client.log.String(), "other processes will refuse the certificate of client1 has expired")
	met := func() error {
		_, err := meet(t, client, server, "server")
		return err
	}
	require.Error(t, met())
	issue(t, ca, "client1", time.Hour)
	require.NoError(t, met())
	assert.Contains(t, client.log.String(), "uses a new certificate")

	require.NoError(t, ca.Revoke("client1"))
	require.ErrorContains(t, met(), "client1 is revoked")
	issue(t, ca, "client1", time.Hour)
	require.NoError(t, met())
}

// A list of revoked certificates is replaced by a newer one only: while a file is copied it is
// missing for a moment.
func TestAListThatIsGoneStaysInUse(t *testing.T) {
	ca := certs.Dir(t.TempDir())
	dir := issue(t, ca, "server", time.Hour)
	one, two := open(t, issue(t, ca, "client1", time.Hour)), open(t, issue(t, ca, "client2", time.Hour))
	require.NoError(t, ca.Revoke("client1"))
	server, list := open(t, dir), filepath.Join(dir, "revoked.pem")
	older, err := os.ReadFile(list)
	require.NoError(t, err)
	require.NoError(t, os.Remove(list))
	met := func(client process) error {
		_, err := meet(t, client, server, "server")
		return err
	}
	require.ErrorContains(t, met(one), "client1 is revoked")
	require.NoError(t, met(two))
	require.Contains(t, server.log.String(), "is gone, or older than the one in use")

	require.NoError(t, ca.Revoke("client2"))
	require.ErrorContains(t, met(two), "client2 is revoked")
	require.NoError(t, os.WriteFile(list, older, 0o600))
	require.ErrorContains(t, met(two), "client2 is revoked")
}

func TestABadNewFileIsNotUsed(t *testing.T) {
	ca := certs.Dir(t.TempDir())
	server := open(t, issue(t, ca, "server", time.Hour))
	dir := issue(t, ca, "client1", time.Hour)
	client := open(t, dir)
	from := issue(t, ca, "client22", time.Hour)
	for name, damage := range map[string]func(path string) error{
		"cert.pem":    func(p string) error { return os.WriteFile(p, []byte("nothing"), 0o600) },
		"key.pem":     os.Remove,
		"ca.pem":      os.Remove,
		"revoked.pem": func(p string) error { return os.WriteFile(p, []byte("nothing"), 0o600) },
	} {
		require.NoError(t, damage(filepath.Join(dir, name)))
		for range 2 {
			_, err := meet(t, client, server, "server")
			require.NoError(t, err, name)
		}
		require.NoError(t, os.RemoveAll(filepath.Join(dir, "revoked.pem")))
		issue(t, ca, "client1", time.Hour)
		_, err := meet(t, client, server, "server")
		require.NoError(t, err, name)
	}
	assert.Equal(t, 4, strings.Count(client.log.String(), "cannot use the new certificate"), client.log)

	for _, name := range []string{"cert.pem", "key.pem"} {
		require.NoError(t, os.Rename(filepath.Join(from, name), filepath.Join(dir, name)))
	}
	answer, err := meet(t, client, server, "server")
	require.NoError(t, err)
	assert.Equal(t, "client1 came to server", answer)
	assert.Contains(t, client.log.String(), "it is for client22, not for client1")
}

func TestOpenNamesTheFileAndTheRemedy(t *testing.T) {
	ca := certs.Dir(t.TempDir())
	other := issue(t, certs.Dir(t.TempDir()), "client1", time.Hour)
	log := slog.New(slog.DiscardHandler)
	for name, damage := range map[string]struct {
		by   func(dir string) error
		says string
	}{
		"cert": {func(d string) error { return os.Remove(filepath.Join(d, "cert.pem")) }, "cert.pem: no such file or directory; make them with 'peerlab cert NAME'"},
		"key":  {func(d string) error { return os.Rename(filepath.Join(other, "key.pem"), filepath.Join(d, "key.pem")) }, "make them with 'peerlab cert NAME'"},
		"ca":   {func(d string) error { return os.Rename(filepath.Join(other, "ca.pem"), filepath.Join(d, "ca.pem")) }, "is not signed by the CA in ca.pem"},
		"list": {func(d string) error { return os.WriteFile(filepath.Join(d, "revoked.pem"), []byte("x"), 0o600) }, "revoked.pem is no PEM file"},
	} {
		dir := issue(t, ca, name, time.Hour)
		require.NoError(t, damage.by(dir))
		_, err := Flags{Dir: dir}.Open(log)
		require.ErrorContains(t, err, damage.says)
		require.ErrorContains(t, err, dir)
	}
	id, err := Flags{}.Open(log)
	require.NoError(t, err)
	assert.Nil(t, id)
}

func TestCheckListen(t *testing.T) {
	for addr, refused := range map[string]bool{
		"127.0.0.1:1": false, "127.8.8.8:1": false, "[::1]:1": false, "[::ffff:127.0.0.1]:1": false, "localhost:1": false,
		"0.0.0.0:1": true, ":1": true, "[::]:1": true, "192.0.2.1:1": true, "example.net:1": true, "127.0.0.1.example.net:1": true,
	} {
		err := Flags{}.CheckListen(addr)
		assert.Equal(t, refused, err != nil, addr)
		if refused {
			require.ErrorContains(t, err, "other machines can connect to "+addr+": give -tls DIR")
		}
		require.NoError(t, Flags{Insecure: true}.CheckListen(addr))
		require.NoError(t, Flags{Dir: "certs/server"}.CheckListen(addr))
	}
}

// A member closes connections while it holds its lock: a Close that waited for a peer that
// does not read would stop it.
func TestCloseDoesNotWait(t *testing.T) {
	ca := certs.Dir(t.TempDir())
	server, client := open(t, issue(t, ca, "server", time.Hour)), open(t, issue(t, ca, "client1", time.Hour))
	here, there := conns(t)
	accepted := make(chan net.Conn)
	go func() { accepted <- server.Server(context.Background(), there) }()
	c, err := client.Client(t.Context(), here, "")
	require.NoError(t, err)
	defer (<-accepted).Close()
	require.NoError(t, c.SetWriteDeadline(time.Now().Add(50*time.Millisecond)))
	_, err = c.Write(make([]byte, 1<<20))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded, "the peer does not read")
	began := time.Now()
	require.NoError(t, c.Close())
	assert.Less(t, time.Since(began), time.Second)
	require.True(t, errors.Is(c.(*Conn).SetLinger(0), errors.ErrUnsupported), "memory has none")
}
