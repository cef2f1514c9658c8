package relay

import (
	"context"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/internal/memnet"
)

// A file of any bytes and any valid name is printed and saved without a change.
func TestFetchGetsAnyFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := make([]byte, 256)
		for i := range all {
			all[i] = byte(i)
		}
		files := map[string]string{
			"empty": "", "one": "x", "no line end": "x\ny", "all bytes": string(all), "lf": "\n", "crlf": "a\r\nb\r\n",
			"a reply":          "END " + hashed("") + "\nERR notfound no file\nSEND 5 - 5\nhello\nEND -\n",
			"a request":        hello + "\nGET 0 - - a reply\n",
			`"q" 'q' Ü 文件.txt`: "odd", strings.Repeat("n", 255): "long", "a/b/" + strings.Repeat("ü", 127): "deep",
			"small": noise(smallFile, 1), "not small": noise(smallFile+1, 2), "in memory": noise(inMemory, 3), "on disk": noise(inMemory+1, 4),
			"a segment": noise(segment, 5), "two segments": noise(segment+1, 6),
		}
		l := newLab(t, memnet.New())
		var args, names []string
		for name, content := range files {
			args, names = append(args, name, content), append(names, name)
		}
		l.node(args...)
		c := l.client(func(c *FetchConfig) { c.First = false })
		for name, content := range files {
			c.gets(t, name, content)
		}
		dir := t.TempDir()
		require.NoError(t, l.saves(dir).Files(t.Context(), names))
		require.ElementsMatch(t, names, filesIn(t, dir))
		for name, content := range files {
			require.True(t, readFile(t, dir, name) == content, name)
		}
		require.Empty(t, l.log.warnings())
	})
}

func TestFetchAsksOneNodeAfterTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		first := l.node("a", "1")
		second := l.node("a", "2", "b", "2")
		third := l.node("b", "3")
		asked := []*[]string{l.spy(first), l.spy(second), l.spy(third)}
		c := l.client(nil)
		c.gets(t, "b", "2")
		require.Equal(t, []string{"GET 0 16777216 - b"}, *asked[0])
		require.Equal(t, []string{"GET 0 16777216 - b"}, *asked[1])
		require.Empty(t, *asked[2], "the second node has sent the file")
	})
}

// A listed node that does not answer delays a fetch by at most a second.
func TestADeadNodeCostsASecondAtMost(t *testing.T) {
	for name, test := range map[string]struct {
		costs time.Duration
		dies  func(l *lab) // lists a dead node
	}{
		"refused": {0, func(l *lab) { l.lists("127.0.0.1:9") }},
		"silent": {answerTime, func(l *lab) {
			ln := l.listen()
			l.t.Cleanup(func() { ln.Close() })
			l.lists(ln.Addr().String())
		}},
		"no answer to the dial": {answerTime, func(l *lab) { l.lists("10.0.0.1:9") }},
		"a slow dial": {answerTime, func(l *lab) {
			ln := l.listen()
			l.t.Cleanup(func() { ln.Close() })
			l.lists(ln.Addr().String())
			l.slow = 900 * time.Millisecond
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, memnet.New())
				test.dies(l)
				dead := l.relay.leases.list()[0]
				l.node("a", "alive")
				dial := func(ctx context.Context, addr string) (net.Conn, error) {
					switch {
					case strings.HasPrefix(addr, "10."):
						<-ctx.Done()
						return nil, ctx.Err()
					case addr == dead:
						<-time.After(l.slow)
					}
					return l.net.Dial(ctx, "", addr)
				}
				c := l.client(func(c *FetchConfig) { c.Dial = dial })
				began := time.Now()
				c.gets(t, "a", "alive")
				require.Equal(t, test.costs, time.Since(began))
			})
		})
	}
}

func TestNoNodeHasTheFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		l.node("a", "1")
		l.node("b", "2")
		c := l.client(nil)
		require.EqualError(t, c.File(t.Context(), "missing \u00fc"), "\"missing \u00fc\": no node has it (2 nodes asked); fetch -list shows the available files")
		l.lists("127.0.0.1:9")
		c = l.client(nil)
		err := c.File(t.Context(), "missing")
		require.ErrorContains(t, err, "\"missing\": not available from any of 3 nodes; last error: node 127.0.0.1:9: dial")
		require.Empty(t, c.out.String())
		for _, name := range []string{"../x", "/etc/passwd", "", "a\x00", `a\b`} {
			require.Equal(t, badName{CheckName(name)}, c.File(t.Context(), name), "an invalid name is refused before any request")
		}
	})
}

func TestNoNodesAndNoRelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		c := l.client(nil)
		err := c.File(t.Context(), "a")
		require.ErrorContains(t, err, "the relay at 127.0.0.1:7001 lists no node; start one: node -dir FOLDER RELAY_HOST RELAY_PORT")
		require.ErrorIs(t, err, errNoNodes)
		for name, test := range map[string]struct {
			reply string
			why   string
			costs time.Duration
		}{
			"a silent one":     {"", "timeout: no answer in time; start it: relay PORT", 3 * time.Second},
			"no relay":         {"HTTP/1.1 400 Bad Request\n", `received "HTTP/1.1 400 Bad Request" instead of NODES`, 0},
			"a chat":           {"ERR version another\n", "version: another", 0},
			"too many nodes":   {"NODES 1025 15\n", `"1025" nodes are more than any relay lists`, 0},
			"a negative count": {"NODES -1 15\n", `"-1" nodes are more`, 0},
			"no lease":         {"NODES 0 soon\n", `"soon" is not a number`, 0},
			"no node":          {"NODES 1 15\nNODE somewhere\n", `"somewhere" is not HOST:PORT`, 0},
			"half a list":      {"NODES 2 15\nNODE 127.0.0.1:9\n", "timeout", 3 * time.Second},
		} {
			rogue := l.rogue(func(string) (string, bool) { return test.reply, true })
			c := l.client(func(c *FetchConfig) { c.Relay = rogue })
			began := time.Now()
			err := c.File(t.Context(), "a")
			require.ErrorIs(t, err, errNoNodes, name)
			require.ErrorContains(t, err, "no relay at "+rogue, name)
			require.ErrorContains(t, err, test.why, name)
			require.Equal(t, test.costs, time.Since(began), name)
		}
		c = l.client(func(c *FetchConfig) { c.Relay = "127.0.0.1:9" })
		require.ErrorContains(t, c.File(t.Context(), "a"), "no relay at 127.0.0.1:9: dial 127.0.0.1:9: connection refused; start it: relay PORT")
	})
}

// A client keeps the relay's list for the lease it came with, and requests it again
// when no node has a file.
func TestTheListOfNodesIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		l.node("a", "1")
		asked := 0
		dial := func(ctx context.Context, addr string) (net.Conn, error) {
			if addr == l.relay.Addr() {
				asked++
			}
			return l.net.Dial(ctx, "", addr)
		}
		c := l.client(func(c *FetchConfig) { c.Dial = dial })
		for range 5 {
			c.gets(t, "a", "1")
		}
		require.Equal(t, 1, asked)
		l.node("b", "2")
		c.gets(t, "b", "2") // a node that registered after the list was fetched
		require.Equal(t, 2, asked)
		require.ErrorIs(t, c.File(t.Context(), "c"), errNotFound)
		require.Equal(t, 3, asked, "the list is requested again before the error")
		require.ErrorIs(t, c.File(t.Context(), "c"), errNotFound)
		require.Equal(t, 4, asked)
		c.gets(t, "a", "1")
		require.Equal(t, 4, asked)
		<-time.After(lease)
		require.ErrorIs(t, c.File(t.Context(), "a"), errNoNodes, "the leases of all nodes have ended")
	})
}

func TestFilesContinuesAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		l.node("a", "1", "b", "2")
		c := l.client(nil)
		err := c.Files(t.Context(), []string{"a", "missing", "../x", "b", "a"})
		require.EqualError(t, err, "2 of 5 files were not fetched")
		require.Equal(t, "121", c.out.String())
		require.Equal(t, "fetch: \"missing\": no node has it (1 node asked); fetch -list shows the available files\nfetch: \"../x\" is not the name of a file of a node: no empty part, no . and no .. between slashes\n", c.err.String())
		require.ErrorIs(t, c.Files(t.Context(), []string{"missing"}), errNotFound, "the error of a single file is returned unchanged")
		require.NoError(t, c.Files(t.Context(), []string{"a", "b"}))

		c = l.client(func(c *FetchConfig) { c.Relay = "127.0.0.1:9" })
		require.ErrorIs(t, c.Files(t.Context(), []string{"a", "b"}), errNoNodes)
		require.Empty(t, c.err.String(), "the returned error is not printed as well")
	})
}

// A fetch that is interrupted returns at once and prints nothing.
func TestAFetchIsStopped(t *testing.T) {
	for name, reply := range map[string]string{"before an answer": "", "in the middle": "SEND 100 - 100\nhalf", "at the end": "SEND 1 - 1\nx"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, memnet.New())
				l.rogue(func(string) (string, bool) { return reply, true })
				l.node("a", "x")
				c := l.client(nil)
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(500*time.Millisecond, cancel)
				began := time.Now()
				err := c.Files(ctx, []string{"a", "b"})
				require.EqualError(t, err, "\"a\": interrupted")
				require.Equal(t, 500*time.Millisecond, time.Since(began))
				require.Empty(t, c.out.String())
				require.Empty(t, c.err.String())
			})
		})
	}
}
