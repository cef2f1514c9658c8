package relay

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"peerlab/services/internal/memnet"
)

// infos returns the messages of the log's lines of level INFO.
func (r *recorder) infos() (all []string) {
	for line := range strings.Lines(r.String()) {
		if _, message, ok := strings.Cut(line, "level=INFO msg="); ok {
			all = append(all, strings.TrimSpace(message))
		}
	}
	return all
}

// Fault U13: fetch did not log which node it read from, nor that it continued at
// another. Fault U12: the message "no use of a node" did not explain the failure.
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
		infos := l.log.infos()
		require.Len(t, infos, 3)
		require.Equal(t, `"\"a\": reading from node `+dies+`"`, infos[0])
		require.Contains(t, infos[1], `"\"a\": node `+dies+` failed: `)
		require.Equal(t, `"\"a\": continuing at node `+lives+` from byte 600"`, infos[2])
		l.log.clear()
		c.gets(t, "b", "x")
		require.Equal(t, []string{`"\"b\": reading from node ` + other + `"`}, l.log.infos())
	})
}

// fetch does not log a node that lacks the file or is unreachable at the default
// level.
func TestNodesWithoutTheFileAreNotLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		l.lists("127.0.0.1:9")
		l.node("b", "x")
		l.rogue(func(string) (string, bool) { return "nonsense\n", true })
		l.node("a", "x")
		l.log.clear()
		c := l.client(nil)
		require.Error(t, c.File(t.Context(), "missing"))
		require.Empty(t, l.log.infos())
		c.gets(t, "a", "x")
		require.Len(t, l.log.infos(), 1)
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
		require.Equal(t, []string{`"\"a\": reading from node ` + a.Addr() + `"`, `"\"a\": also reading from node ` + b.Addr() + `"`}, l.log.infos())
	})
}

// Fault F9: two joined errors were printed on two lines, or with \x0a in the message.
func TestErrorsAreOneLine(t *testing.T) {
	content := noise(1000, 1)
	for name, reply := range map[string]string{
		"changes":             "SEND 1000 - 1000\n" + content + "ERR changed it has\n",
		"more than announced": "SEND 1000 " + hashed("x") + " 1000\n" + content + "more\n",
		"no numbers":          "SEND x x x\n",
		"neither":             "SEND -1 - -1\n",
		"hash of another":     "SEND 1000 " + hashed("x") + " 1000\n" + content + "END " + hashed("x") + "\n",
		"an error in a line":  "ERR failed a\\x0ab\n",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, memnet.New())
				l.rogue(func(string) (string, bool) { return reply, true })
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
