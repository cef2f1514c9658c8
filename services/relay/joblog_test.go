package relay

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"peerlab/services/internal/memnet"
)

// news returns what the log says at its default level.
func (r *recorder) news() (all []string) {
	for line := range strings.Lines(r.String()) {
		if _, said, ok := strings.Cut(line, "level=INFO msg="); ok {
			all = append(all, strings.TrimSpace(said))
		}
	}
	return all
}

// Fault U13: fetch did not say which node it reads from, nor that it goes on at
// another. Fault U12: "no use of a node" told a user nothing.
func TestFetchNamesTheNodesItReadsFrom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		content := noise(1000, 1)
		l := newLab(t, memnet.New())
		other := l.node("b", "x").Addr()
		dies := l.rogue(half(content, unknown, 600))
		lives := l.node("a", content).Addr()
		l.log.clear()
		c := l.client(nil)
		c.gets(t, "a", content)
		news := l.log.news()
		require.Len(t, news, 3)
		require.Equal(t, `"\"a\": reading from node `+dies+`"`, news[0])
		require.Contains(t, news[1], `"\"a\": node `+dies+` failed: `)
		require.Equal(t, `"\"a\": continuing at node `+lives+` from byte 600"`, news[2])
		l.log.clear()
		c.gets(t, "b", "x")
		require.Equal(t, []string{`"\"b\": reading from node ` + other + `"`}, l.log.news())
	})
}

// That a node does not have a file, or cannot be reached, is no news.
func TestNodesThatAreOfNoUseAreNotNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		l.lists("127.0.0.1:9")
		l.node("b", "x")
		l.rogue(func(string) (string, bool) { return "nonsense\n", true })
		l.node("a", "x")
		l.log.clear()
		c := l.client(nil)
		require.Error(t, c.File(t.Context(), "missing"))
		require.Empty(t, l.log.news())
		c.gets(t, "a", "x")
		require.Len(t, l.log.news(), 1)
		require.Empty(t, l.log.warnings())
	})
}

func TestFetchNamesTheNodesThatHelp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		content := severally()
		l := newLab(t, memnet.New())
		a, b := l.node("a", content), l.node("a", content)
		l.hashes("a", a, b)
		together([]*actor{a, b}, func(*actor, int64) {})
		l.log.clear()
		l.getsLarge("a", content)
		require.Equal(t, []string{`"\"a\": reading from node ` + a.Addr() + `"`, `"\"a\": also reading from node ` + b.Addr() + `"`}, l.log.news())
	})
}

// Fault F9: two errors that were joined made two lines, and a \x0a of the message.
func TestErrorsAreOneLine(t *testing.T) {
	content := noise(1000, 1)
	for name, says := range map[string]string{
		"changes":            "SEND 1000 - 1000\n" + content + "ERR changed it has\n",
		"more than it said":  "SEND 1000 " + hashed("x") + " 1000\n" + content + "more\n",
		"no numbers":         "SEND x x x\n",
		"neither":            "SEND -1 - -1\n",
		"hash of another":    "SEND 1000 " + hashed("x") + " 1000\n" + content + "END " + hashed("x") + "\n",
		"an error in a line": "ERR failed a\\x0ab\n",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, memnet.New())
				l.rogue(func(string) (string, bool) { return says, true })
				c := l.client(nil)
				err := c.File(t.Context(), "a")
				require.Error(t, err)
				require.NotContains(t, err.Error(), "\n")
				require.Error(t, c.Files(t.Context(), []string{"a", "a"}))
				require.Equal(t, 2, strings.Count(c.err.String(), "\n"))
				if name != "an error in a line" {
					require.NotContains(t, c.err.String(), `\x0a`)
				}
			})
		})
	}
}
