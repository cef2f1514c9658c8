package relay

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/internal/memnet"
)

func TestListShowsWhatEveryNodeOffers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		l.node("b", "1", "a", "", "c/two words Ü", noise(1000, 40))
		l.node()
		l.node("a", "x")
		c := l.client(nil)
		require.NoError(t, c.List(t.Context()))
		require.Equal(t, `127.0.0.1:7002            0 a
127.0.0.1:7002            1 b
127.0.0.1:7002         1000 c/two words Ü
127.0.0.1:7004            1 a
`, c.out.String())
	})
}

func TestListOfRogues(t *testing.T) {
	for name, test := range map[string]struct {
		reply string
		costs time.Duration
		shows string
	}{
		"hostile names": {
			"FILES 3\nFILE 1 - \x1b[2J\u202e\u009b\xff\nFILE 2 - ../../etc/passwd\nFILE 3 - \n", 0,
			`           1 \x1b[2J\u202e\u009b\xff` + "\n           2 ../../etc/passwd\n           3 \n",
		},
		"too many":       {"FILES 10001\n", 0, ""},
		"no number":      {"FILES x\n", 0, ""},
		"fewer":          {"FILES 2\nFILE 1 - a\n", bodyTime, "           1 a\n"},
		"no size":        {"FILES 1\nFILE x - a\n", 0, ""},
		"another answer": {"NODE 00000000000000aa\n", 0, ""},
		"an error":       {"ERR failed \x1b[2J\n", 0, ""},
		"silence":        {"", listTime, ""},
		"a long line":    {"FILES 1\nFILE 1 - " + strings.Repeat("x", maxLine) + "\n", 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, memnet.New())
				rogue := l.rogue(runs(func(string) (string, bool) { return test.reply, true }))
				honest := l.node("a", "x")
				c := l.client(nil)
				began := time.Now()
				require.NoError(t, c.List(t.Context()))
				require.Equal(t, test.costs, time.Since(began))
				want := ""
				for line := range strings.Lines(test.shows) {
					want += rogue + " " + line
				}
				require.Equal(t, want+honest.Addr()+"            1 a\n", c.out.String())
				require.NotContains(t, l.log.String(), "\x1b")
				if name != "hostile names" {
					require.Len(t, l.log.warnings(), 1)
					require.Contains(t, l.log.warnings()[0], "node "+rogue)
				}
			})
		})
	}
}

// A node that does not answer WHO delays the list by a second.
func TestListOfAStoppedNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		l.rogue(func(string) (string, bool) { return "", true })
		l.node("a", "x")
		began := time.Now()
		require.NoError(t, l.client(nil).List(t.Context()))
		require.Equal(t, answerTime, time.Since(began))
	})
}

// The client blames no node when it cannot print the list.
func TestPrintingAListFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		l.node("a", "x")
		l.node("b", "y")
		c := l.client(func(c *FetchConfig) { c.Out = broken{} })
		require.EqualError(t, c.List(t.Context()), "print the list: broken pipe")
		require.Empty(t, l.log.warnings())
	})
}

func TestListWithoutAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		c := l.client(nil)
		require.ErrorIs(t, c.List(t.Context()), errNoNodes)
		l.lists("127.0.0.1:9")
		l.lists("127.0.0.1:10")
		require.EqualError(t, c.List(t.Context()), "no complete list from any of 2 nodes; try again")
		require.Empty(t, c.out.String())
	})
}

// The time limit of a list does not grow with the number of files.
func TestListIsBoundedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		l.rogue(runs(func(string) (string, bool) { return "FILES 10000\n" + strings.Repeat("FILE 1 - a\n", 9999), true }))
		c := l.client(nil)
		began := time.Now()
		require.Error(t, c.List(t.Context()))
		require.Equal(t, bodyTime, time.Since(began))
	})
}

func TestListIsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		l.rogue(func(string) (string, bool) { return "", true })
		l.node("a", "x")
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Millisecond, cancel)
		require.ErrorIs(t, l.client(nil).List(ctx), errStopped)
	})
}

func manyFiles() (files []string) {
	for i := range 2000 {
		files = append(files, fmt.Sprintf("%05d-%s", i, strings.Repeat("n", 200)), "")
	}
	return files
}

func TestAListOfManyFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		l.node(manyFiles()...)
		c := l.client(nil)
		require.NoError(t, c.List(t.Context()))
		require.Equal(t, 2000, strings.Count(c.out.String(), "\n"))
	})
}

// Clients that request lists and do not read them do not fill the node's memory.
func TestListsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		n := l.node(manyFiles()...)
		for range maxLists {
			_, in := l.asks(n.Addr(), "LIST")
			receives(t, in, "FILES 2000\n")
		}
		_, in := l.asks(n.Addr(), "LIST")
		receives(t, in, "ERR full the list is being sent to 16 others; try again later\n")
		<-time.After(stallTime)
		synctest.Wait()
		_, in = l.asks(n.Addr(), "LIST")
		receives(t, in, "FILES 2000\n")
	})
}
