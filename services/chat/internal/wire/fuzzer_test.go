package wire

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"peerlab/e2e/fuzzer"
)

// The fuzzing member of the chaos rounds sends messages, whatever it has received:
// each can be parsed, and each verb occurs. The same seed gives the same messages.
func TestTheFuzzerSendsMessages(t *testing.T) {
	verbs := map[string]int{}
	var before []string
	for range 2 {
		g := fuzzer.NewGenerator("fuzz", 1_700_000_000_000_000)
		all := sent(g, 1)
		for _, line := range all {
			require.LessOrEqual(t, len(line), MaxLine)
			m, err := Parse([]byte(line))
			require.NoError(t, err)
			if msg, ok := m.(*Msg); ok {
				require.LessOrEqual(t, len(msg.Text), MaxText)
			}
			verbs[Verb(m)]++
		}
		if before != nil {
			require.Equal(t, before, all)
		}
		before = all
	}
	for _, verb := range strings.Fields("HELLO READY PEER MSG AFTER HAVE WANT LINES PING PONG BYE ERR WATCH UNWATCH SUSPECT") {
		require.Positive(t, verbs[verb], verb)
	}
	require.Positive(t, verbs[""], "keepalive")
	require.NotEqual(t, before, sent(fuzzer.NewGenerator("fuzz", 1_700_000_000_000_000), 2))
}

// sent returns what is sent over a link that receives something of everything.
func sent(g *fuzzer.Generator, seed uint64) (all []string) {
	one, other := g.Link(seed, 0), g.Link(seed, 1)
	for i := range 1500 {
		all = append(append(append(all, one.Hello()), one.Ready()...), one.Next()...)
		for _, line := range []string{
			fmt.Sprintf("HELLO peerlab-chat/2 server %d 127.0.0.1:4000 in %d", 1_700_000_000_000_000+i/100, i),
			fmt.Sprintf("PEER %d %d 127.0.0.1:6001 %d", i%5, 1_700_000_000_000_001, i),
			fmt.Sprintf("MSG server %d %s", i, strings.Repeat("y", 10*i)), "MSG 3 1 ",
			"HAVE 4 999999999999999999 999999999999999999", "SUSPECT 4 17", "UNWATCH", "PING x", "", "gibberish", "WANT 3 x y",
			fmt.Sprintf("WANT server 1700000000000000 %d", i), "WANT 4 999999999999999999 999999999999999999",
		} {
			all = append(all, other.Receive(line)...)
		}
	}
	return all
}
