package relay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// say logs a line about the file.
func (j *job) say(level slog.Level, format string, args ...any) {
	if j.bar != nil {
		j.bar.Clear()
	}
	j.log.Log(context.Background(), level, j.shown()+": "+fmt.Sprintf(format, args...))
}

// reads logs, once for each node, that the file is read from it.
func (j *job) reads(addr string, from int64) {
	j.mu.Lock()
	known, first := j.named[addr], len(j.named) == 0
	j.named[addr] = true
	j.mu.Unlock()
	switch {
	case known:
	case addr != j.lead:
		j.say(slog.LevelInfo, "also reading from node %s", addr)
	case first && from == 0:
		j.say(slog.LevelInfo, "reading from node %s", addr)
	default:
		j.say(slog.LevelInfo, "going on at node %s, from byte %d", addr, from)
	}
}

// failed logs that a node did not give what it was asked for: for all to see if it
// had begun.
func (j *job) failed(addr string, err error) {
	j.mu.Lock()
	began := j.named[addr]
	delete(j.named, addr)
	j.mu.Unlock()
	if !began || errors.Is(err, errLied) { // passOver logs that
		j.log.Debug("a node did not send the file", "node", addr, "err", err)
		return
	}
	j.say(slog.LevelInfo, "node %s failed: %v", addr, err)
}
