package relay

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"peerlab/services/internal/memnet"
)

// half serves the first bytes of a file, to those who ask for them, and hangs up
// in the middle of what they asked for.
func half(content, hash string, upTo int) func(request string) (string, bool) {
	return func(request string) (string, bool) {
		f := strings.SplitN(request, " ", 5)
		switch f[0] {
		case "WHO":
			return "NODE 00000000000000bb\n", true
		case "GET":
			from, _ := strconv.Atoi(f[1])
			count, _ := strconv.Atoi(f[2])
			count = min(count, len(content)-from)
			return fmt.Sprintf("SEND %d %s %d\n%s", len(content), hash, count, content[from:max(from, upTo)]), false
		}
		return "ERR syntax\n", false
	}
}

// What has come from a node that dies is not asked for again.
func TestTheNextNodeGoesOnFromTheSameByte(t *testing.T) {
	content := noise(100_000, 12)
	for name, test := range map[string]struct {
		hash  string
		asked string
	}{
		"the hash is known":   {hashed(content), "GET 0 0 " + hashed(content) + " a"},
		"the hash is unknown": {unknown, "DIGEST 50000 a"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, memnet.New())
				l.rogue(half(content, test.hash, 50_000))
				honest := l.node("a", content)
				asked := l.spy(honest)
				l.client(nil).gets(t, "a", content)
				require.Equal(t, []string{"WHO", test.asked, fmt.Sprintf("GET 50000 50000 %s a", test.hash)}, *asked)
			})
		})
	}
}

// A node that dies after the last byte and before the hash has done all but one
// thing, and nobody is to blame.
func TestANodeThatDiesBeforeTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		content := noise(1000, 13)
		l := newLab(t, memnet.New())
		l.rogue(half(content, unknown, len(content)))
		asked := l.spy(l.node("a", content))
		l.client(nil).gets(t, "a", content)
		require.Equal(t, []string{"WHO", "DIGEST 1000 a", "GET 1000 0 - a"}, *asked)
		require.Empty(t, l.log.warnings())
	})
}

// The next node may have another version: then the file is that one, whole.
func TestTheNextNodeHasAnotherVersion(t *testing.T) {
	content := noise(1000, 14)
	for name, other := range map[string]string{
		"shorter":             content[:400],
		"a little shorter":    content[:700],
		"longer":              content + "more",
		"of the same size":    noise(1000, 15),
		"the beginning alike": content[:700] + noise(300, 15),
	} {
		for _, hash := range []string{hashed(content), unknown} {
			t.Run(name+"/"+hash[:1], func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					l := newLab(t, memnet.New())
					l.rogue(half(content, hash, 500))
					l.node("a", other)
					l.client(nil).gets(t, "a", other)
					require.Empty(t, l.log.warnings())
				})
			})
		}
	}
}

// A node that does not care which version it is asked for gives no part of it.
func TestANodeThatIgnoresTheHash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		content, other := noise(1000, 16), noise(1000, 17)
		l := newLab(t, memnet.New())
		l.rogue(half(content, hashed(content), 500))
		l.rogue(func(request string) (string, bool) {
			if request == "WHO" {
				return "NODE 00000000000000cc\n", true
			}
			f := strings.SplitN(request, " ", 5)
			from, _ := strconv.Atoi(f[1])
			count, _ := strconv.Atoi(f[2])
			return fmt.Sprintf("SEND 1000 %s %d\n%sEND %s\n", hashed(other), count, other[from:from+count], hashed(other)), true
		})
		l.node("a", content)
		l.client(nil).gets(t, "a", content)
		require.Empty(t, l.log.warnings())
	})
}
