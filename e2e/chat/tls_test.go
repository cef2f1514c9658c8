package chat

import (
	"crypto/tls"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
	"peerlab/e2e/stage"
	bench "peerlab/lab"
	"peerlab/lab/certs"
)

// secure prepares a chat with TLS.
func secure(t *testing.T, opts ...lab.Option) *stage.Chat {
	t.Helper()
	c := stage.NewChat(t, opts...)
	c.Secure()
	return c
}

func TestPhase1WithTLS(t *testing.T) { stage.Phase1(secure(t)) }

func TestPhase2WithTLS(t *testing.T) {
	lab.Alone(t)
	stage.Phase2(secure(t), (*stage.Chat).ServerExits)
}

// Both ends say why, and a new certificate admits the client, which still runs.
func TestRefusedCertificates(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(c *stage.Chat)
		says  string
	}{
		"expired": {func(c *stage.Chat) { stage.Certify(t, c.Certs, "client2", -time.Minute) }, "the certificate of client2 has expired"},
		"revoked": {func(c *stage.Chat) { require.NoError(t, c.Certs.Revoke("client2")) }, "the certificate of client2 is revoked: make a new one with 'peerlab cert client2'"},
	} {
		t.Run(name, func(t *testing.T) {
			c := secure(t)
			c.StartMembers(1)
			spec := c.ClientSpec(2)
			test.spoil(c)
			two := c.Start(spec)
			two.Stderr().Contains("the other side refuses this process: " + test.says)
			c.Server.Stderr().Contains(test.says)
			c.Among(c.Server, c.Clients[1]).Never("Client 2: initiated.")
			stage.Certify(t, c.Certs, "client2", time.Hour)
			c.Clients[2] = two
			c.Introduced(2)
			c.AllTalk("all of us")
		})
	}
}

func TestAForeignCertificateIsRefused(t *testing.T) {
	c := secure(t)
	c.StartMembers(1)
	spec := c.ClientSpec(2)
	other := certs.Dir(c.Dir("other"))
	stage.Certify(t, other, "client2", time.Hour)
	spec.Dir = filepath.Join(string(other), "client2")
	two := c.Start(spec)
	two.Stderr().Contains("the certificate of server is signed by another CA: all processes need certificates that 'peerlab cert' has made in one folder")
	c.Server.Stderr().Contains("the other side refuses this process: the certificate of server is not accepted")
	c.Among(c.Server, c.Clients[1]).Never("Client 2: initiated.")
}

// A client cannot use another one's ID, by the program or by hand.
func TestAWrongNameIsRefused(t *testing.T) {
	c := secure(t)
	c.StartMembers(1)
	spec := c.ClientSpec(2)
	spec.Name, spec.Role = "impostor", "client"
	stage.Certify(t, c.Certs, "client3", time.Hour)
	spec.Dir = filepath.Join(string(c.Certs), "client3")
	two := c.Start(spec)
	two.Exits(1)
	two.Stderr().Contains("-tls . is the certificate of client3, and not of client2: make that with 'peerlab cert client2'")

	own, err := tls.LoadX509KeyPair(filepath.Join(spec.Dir, "cert.pem"), filepath.Join(spec.Dir, "key.pem"))
	require.NoError(t, err)
	plain, err := c.Dial(c.At)
	require.NoError(t, err)
	defer plain.Close()
	require.NoError(t, plain.SetDeadline(time.Now().Add(10*time.Second)))
	conn := tls.Client(plain, &tls.Config{Certificates: []tls.Certificate{own}, InsecureSkipVerify: true})
	_, err = fmt.Fprintf(conn, "HELLO peerlab-chat/2 2 %d 127.0.0.1:9 new 0\n", time.Now().UnixMicro())
	require.NoError(t, err)
	answer, err := io.ReadAll(conn)
	require.NoError(t, err)
	says := "HELLO is by Client 2, with the certificate of client3"
	assert.Contains(t, string(answer), "ERR certificate "+says)
	c.Server.Stderr().Contains(says)
	c.Among(c.Server, c.Clients[1]).Never("Client 2: initiated.")
}

// Typed text is on no packet; without TLS it is.
func TestNoPacketHasTypedText(t *testing.T) {
	lab.NeedsOwn(t, "server", "client")
	const secret = "the treasure is under the third oak"
	for name, prepare := range map[string]func(*stage.Chat){"plain": func(*stage.Chat) {}, "TLS": (*stage.Chat).Secure} {
		t.Run(name, func(t *testing.T) {
			c := stage.NewChat(t, lab.WithPackets())
			lab.NeedsOwnNetwork(c.Lab)
			prepare(c)
			c.StartMembers(3)
			c.AllTalk(secret)
			c.ServerExits()
			for _, p := range c.Clients {
				p.Kill()
			}
			require.NoError(t, c.End())
			packets, err := os.ReadFile(filepath.Join(c.Folder(), bench.PacketsFile))
			require.NoError(t, err)
			require.NotEmpty(t, packets)
			if name == "plain" {
				assert.Contains(t, string(packets), secret)
				return
			}
			for _, text := range []string{secret, "HELLO", "MSG", "terminated"} {
				assert.NotContains(t, string(packets), text)
			}
		})
	}
}
