package relay

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"peerlab/services/internal/memnet"
)

// watcher is a Progress that records the calls of its methods.
type watcher struct {
	mu    sync.Mutex
	calls []string
	bytes int
}

func (w *watcher) Add(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.bytes += n
}

func (w *watcher) Clear() {}

func (w *watcher) Exit() { w.calls = append(w.calls, fmt.Sprintf("exit at %d", w.bytes)) }

func (w *watcher) watch(name string, size, here int64) Progress {
	w.calls = append(w.calls, fmt.Sprintf("%s %d", name, size))
	w.bytes = int(here)
	return w
}

func TestProgress(t *testing.T) {
	content := noise(1000, 70)
	for name, test := range map[string]struct {
		first func(request string) (string, bool) // a node before the honest one
		part  string                              // the bytes saved before
		calls string
	}{
		"no failure":               {half(content, unknown, 0), "", "a 1000"},
		"the first node is killed": {half(content, unknown, 600), "", "a 1000"},
		"the first node lies":      {half(noise(500, 71), hashed("x"), 500), "", "a 500, exit at 500, a 1000"},
		"a part is saved":          {half(content, unknown, 0), content[:300], "a 1000"},
		"another version":          {half(noise(500, 71), unknown, 200), "", "a 500, exit at 200, a 1000"},
		"no node runs":             {nil, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, memnet.New())
				if test.first != nil {
					l.rogue(test.first)
					l.node("a", content)
				} else {
					l.lists("127.0.0.1:9")
				}
				dir := folderOf(t, "a.part", test.part, "a.part.at", fmt.Sprint(len(test.part)))
				w := &watcher{}
				c := l.client(func(c *FetchConfig) { c.Progress, c.Dir = w.watch, dir })
				if err := c.File(t.Context(), "a"); test.first == nil {
					require.Error(t, err)
				} else {
					require.NoError(t, err)
					require.Equal(t, 1000, w.bytes, "each byte counts once")
				}
				require.Equal(t, test.calls, strings.Join(w.calls, ", "))
			})
		})
	}
}

func TestProgressOfAFailedFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		l.rogue(half(noise(1000, 72), unknown, 400))
		w := &watcher{}
		require.Error(t, l.client(func(c *FetchConfig) { c.Progress = w.watch }).File(t.Context(), "a"))
		require.Equal(t, []string{"a 1000", "exit at 400"}, w.calls)
	})
}
