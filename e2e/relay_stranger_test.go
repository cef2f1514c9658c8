package e2e

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// requestLimit is how long a relay or node waits for a request.
const requestLimit = 5 * time.Second

// relayAndNode is a swarm with one node, and the addresses of both.
func relayAndNode(t *testing.T) (s *swarm, addresses map[string]string) {
	t.Helper()
	s = startSwarm(t)
	n := s.join("node", s.folder("node", files{"a.txt": "A\n"}))
	return s, map[string]string{"relay": s.at, "node": n.at}
}

func TestRelayAnswersStrangersAndSendsThemOff(t *testing.T) {
	s, addresses := relayAndNode(t)
	for who, address := range addresses {
		for _, said := range []string{
			"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "\n", "NODES\n", "GET 0 - - a.txt\n", "HELLO\n", "HELLO peerlab-relay/99\nNODES\n",
			"hello peerlab-relay/1\nNODES\n", "\x16\x03\x01\x02\x00\x01\n", "HELLO peerlab-chat/2 9 1 127.0.0.1:1 new 0\n", relayHello + "HELLO\n",
			relayHello + relayHello, relayHello + "get 0 - - a.txt\n", relayHello + "\x00\n", relayHello + strings.Repeat("x", 5000) + "\n",
		} {
			c := callIn(t, s, address)
			_, err := c.Write([]byte(said))
			require.NoError(t, err)
			assert.True(t, strings.HasPrefix(c.answer(t), "ERR "), "%s, to %.80q", who, said)
		}
	}
	s.fetched("a.txt", "A\n")
}

func TestRelayTakesLinesWithCRLF(t *testing.T) {
	s, addresses := relayAndNode(t)
	c := callIn(t, s, addresses["relay"])
	_, err := c.Write([]byte("HELLO peerlab-relay/1\r\nNODES\r\n"))
	require.NoError(t, err)
	require.NoError(t, c.CloseWrite())
	assert.Equal(t, "NODES 1 15\nNODE "+addresses["node"]+"\n", c.answer(t))
}

func TestRelayAnswersRequestsSentAhead(t *testing.T) {
	s, addresses := relayAndNode(t)
	said := asked(t, s, addresses["node"], "STAT no.txt", "STAT a.txt", "GET 0 1 - a.txt", "GET 1 - - a.txt", "LIST")
	hash := hashOf("A\n")
	known := "(-|" + hash + ")" // the hash of a file that has just changed is not kept for long
	assert.Regexp(t, "^ERR notfound .*\nFILE 2 "+hash+" a.txt\nSEND 2 "+known+" 1\nAEND "+known+"\nSEND 2 "+known+" 1\n\nEND "+known+
		"\nFILES 1\nFILE 2 "+known+" a.txt\n$", said)
}

// A line that was cut is nothing, however much of it there is.
func TestRelayTakesNoHalfRequest(t *testing.T) {
	s, addresses := relayAndNode(t)
	nobody := s.Port()
	for who, request := range map[string]string{"relay": "REGISTER 00000000deadbeef :" + nobody, "node": "GET 0 - - a.txt"} {
		c := callIn(t, s, addresses[who])
		_, err := c.Write([]byte(relayHello + request))
		require.NoError(t, err)
		require.NoError(t, c.CloseWrite())
		said := c.answer(t)
		assert.NotContains(t, said, "OK", who)
		assert.NotContains(t, said, "SEND", who)
	}
	assert.Equal(t, []string{addresses["node"]}, s.listed())
}

func TestRelayGivesARequestItsTime(t *testing.T) {
	waits(t)
	s, addresses := relayAndNode(t)
	s.within(requestLimit+2*time.Second, "until all who ask for nothing are sent off", func() (longest time.Duration) {
		began := time.Now()
		ended := make(chan time.Duration, 3*len(addresses))
		for _, address := range addresses {
			silent, slow, half := callIn(t, s, address), callIn(t, s, address), callIn(t, s, address)
			_, err := half.Write([]byte(relayHello + "NOD"))
			require.NoError(t, err)
			go dribbles(slow, relayHello)
			for _, c := range []stranger{silent, slow, half} {
				go func() {
					_, _ = io.Copy(io.Discard, c.in) // ends with ERR or without
					ended <- time.Since(began)
					_ = c.Close()
				}()
			}
		}
		s.fetched("a.txt", "A\n")
		for range cap(ended) {
			after := <-ended
			assert.GreaterOrEqual(t, after, requestLimit)
			longest = max(longest, after)
		}
		s.fetched("a.txt", "A\n")
		return longest
	})
}

// dribbles writes a byte every half second, for as long as it is listened to.
func dribbles(to io.Writer, text string) {
	ticker := time.NewTicker(time.Second / 2)
	defer ticker.Stop()
	for _, b := range []byte(text) {
		if _, err := to.Write([]byte{b}); err != nil {
			return
		}
		<-ticker.C
	}
}

func TestRelayIsNotKeptFromOthersByACrowd(t *testing.T) {
	s, addresses := relayAndNode(t)
	for _, address := range addresses {
		for range strangers {
			callIn(t, s, address)
		}
	}
	s.fetched("a.txt", "A\n")
	s.join("another", s.folder("another", files{"b.txt": "B\n"}))
	s.fetched("b.txt", "B\n")
}

func TestRelayTakesNoFlood(t *testing.T) {
	s, addresses := relayAndNode(t)
	const chunks = 100
	for who, address := range addresses {
		for _, begin := range []string{"", relayHello, relayHello + "GET 0 - - "} {
			c := callIn(t, s, address)
			sent := make(chan int)
			go func() {
				n, chunk := 0, bytes.Repeat([]byte("x"), 1<<20)
				_, err := c.Write([]byte(begin))
				for ; err == nil && n < chunks; n++ {
					_, err = c.Write(chunk)
				}
				sent <- n
			}()
			first, err := c.in.ReadString('\n')
			require.NoError(t, err)
			assert.True(t, strings.HasPrefix(first, "ERR "), first)
			s.fetched("a.txt", "A\n")
			_ = c.Close()
			assert.Less(t, <-sent, chunks, "%s: MB taken before the connection was closed", who)
		}
	}
}
