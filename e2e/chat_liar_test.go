package e2e

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// member makes the handshake at an address and returns the connection, and the
// answer to READY.
func member(t *testing.T, address, hello string) (s stranger, ready string) {
	t.Helper()
	s = callIn(t, address)
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
	future := callIn(t, at)
	_, err := fmt.Fprintln(future, "HELLO peerlab-chat/2 x 999999999999999999 127.0.0.1:9 new 0")
	require.NoError(t, err)
	assert.True(t, strings.HasPrefix(future.answer(t), "ERR clock "))

	tomorrow := time.Now().Add(23 * time.Hour).UnixMicro()
	for i := range 2300 {
		s, _ := member(t, at, fmt.Sprintf("f%d %d 127.0.0.1:9 new 0", i, tomorrow))
		_, err := fmt.Fprintf(s, "MSG f%d 1 x\nBYE\n", i)
		require.NoError(t, err)
		_ = s.CloseWrite()
		_, _ = io.Copy(io.Discard, s.in)
		_ = s.Close()
	}
	late, ready := member(t, at, fmt.Sprintf("late %d 127.0.0.1:9 in 3", time.Now().UnixMicro()))
	assert.True(t, strings.HasPrefix(ready, "READY 0 "), ready)
	_, err = fmt.Fprint(late, "MSG late 1 one\nMSG late 2 two\nMSG late 3 three\n")
	require.NoError(t, err)
	for _, p := range c.up() {
		p.Sees("Client late: one", "Client late: two", "Client late: three")
	}
}
