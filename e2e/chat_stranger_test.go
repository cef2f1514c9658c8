package e2e

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	strangerTimeout = 15 * time.Second // for an answer to a stranger, or the end
	// handshakeLimit is for a stranger to say who it is. How far beyond it somebody
	// may be cut is for the chat's own tests, on a clock of theirs: here it is
	// enough that neither silence nor a byte a second gets more than strangerTimeout.
	handshakeLimit = 5 * time.Second
	strangers      = 500
)

// stranger is a TCP connection of somebody who is no member.
type stranger struct {
	*net.TCPConn
	in *bufio.Reader
}

func callIn(t *testing.T, n network, address string) stranger {
	t.Helper()
	c, err := n.Dial(address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(strangerTimeout)))
	return stranger{c.(*net.TCPConn), bufio.NewReader(c)}
}

// answer is what is said to a stranger until the connection is closed.
func (s stranger) answer(t *testing.T) string {
	t.Helper()
	answer, err := io.ReadAll(s.in)
	require.NoError(t, err, "after %q", answer)
	return string(answer)
}

func TestStrangersAreAnsweredAndSentOff(t *testing.T) {
	c := startChat(t, 2)
	for who, address := range map[string]string{"server": c.at, "client": c.seats[1].address()} {
		ping := callIn(t, c, address)
		_, err := ping.Write([]byte("PING are-you-well\r\n"))
		require.NoError(t, err)
		answer, err := ping.in.ReadString('\n')
		require.NoError(t, err, who)
		assert.Equal(t, "PONG are-you-well\n", answer, who)

		for _, said := range []string{
			"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "\n", "MSG 1 1 hello\n", "HELLO\n", "HELLO peerlab-chat/99 9 1 x\n",
			"hello peerlab-chat/2\n", "\x16\x03\x01\x02\x00\x01\n", "HELLO peerlab-chat/2 ../x 1 127.0.0.1:1 new 0\n",
		} {
			s := callIn(t, c, address)
			_, err := s.Write([]byte(said))
			require.NoError(t, err)
			assert.True(t, strings.HasPrefix(s.answer(t), "ERR "), "%s, to %q", who, said)
		}

		cut := callIn(t, c, address) // a line without its end was cut, and is nothing
		_, err = cut.Write([]byte("PING x"))
		require.NoError(t, err)
		require.NoError(t, cut.CloseWrite())
		assert.NotContains(t, cut.answer(t), "PONG", who)
	}
	c.everyoneTalks("who was that")
	c.settled().Nothing("hello")
}

func TestAHandshakeHasItsTime(t *testing.T) {
	c := startChat(t, 1)
	began := time.Now()
	silent := callIn(t, c, c.at)
	slow := callIn(t, c, c.seats[1].address())
	cut, done := make(chan time.Duration), make(chan struct{})
	defer close(done)
	go func() { // a byte a second, for as long as it is listened to
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for _, b := range []byte("HELLO peerlab-chat/2") {
			if _, err := slow.Write([]byte{b}); err != nil {
				return
			}
			select {
			case <-ticker.C:
			case <-done:
				return
			}
		}
	}()
	go func() {
		_, _ = io.Copy(io.Discard, slow.in) // ends with ERR or without
		cut <- time.Since(began)
		_ = slow.Close()
	}()
	_, err := io.Copy(io.Discard, silent.in)
	require.NoError(t, err)
	for who, took := range map[string]time.Duration{"the silent one": time.Since(began), "the slow one": <-cut} {
		assert.GreaterOrEqual(t, took, handshakeLimit, who)
		assert.Less(t, took, strangerTimeout, who)
	}
	c.everyoneTalks("they had their chance")
}

func TestSilentStrangersKeepNobodyOut(t *testing.T) {
	c := startChat(t, 1)
	for _, address := range []string{c.at, c.seats[1].address()} {
		for range strangers / 2 {
			callIn(t, c, address)
		}
	}
	c.startClients(2)
	c.introduced(2)
	c.everyoneTalks("quite a crowd")
}

func TestALineWithoutEndHurtsNobody(t *testing.T) {
	c := startChat(t, 2)
	s := callIn(t, c, c.at)
	sent := make(chan int)
	go func() {
		n, chunk := 0, bytes.Repeat([]byte("x"), 1<<20)
		for range 100 {
			if _, err := s.Write(chunk); err != nil {
				break
			}
			n++
		}
		sent <- n
	}()
	first, err := s.in.ReadString('\n')
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(first, "ERR "), first)
	c.everyoneTalks("what a bore")
	_ = s.Close()
	assert.Less(t, <-sent, 100, "MB taken before the connection was closed")
}
