package relay

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"peerlab/services/internal/memnet"
)

// severally returns the content of a file that a client fetches from several nodes.
var severally = sync.OnceValue(func() string { return noise(segment+manyAtOnce+100, 20) })

// data reports whether a request asks for bytes, and returns their number.
func data(request string) (count int64, ok bool) {
	f := strings.SplitN(request, " ", 5)
	if f[0] != "GET" {
		return 0, false
	}
	count, _ = strconv.ParseInt(f[2], 10, 64)
	return count, count > 0
}

// together blocks the requests after the first part until every node has received a
// request for a part. It calls asked with each request for bytes.
func together(nodes []*actor, asked func(n *actor, count int64)) {
	var all sync.WaitGroup
	for i, n := range nodes {
		var requests atomic.Int32
		waits := int32(1)
		if i == 0 {
			waits = 2
		}
		all.Add(1)
		n.spied = func(request string) {
			count, ok := data(request)
			if !ok {
				return
			}
			asked(n, count)
			if requests.Add(1) == waits {
				all.Done()
				all.Wait()
			}
		}
	}
}

// getsLarge requires that a client prints exactly this content. It keeps no copy.
func (l *lab) getsLarge(name, content string) {
	l.t.Helper()
	sum := sha256.New()
	c := l.client(func(c *FetchConfig) { c.Out = sum })
	require.NoError(l.t, c.File(l.t.Context(), name))
	require.Equal(l.t, hashed(content), hex.EncodeToString(sum.Sum(nil)))
}

// hashes requests the hash of a file from each node, which stores it.
func (l *lab) hashes(name string, nodes ...*actor) {
	l.t.Helper()
	for _, n := range nodes {
		_, err := l.dialer().askFor(l.t.Context(), n.Addr(), "STAT "+name, "FILE", 3)
		require.NoError(l.t, err)
	}
}

func TestALargeFileIsFetchedFromAllNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		content := noise(100<<20, 21)
		l := newLab(t, memnet.New())
		dir := folderOf(t, "a", content)
		nodes := []*actor{l.nodeIn(dir), l.nodeIn(dir), l.nodeIn(dir)}
		l.hashes("a", nodes...)
		var mu sync.Mutex
		sent := make(map[*actor]int64)
		together(nodes, func(n *actor, count int64) {
			mu.Lock()
			defer mu.Unlock()
			sent[n] += count
		})
		l.getsLarge("a", content)
		require.Len(t, sent, 3)
		var all int64
		for _, count := range sent {
			all += count
		}
		require.GreaterOrEqual(t, all, int64(len(content)))
		require.Less(t, all, int64(len(content)+2*segment), "at most two segments are requested twice")
		require.Empty(t, l.log.warnings())
	})
}

// killer is a Progress that kills a node when left bytes of a file have been received.
// The transfer waits until the node has stopped.
type killer struct {
	mu   sync.Mutex
	left int
	kill func()
}

func (k *killer) Add(n int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if left := k.left - n; k.left > 0 && left <= 0 {
		k.kill()
	}
	k.left -= n
}

func (k *killer) Clear() {}
func (k *killer) Exit()  {}

func TestANodeIsKilledMidway(t *testing.T) {
	content := noise(4*segment, 22)
	source := folderOf(t, "a", content)
	for name, test := range map[string]struct{ nodes, dies int }{
		"the only node with a hash": {1, 0},
		"the first of three":        {3, 0},
		"a helper":                  {3, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, memnet.New())
				var nodes []*actor
				for range test.nodes {
					nodes = append(nodes, l.nodeIn(source))
				}
				l.hashes("a", nodes...)
				together(nodes, func(*actor, int64) {})
				if test.nodes == 1 {
					l.nodeIn(source) // has not hashed the file: no client waits for this node
				}
				dir := t.TempDir()
				c := l.client(func(c *FetchConfig) {
					c.Dir = dir
					c.Progress = func(string, int64, int64) Progress {
						return &killer{left: segment + segment/2, kill: nodes[test.dies].stop} // every node is sending a part then
					}
				})
				require.NoError(t, c.File(t.Context(), "a"))
				require.True(t, readFile(t, dir, "a") == content)
				require.Equal(t, []string{"a"}, filesIn(t, dir))
				require.Empty(t, l.log.warnings())
				require.Regexp(t, "node "+nodes[test.dies].Addr()+" failed: ", l.log.String())
			})
		})
	}
}

// liar serves a file with a wrong byte in each part, under the hash of the file.
func liar(content string) func(request string) (string, bool) {
	hash := hashed(content)
	return func(request string) (string, bool) {
		f := strings.SplitN(request, " ", 5)
		if f[0] == "WHO" {
			return "NODE 00000000000000cc\n", true
		}
		from, _ := strconv.Atoi(f[1])
		count, _ := strconv.Atoi(f[2])
		count = min(count, len(content)-from)
		body := content[from : from+count]
		if count > 0 {
			body = body[:count/2] + string(body[count/2]+1) + body[count/2+1:]
			body = body[:count]
		}
		return fmt.Sprintf("SEND %d %s %d\n%sEND %s\n", len(content), hash, count, body, hash), true
	}
}

func TestOneWrongNodeAmongSeveralIsExcluded(t *testing.T) {
	content := severally()
	source := folderOf(t, "a", content)
	for name, first := range map[string]bool{"the first": true, "a helper": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, memnet.New())
				lied := make(chan struct{})
				var once sync.Once
				lies := liar(content)
				rogue := func() string {
					return l.rogue(func(request string) (string, bool) {
						if _, ok := data(request); ok && !first {
							once.Do(func() { close(lied) })
						}
						return lies(request)
					})
				}
				var addr string
				if first {
					addr = rogue()
				}
				honest := []*actor{l.nodeIn(source), l.nodeIn(source)}
				l.hashes("a", honest...)
				if !first {
					addr = rogue()
					for i, n := range honest {
						var requests atomic.Int32
						n.spied = func(request string) { // leaves a part for the liar
							if _, ok := data(request); ok && requests.Add(1) == int32(2-i) {
								<-lied
							}
						}
					}
				}
				l.getsLarge("a", content)
				require.Len(t, l.log.warnings(), 1, "only the liar is blamed")
				require.Contains(t, l.log.warnings()[0], "\\\"a\\\": node "+addr+" excluded")
			})
		})
	}
}
