package relay

import (
	"bufio"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/services/internal/memnet"
)

// A helper that fails or misbehaves delays a fetch by at most a second, and the file
// is complete and correct.
func TestHelpersThatFail(t *testing.T) {
	content := severally()
	hash, lies := hashed(content), liar(content)
	begins := func(with func(from, to int) string) func(string) (string, bool) {
		return func(request string) (string, bool) {
			if _, ok := data(request); !ok {
				return lies(request)
			}
			f := strings.Fields(request)
			from, _ := strconv.Atoi(f[1])
			count, _ := strconv.Atoi(f[2])
			return fmt.Sprintf("SEND %d %s %d\n", len(content), hash, count) + with(from, from+count), true
		}
	}
	for name, test := range map[string]struct {
		costs time.Duration
		named bool
		reply func(request string) (string, bool)
	}{
		"changed at the end":  {0, false, begins(func(from, to int) string { return content[from:to] + "ERR changed\n" })},
		"more than announced": {0, true, begins(func(from, to int) string { return content[from:to] + "more\n" })},
		"a missing file":      {0, false, func(string) (string, bool) { return "ERR notfound\n", true }},
		"another version":     {0, false, func(string) (string, bool) { return "ERR differs\n", true }},
		"silence":             {0, false, func(string) (string, bool) { return "", true }},
		"closes":              {0, false, func(string) (string, bool) { return "", false }},
		"hashes without end": {0, false, func(request string) (string, bool) {
			return map[string]string{"WHO": "NODE 00000000000000cc\n"}[request], true
		}},
		"stops in the middle": {answerTime, false, begins(func(from, _ int) string { return content[from : from+4] })},
		"stops and lies":      {answerTime, true, begins(func(_, _ int) string { return "some" })},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, memnet.New())
				honest := l.node("a", content)
				l.hashes("a", honest)
				asked := make(chan struct{})
				var once sync.Once
				addr := l.rogue(func(request string) (string, bool) {
					if _, ok := data(request); ok || test.costs == 0 {
						defer once.Do(func() { close(asked) })
					}
					return test.reply(request)
				})
				var requests atomic.Int32             // over all connections
				honest.spied = func(request string) { // waits until the helper has been asked
					if _, ok := data(request); ok && requests.Add(1) == 2 {
						<-asked
					}
				}
				began := time.Now()
				l.getsLarge("a", content)
				require.Equal(t, test.costs, time.Since(began))
				switch {
				case name == "more than announced": // the warning depends on whether bytes are still missing
				case test.named:
					require.Len(t, l.log.warnings(), 1)
					require.Contains(t, l.log.warnings()[0], "\\\"a\\\": node "+addr+" excluded")
				default:
					require.Empty(t, l.log.warnings())
				}
			})
		})
	}
}

// A helper whose file changes while it is sent makes the client discard the bytes of
// all nodes once, not repeatedly.
func TestAHelperWhoseFileAlwaysChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		content := severally()
		hash := hashed(content)
		l := newLab(t, memnet.New())
		lead := l.node("a", content)
		l.hashes("a", lead)
		came := make(chan struct{}, 100)
		lead.spied = func(request string) { // waits up to a second for a request to the helper
			if _, ok := data(request); ok && !strings.HasPrefix(request, "GET 0 ") {
				select {
				case <-came:
				case <-time.After(time.Second):
				}
			}
		}
		l.rogue(func(request string) (string, bool) {
			count, ok := data(request)
			if !ok {
				return honest(content)(request)
			}
			came <- struct{}{}
			return fmt.Sprintf("SEND %d %s %d\n", len(content), hash, count) + strings.Repeat("x", int(count)) + "ERR changed\n", false
		})
		l.getsLarge("a", content)
		require.Empty(t, l.log.warnings(), "a changed file is not blamed on the helper")
	})
}

// A helper that joins when no part is left does not cancel the transfer of a slow
// node.
func TestAHelperThatJoinsTooLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		content := severally()
		hash := hashed(content)
		l := newLab(t, memnet.New())
		l.rawRogue(func(conn net.Conn, in *bufio.Reader) {
			for {
				request, err := in.ReadString('\n')
				if err != nil {
					return
				}
				f := strings.Fields(request)
				from, _ := strconv.Atoi(f[1])
				count, _ := strconv.Atoi(f[2])
				_, err = fmt.Fprintf(conn, "SEND %d %s %d\n", len(content), hash, count)
				assert.NoError(t, err)
				if from+count == len(content) {
					<-time.After(4 * time.Second)
				}
				_, err = fmt.Fprintf(conn, "%sEND %s\n", content[from:from+count], hash)
				assert.NoError(t, err)
			}
		})
		late := l.node("a", content)
		l.hashes("a", late)
		var asked []string
		late.spied = func(request string) {
			if request == "WHO" {
				<-time.After(900 * time.Millisecond)
			}
			asked = append(asked, request)
		}
		began := time.Now()
		l.getsLarge("a", content)
		require.Equal(t, 4*time.Second, time.Since(began))
		require.Equal(t, []string{"WHO", "GET 0 0 " + hash + " a"}, asked)
	})
}

// A fast helper replaces the first node when that becomes slow.
func TestTheLeadBecomesSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		content := severally()
		l := newLab(t, memnet.New())
		hash := hashed(content)
		requests := 0
		l.rogue(func(request string) (string, bool) {
			count, _ := data(request)
			if requests++; requests == 1 {
				return fmt.Sprintf("SEND %d %s %d\n%sEND %s\n", len(content), hash, count, content[:count], hash), true
			}
			return fmt.Sprintf("SEND %d %s %d\n", len(content), hash, count), true
		})
		honest := l.node("a", content)
		l.hashes("a", honest)
		began := time.Now()
		l.getsLarge("a", content)
		require.Equal(t, answerTime, time.Since(began))
	})
}
