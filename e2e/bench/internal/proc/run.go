package proc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// Done is what a program that has ended took.
type Done struct {
	Wall, CPU time.Duration
	Out       []byte
}

// Run runs a program to its end. Its output is kept if keep is set, and goes to
// /dev/null itself if not, so that nobody spends time on it.
func Run(ctx context.Context, keep bool, path string, args ...string) (Done, error) {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.SysProcAttr = diesWithUs()
	var out bytes.Buffer
	var says tail
	cmd.Stderr = &says
	if keep {
		cmd.Stdout = &out
	}
	begin := time.Now()
	err := cmd.Run()
	wall := time.Since(begin)
	switch {
	case ctx.Err() != nil:
		return Done{}, ctx.Err()
	case err != nil:
		why := says.last()
		if why == "" {
			why = lastLine(out.String())
		}
		return Done{}, fmt.Errorf("%s: %w: %s", cmd.Path, err, why)
	}
	used := cmd.ProcessState // what wait4 says
	return Done{wall, used.UserTime() + used.SystemTime(), out.Bytes()}, nil
}

// Find looks for a program in PATH and where Debian has those for root. The
// error says how to install it.
func Find(name, debianPackage string) (string, error) {
	for _, place := range []string{name, "/usr/sbin/" + name} {
		if path, err := exec.LookPath(place); err == nil {
			return path, nil
		}
	}
	return "", errors.New(name + " is not installed (apt-get install " + debianPackage + ")")
}

// tail keeps the end of what a process says. It is for any goroutine.
type tail struct {
	mu  sync.Mutex
	end []byte
}

const tailBytes = 4 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.end = append(t.end, b...)
	if len(t.end) > tailBytes {
		t.end = append(t.end[:0], t.end[len(t.end)-tailBytes:]...)
	}
	return len(b), nil
}

// last returns the last line, or nothing.
func (t *tail) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return lastLine(string(t.end))
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}
