package relay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// logf logs a line about the file. It erases the progress bar first.
func (j *job) logf(level slog.Level, format string, args ...any) {
	if j.bar != nil {
		j.bar.Clear()
	}
	j.log.Log(context.Background(), level, j.shown()+": "+fmt.Sprintf(format, args...))
}

// logReading logs a node as a source of the file, once for each node.
func (j *job) logReading(addr string, from int64) {
	j.mu.Lock()
	known, first := j.named[addr], len(j.named) == 0
	j.named[addr] = true
	j.mu.Unlock()
	switch {
	case known:
	case addr != j.lead:
		j.logf(slog.LevelInfo, "also reading from node %s", addr)
	case first && from == 0:
		j.logf(slog.LevelInfo, "reading from node %s", addr)
	default:
		j.logf(slog.LevelInfo, "continuing at node %s from byte %d", addr, from)
	}
}

// logFailure logs that a node failed to send the file: at level info if it had sent a
// part of it, otherwise at level debug.
func (j *job) logFailure(addr string, err error) {
	j.mu.Lock()
	began := j.named[addr]
	delete(j.named, addr)
	j.mu.Unlock()
	if !began || errors.Is(err, errMismatch) { // exclude logs that
		j.log.Debug("node did not send the file", "node", addr, "err", err)
		return
	}
	j.logf(slog.LevelInfo, "node %s failed: %v", addr, err)
}
