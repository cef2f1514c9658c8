package relay

import (
	"context"
	"log/slog"
	"sync"
)

// compare tells the user of nodes that have another file of the same name than
// the one that has been fetched. It takes a second at most: where a large file of
// the same size has not been hashed by then nobody knows.
func (f *Fetch) compare(ctx context.Context, j *job, nodes []string) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	var all sync.WaitGroup
	for _, addr := range nodes {
		if addr == j.from || j.bad[addr] || j.down[addr] {
			continue // they have been asked
		}
		all.Go(func() {
			if f.other(ctx, j, addr) {
				j.say(slog.LevelWarn, "node %s has another file of this name; this is the one of %s", addr, j.from)
			}
		})
	}
	all.Wait()
}

// other reports whether a node has another file: of another size, which it says
// at once, or with another hash.
func (f *Fetch) other(ctx context.Context, j *job, addr string) bool {
	c, err := f.Dial.call(ctx, addr)
	if err != nil {
		return false
	}
	defer c.close()
	s, err := j.ask(c, span{}, unknown)
	if err != nil {
		return false
	}
	if s.size != j.size {
		return true
	}
	end, err := c.hear("END", 1)
	if err != nil {
		return false
	}
	hash := end[0]
	if hash == unknown {
		got, err := c.ask("STAT "+j.name, "FILE", 3)
		if err != nil {
			return false
		}
		hash = got[1]
	}
	return hash != j.hash && isHex(hash, 64)
}
