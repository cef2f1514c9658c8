package lab

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Where there is nothing to be notified of, the lab looks every lookInterval
// until lookTimeout.
const (
	lookInterval = 10 * time.Millisecond
	lookTimeout  = 20 * time.Second
)

// Eventually waits until ok is true, and ends the test with what was awaited
// if it does not get so. It is for what makes itself known in no other way: a
// file's content, a port that opens. Wait for a line wherever there is one.
func (l *Lab) Eventually(what string, ok func() bool) {
	l.t.Helper()
	l.eventually(func() string { return what }, ok)
}

func (l *Lab) eventually(what func() string, ok func() bool) {
	l.t.Helper()
	timer := time.NewTimer(lookTimeout)
	defer timer.Stop()
	ticker := time.NewTicker(lookInterval)
	defer ticker.Stop()
	for late := false; !ok(); {
		if late {
			l.fail("not so after %v (lookTimeout): %s", lookTimeout, what())
		}
		select {
		case <-ticker.C:
		case <-timer.C:
			late = true // but it may be so by now
		}
	}
}

// Path is the path of a file in the process's data folder.
func (p *Process) Path(name string) string { return filepath.Join(p.spec.Dir, name) }

// FileHolds waits until a file's content is as it should be; what describes
// that. A file that is not there counts as empty.
func (l *Lab) FileHolds(path, what string, ok func(content string) bool) {
	l.t.Helper()
	var content []byte
	l.eventually(func() string { return fmt.Sprintf("%s: %s; it holds %q", path, what, content) }, func() bool {
		content, _ = os.ReadFile(path)
		return ok(string(content))
	})
}

// Listens waits until somebody accepts connections at the address.
func (l *Lab) Listens(address string) {
	l.t.Helper()
	l.Eventually("somebody listens at "+address, func() bool {
		c, err := net.DialTimeout("tcp", address, lookTimeout)
		if err != nil {
			return false
		}
		return c.Close() == nil
	})
}
