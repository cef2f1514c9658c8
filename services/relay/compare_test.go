package relay

import (
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/internal/memnet"
)

// A client fetches the first node's file and warns of every node that serves a
// different file of the same name.
func TestFetchWarnsOfADifferentFile(t *testing.T) {
	content := noise(2*smallFile, 50)
	for name, test := range map[string]struct {
		other string
		warns bool
	}{
		"of another size":                  {content + "x", true},
		"of another size, not hashed":      {strings.Repeat("x", 10*smallFile), true},
		"empty":                            {"", true},
		"of the same size, not yet hashed": {noise(2*smallFile, 51), true},
		"the same":                         {content, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, memnet.New())
				first := l.node("a", content)
				other := l.node("a", test.other)
				l.node("b", "x")
				l.lists("127.0.0.1:9")
				c := l.client(func(c *FetchConfig) { c.First = false })
				c.gets(t, "a", content)
				if !test.warns {
					require.Empty(t, l.log.warnings())
					return
				}
				require.Len(t, l.log.warnings(), 1)
				require.Contains(t, l.log.warnings()[0],
					"\\\"a\\\": node "+other.Addr()+" has a different file of this name; fetched the one of "+first.Addr())
			})
		})
	}
}

func TestComparingCostsASecondAtMost(t *testing.T) {
	content := noise(2*smallFile, 52)
	for name, answer := range map[string]func(request string) (string, bool){
		"silence":     func(string) (string, bool) { return "", true },
		"half a line": func(string) (string, bool) { return "SEND 1", true },
		"no end":      func(string) (string, bool) { return "SEND 131072 - 0\n", true },
		"no hash":     func(string) (string, bool) { return "SEND 131072 - 0\nEND -\n", true },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, memnet.New())
				l.node("a", content)
				l.rogue(answer)
				slow := l.node("a", noise(2*smallFile, 53))
				goOn := make(chan struct{})
				defer close(goOn)
				slow.digests.read = func(ctx context.Context, file io.ReaderAt, n int64) (string, error) {
					<-goOn
					return hashPrefix(ctx, file, n)
				}
				c := l.client(func(c *FetchConfig) { c.First = false })
				began := time.Now()
				c.gets(t, "a", content)
				require.Equal(t, answerTime, time.Since(began))
				require.Empty(t, l.log.warnings(), "the hash is not known in time")
			})
		})
	}
}

func TestTheSendingNodeIsNotComparedWithItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		asked := l.spy(l.node("a", "1"))
		l.client(func(c *FetchConfig) { c.First = false }).gets(t, "a", "1")
		require.Equal(t, []string{"GET 0 16777216 - a"}, *asked)
	})
}

func TestFirstAndMissingFilesAreNotCompared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		l.node("a", "1")
		asked := l.spy(l.node("a", "2"))
		l.client(nil).gets(t, "a", "1")
		require.Empty(t, *asked, "-first compares no files")
		require.Error(t, l.client(func(c *FetchConfig) { c.First = false }).File(t.Context(), "b"))
		require.Equal(t, []string{"GET 0 16777216 - b"}, *asked)
	})
}

// An invalid hash or an invalid answer does not count as a different file.
func TestComparingWithRogues(t *testing.T) {
	for name, answer := range map[string]string{
		"no hash": "SEND 1 - 0\nEND abc\n", "ERR": "ERR failed\n", "no answer": "x\n", "bytes": "SEND 1 - 1\nxEND -\n",
		"STAT without a hash": "SEND 1 - 0\nEND -\nFILE 1 - a\n",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, memnet.New())
				l.node("a", "1")
				l.rogue(func(string) (string, bool) { return answer, false })
				l.client(func(c *FetchConfig) { c.First = false }).gets(t, "a", "1")
				require.Empty(t, l.log.warnings())
			})
		})
	}
}
