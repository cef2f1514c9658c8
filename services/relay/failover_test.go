package relay

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/internal/memnet"
)

// half answers requests for a file with its first upTo bytes and closes the
// connection before the requested range is complete.
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

// Bytes received from a node that is killed are not requested again.
func TestTheNextNodeContinuesFromTheSameByte(t *testing.T) {
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

// A node is killed after it has sent the last byte and before the hash. The client
// requests only the hash from the next node and blames no node.
func TestANodeThatIsKilledBeforeTheEnd(t *testing.T) {
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

// If the next node has another version, the client fetches all of that version.
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

// The client uses no part of an answer in another version than the requested one.
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

// A node that has answered may hash a file for at most hashTime.
func TestTheNextNodeHashesTheFileFirst(t *testing.T) {
	for name, test := range map[string]struct {
		takes time.Duration
		ok    bool
	}{"long": {hashTime - time.Second, true}, "too long": {time.Hour, false}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				content := noise(2*smallFile, 21)
				l := newLab(t, memnet.New())
				l.rogue(half(content, hashed(content), smallFile))
				n := l.node("a", content)
				n.digests.read = func(ctx context.Context, file io.ReaderAt, n int64) (string, error) {
					<-time.After(test.takes)
					return hashPrefix(ctx, file, n)
				}
				began := time.Now()
				if err := l.client(nil).File(t.Context(), "a"); test.ok {
					require.NoError(t, err)
					require.Equal(t, test.takes, time.Since(began))
				} else {
					require.ErrorContains(t, err, "timeout")
				}
			})
		})
	}
}

// A client waits for a silent node between two parts for as long as within a part.
func TestANodeThatStopsSendingBetweenTwoParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		content := noise(segment+1000, 22)
		l := newLab(t, memnet.New())
		l.rogue(once(honest(content), func(string) (string, bool) { return "", true }))
		asked := l.spy(l.node("a", content))
		began := time.Now()
		l.client(nil).gets(t, "a", content)
		require.Equal(t, bodyTime, time.Since(began))
		require.Equal(t, fmt.Sprintf("GET %d 1000 %s a", segment, hashed(content)), (*asked)[2])
	})
}

// once calls first for the first request for bytes, and then for all other requests.
func once(first, then func(request string) (string, bool)) func(request string) (string, bool) {
	done := false
	return func(request string) (string, bool) {
		if _, ok := data(request); ok && !done {
			done = true
			return first(request)
		}
		return then(request)
	}
}

// honest serves a file as a node does.
func honest(content string) func(request string) (string, bool) {
	return func(request string) (string, bool) {
		f := strings.SplitN(request, " ", 5)
		switch f[0] {
		case "WHO":
			return "NODE 00000000000000bb\n", true
		case "DIGEST":
			count, _ := strconv.Atoi(f[1])
			return fmt.Sprintf("DIGEST %d %s\n", count, hashed(content[:count])), true
		}
		from, _ := strconv.Atoi(f[1])
		count, _ := strconv.Atoi(f[2])
		to := min(from+count, len(content))
		return fmt.Sprintf("SEND %d - %d\n%sEND %s\n", len(content), to-from, content[from:to], hashed(content)), true
	}
}

// A client requests the rest once more from a node whose connection broke, before
// it fetches another version from another node.
func TestANodeThatIsAskedTwice(t *testing.T) {
	content := noise(1000, 18)
	for _, hash := range []string{hashed(content), unknown} {
		t.Run("the hash is "+hash[:1], func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, memnet.New())
				l.rogue(once(half(content, hash, 500), honest(content)))
				l.node("a", noise(1000, 19))
				l.client(nil).gets(t, "a", content)
			})
		})
	}
}

// A client requests a file that changed while it was sent again, from the same node
// if no other has it.
func TestAChangedFileIsRequestedAgain(t *testing.T) {
	content := noise(1000, 20)
	for name, first := range map[string]string{
		"before it is sent": "ERR changed\n",
		"while it is sent":  send0(content, unknown) + strings.Repeat("x", len(content)) + "ERR changed\n",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, memnet.New())
				l.rogue(once(func(string) (string, bool) { return first, false }, honest(content)))
				l.client(nil).gets(t, "a", content)
				require.Empty(t, l.log.warnings())
			})
		})
	}
}
