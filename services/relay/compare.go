package relay

import (
	"context"
	"log/slog"
	"sync"
)

// compare logs the nodes that have a different file of the fetched name. It takes
// answerTime at most; a large file of the same size that is not hashed by then goes
// unnoticed.
func (f *Fetch) compare(ctx context.Context, j *job, nodes []string) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	var all sync.WaitGroup
	for _, addr := range nodes {
		if addr == j.from || j.bad[addr] || j.down[addr] {
			continue // already asked
		}
		all.Go(func() {
			if f.other(ctx, j, addr) {
				j.logf(slog.LevelWarn, "node %s has a different file of this name; fetched the one of %s", addr, j.from)
			}
		})
	}
	all.Wait()
}

// other reports whether a node has a different file: of a different size, which SEND
// has, or with a different hash.
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
	end, err := c.receive("END", 1)
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
