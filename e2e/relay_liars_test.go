package e2e

import (
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// stallTime is what a node may cost that stops in the middle of a file.
const stallTime = 10 * time.Second

// lies are what a rogue answers, instead of what it has been asked for: the bytes
// of content from w.from to w.to.
var lies = map[string]struct {
	tells func(c *rogueCall, w wanted, content string) bool
	named bool // as one that sends other bytes than its hash says
	stall bool // costs more time than a second
}{
	"wrong bytes": {named: true, tells: func(c *rogueCall, w wanted, content string) bool {
		bad := strings.Repeat("?", int(w.to-w.from))
		return c.says("SEND %d %s %d\n%sEND %s\n", len(content), hashOf(content), len(bad), bad, hashOf(content))
	}},
	"one wrong byte": {named: true, tells: func(c *rogueCall, w wanted, content string) bool {
		bad := []byte(content[w.from:w.to])
		if len(bad) > 0 {
			bad[len(bad)/2] ^= 1
		}
		return c.says("SEND %d %s %d\n%sEND %s\n", len(content), hashOf(content), len(bad), bad, hashOf(content))
	}},
	"hash of other bytes, told late": {named: true, tells: func(c *rogueCall, w wanted, content string) bool {
		bad := strings.Repeat("?", int(w.to-w.from))
		return c.says("SEND %d - %d\n%sEND %s\n", len(content), len(bad), bad, hashOf(content))
	}},
	"endless body of wrong bytes": {named: true, tells: func(c *rogueCall, w wanted, content string) bool {
		c.says("SEND %d %s %d\n", len(content), hashOf(content), w.to-w.from)
		for c.says("wrong bytes without end, ") {
		}
		return false
	}},
	"endless body": {tells: func(c *rogueCall, w wanted, content string) bool {
		c.says("SEND %d %s %d\n", len(content), hashOf(content), w.to-w.from)
		for c.says("%s", content) {
		}
		return false
	}},
	"short body": {tells: func(c *rogueCall, w wanted, content string) bool {
		c.says("SEND %d %s %d\n%s", len(content), hashOf(content), w.to-w.from, content[w.from:w.from+(w.to-w.from)/2])
		return false
	}},
	"short body of wrong bytes": {tells: func(c *rogueCall, w wanted, content string) bool {
		c.says("SEND %d %s %d\n%s", len(content), hashOf(content), w.to-w.from, strings.Repeat("?", int(w.to-w.from)/2))
		return false
	}},
	"short body of wrong bytes, no hash": {tells: func(c *rogueCall, w wanted, content string) bool {
		c.says("SEND %d - %d\n%s", len(content), w.to-w.from, strings.Repeat("?", int(w.to-w.from)/2))
		return false
	}},
	"nothing":       {tells: func(c *rogueCall, _ wanted, _ string) bool { return c.waits() }},
	"hangs up":      {tells: func(*rogueCall, wanted, string) bool { return false }},
	"half a line":   {tells: func(c *rogueCall, _ wanted, _ string) bool { return c.says("SEND 30") && false }},
	"no protocol":   {tells: func(c *rogueCall, _ wanted, _ string) bool { return c.says("HTTP/1.1 200 OK\r\n\r\n") }},
	"endless line":  {tells: func(c *rogueCall, _ wanted, _ string) bool { return c.says("SEND %s", noise(1<<20, 4)) && c.waits() }},
	"negative size": {tells: func(c *rogueCall, _ wanted, _ string) bool { return c.says("SEND -1 - -1\n") }},
	"too much at all": {tells: func(c *rogueCall, _ wanted, _ string) bool {
		return c.says("SEND 9223372036854775807 - 9223372036854775807\n")
	}},
	"no hash at the end": {tells: func(c *rogueCall, w wanted, content string) bool {
		return c.says("SEND %d - %d\n%sEND -\n", len(content), w.to-w.from, content[w.from:w.to])
	}},
	"hostile error": {tells: func(c *rogueCall, _ wanted, _ string) bool { return c.says("ERR \x1b[2J \x1b]0;owned\x07 \u202e\n") }},
	"silence in the middle": {stall: true, tells: func(c *rogueCall, w wanted, content string) bool {
		return c.says("SEND %d %s %d\n%s", len(content), hashOf(content), w.to-w.from, content[w.from:w.from+(w.to-w.from)/2]) && c.waits()
	}},
}

// A rogue comes first, and lies in another way for each file. The honest node that
// comes second has them all.
func TestFetchPassesOverLiars(t *testing.T) {
	waits(t)
	s := startSwarm(t)
	all := files{}
	for name := range lies {
		all[name] = noiseText(300_000, byte(len(name)))
	}
	r := s.joinRogue(func(c *rogueCall, request string) bool {
		for name, lie := range lies {
			if w, ok := get(request, int64(len(all[name]))); ok && w.name == name {
				return lie.tells(c, w, all[name])
			}
		}
		return c.says("ERR notfound\n")
	})
	honest := s.join("honest", s.folder("honest", all))
	for name, lie := range lies {
		limit := 2*deadCost + startCost
		if lie.stall {
			limit = stallTime
		}
		s.within(limit, name, func() time.Duration {
			s.registers(r)
			require.Equal(t, []string{r.at, honest.at}, s.listed(), "its lease has not ended: it is asked first")
			p := s.fetch(nil, name)
			t.Logf("%v: %s", p, name)
			p.ExitsWithin(fetchTimeout, "fetchTimeout", 0)
			took := time.Since(p.Started())
			s.printed(p, all[name])
			if lie.named {
				assert.Contains(t, complaints(p), r.at, "%s: it is named", name)
			}
			harmless(t, p.Stderr())
			return took
		})
	}
}

// Nobody is honest.
func TestFetchPrintsNoLies(t *testing.T) {
	s := startSwarm(t)
	content := noiseText(300_000, 5)
	r := s.joinRogue(func(c *rogueCall, request string) bool {
		w, ok := get(request, int64(len(content)))
		return ok && lies["one wrong byte"].tells(c, w, content)
	})
	p := s.fetch(nil, "a.bin")
	p.Exits(1)
	s.printed(p, "")
	assert.Contains(t, complaints(p), r.at)
	saves := s.fetch([]string{"-o", "."}, "a.bin")
	saves.Exits(1)
	assert.NoFileExists(t, saves.Path("a.bin"))
}

// A large file comes from two nodes at the same time, and one of them lies.
func TestFetchFindsTheLiarAmongSeveral(t *testing.T) {
	s := startSwarm(t)
	hash, dirs := s.large("honest")
	honest, w := s.joinBehind("honest", dirs[0], largeSize/4)
	s.knows(honest, largeFile, hash)
	var lied atomic.Int64
	wrong := strings.Repeat("wrong", 1<<20)
	r := s.joinRogue(func(c *rogueCall, request string) bool {
		w, ok := get(request, largeSize)
		if !ok {
			return false
		}
		ok = c.says("SEND %d %s %d\n", int64(largeSize), hash, w.to-w.from)
		for n := w.to - w.from; n > 0 && ok; n -= int64(len(wrong)) {
			ok = c.says("%s", wrong[:min(n, int64(len(wrong)))])
		}
		lied.Add(w.to - w.from)
		return ok && c.says("END %s\n", hash)
	})
	p := s.fetch([]string{"-o", "."}, largeFile)
	s.eventuallyWithin(fetchTimeout, "the rogue has given a part", func() bool { return lied.Load() > 0 })
	w.opens()
	p.ExitsWithin(fetchTimeout, "fetchTimeout", 0)
	s.saved(p, largeFile, hash)
	assert.Contains(t, complaints(p), r.at)
	assert.NotContains(t, complaints(p), w.address, "the honest one is not to blame")
	assert.FileExists(t, filepath.Join(dirs[0], largeFile))
}
