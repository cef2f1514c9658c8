package e2e

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// member makes the handshake at an address and returns the connection, and the
// answer to READY.
func member(t *testing.T, n network, address, hello string) (s stranger, ready string) {
	t.Helper()
	s = callIn(t, n, address)
	for _, line := range []string{"HELLO peerlab-chat/2 " + hello, "READY 0 0"} {
		_, err := fmt.Fprintln(s, line)
		require.NoError(t, err)
		ready, err = s.in.ReadString('\n')
		require.NoError(t, err, line)
	}
	return s, ready
}

func TestAFloodOfMembersCostsALaterOneNoLine(t *testing.T) {
	c := startChat(t, 2)
	at := c.seats[1].address()
	future := callIn(t, c, at)
	_, err := fmt.Fprintln(future, "HELLO peerlab-chat/2 x 999999999999999999 127.0.0.1:9 new 0")
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(future.answer(t), "ERR clock "))

	tomorrow := time.Now().Add(23 * time.Hour).UnixMicro()
	for i := range 2300 {
		s, _ := member(t, c, at, fmt.Sprintf("f%d %d 127.0.0.1:9 new 0", i, tomorrow))
		_, err := fmt.Fprintf(s, "MSG f%d 1 x\nBYE\n", i)
		require.NoError(t, err)
		_ = s.CloseWrite()
		_, _ = io.Copy(io.Discard, s.in)
		_ = s.Close()
	}
	late, ready := member(t, c, at, fmt.Sprintf("late %d 127.0.0.1:9 in 3", time.Now().UnixMicro()))
	assert.True(t, strings.HasPrefix(ready, "READY 0 "), ready)
	_, err = fmt.Fprint(late, "MSG late 1 one\nMSG late 2 two\nMSG late 3 three\n")
	require.NoError(t, err)
	for _, p := range c.up() {
		p.Sees("Client late: one", "Client late: two", "Client late: three")
	}
}

// counted listens at an address, closes each connection at once, and counts them.
func counted(t *testing.T, n network) (address string, count func() int) {
	t.Helper()
	ln, err := n.Listen("127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = ln.Close() })
	var all atomic.Int64
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			all.Add(1)
			_ = conn.Close()
		}
	}()
	return ln.Addr().String(), func() int { return int(all.Load()) }
}

func TestAThirdPartyThatALiarNamesIsDialledFewTimes(t *testing.T) {
	c := startChat(t, 2)
	third, dialled := counted(t, c)
	s, _ := member(t, c, c.seats[1].address(), fmt.Sprintf("liar %d 127.0.0.1:9 new 0", time.Now().UnixMicro()))
	var lines strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&lines, "PEER x%d 5 %s 0\n", i, third)
	}
	_, err := fmt.Fprint(s, lines.String())
	require.NoError(t, err)
	require.Eventually(t, func() bool { return dialled() >= 4 }, strangerTimeout, 10*time.Millisecond)
	c.everyoneTalks("what was named")
	c.clients[1].Types("/who")
	c.clients[1].Contains("* Client liar: connected, ")
	c.settled().Nothing("* Client x")
	assert.Less(t, dialled(), 50)
}

func TestNamesAndZonesOfOthersAreRefused(t *testing.T) {
	c := startChat(t, 1)
	for _, address := range []string{c.at, c.seats[1].address()} {
		for _, listens := range []string{"[fe80::1%lo]:80", "evil.invalid:80", "1.1:80"} {
			s := callIn(t, c, address)
			_, err := fmt.Fprintf(s, "HELLO peerlab-chat/2 9 5 %s new 0\nREADY 0 0\n", listens)
			require.NoError(t, err)
			assert.True(t, strings.HasPrefix(s.answer(t), "ERR syntax "), listens)
		}
	}
	c.flags[2] = []string{"-host", "localhost"} // a person may give a name
	c.startClients(2)
	c.introduced(2)
	registry, err := os.ReadFile(c.registry())
	require.NoError(t, err)
	assert.Regexp(t, `(?m)^2 127\.0\.0\.1:\d+$`, string(registry))
	assert.NotRegexp(t, `(?m)^9 `, string(registry))
}

// A member claims to answer a line of client 1 that client 1 has not typed, and has
// that line ready for each request.
func TestALiarForgesNoLineOfALinkedMember(t *testing.T) {
	c := startChat(t, 2)
	s, _ := member(t, c, c.seats[2].address(), fmt.Sprintf("9 %d 127.0.0.1:9 new 0", time.Now().UnixMicro()))
	var incarnation string
	for incarnation == "" {
		line, err := s.in.ReadString('\n')
		require.NoError(t, err)
		if f := strings.Fields(line); len(f) == 5 && f[0] == "PEER" && f[1] == "1" {
			incarnation = f[2]
		}
	}
	go func() { // until the connection is closed
		for {
			line, err := s.in.ReadString('\n')
			if err != nil {
				return
			}
			if f := strings.Fields(line); len(f) == 4 && f[0] == "WANT" {
				_, _ = fmt.Fprintf(s, "LINES 1 %s 1\nMSG 1 1 FORGED\n", incarnation)
			}
		}
	}()
	for i, claim := range []int{1, 1_000_000, 2_000_000} {
		_, err := fmt.Fprintf(s, "AFTER 1 %s %d\nMSG 9 %d bait %d\n", incarnation, claim, i+1, i+1)
		require.NoError(t, err)
		c.clients[2].Sees(fmt.Sprintf("Client 9: bait %d", i+1))
	}
	c.clients[1].Types("true")
	c.clients[2].Sees("Client 1: true")
	c.everyoneTalks("what is true")
	f := c.settled()
	f.Nothing("FORGED")
	f.Nothing("missing")
}
