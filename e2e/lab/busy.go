package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	busyWindow  = 250 * time.Millisecond // between two looks at what a program has used
	busyWindows = 4                      // in a row, for a program may just have something to do
	busyShare   = 0.8                    // of one processor: a loop that never waits
	idleLimit   = 10 * time.Second       // for a program to have nothing to do
)

// demand is the processor time that a process and its group have used or waited for, by
// thread. What it waited for counts, so that a loop is found on a busy machine as well.
type demand map[string]time.Duration

// wants returns the demand so far; empty where the system does not show it.
func (p *Process) wants() demand {
	d := demand{}
	for _, pid := range p.group() {
		paths, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
		for _, path := range paths {
			content, err := os.ReadFile(path)
			var used, waited time.Duration
			if _, scan := fmt.Sscan(string(content), &used, &waited); err == nil && scan == nil {
				d[path] = used + waited
			}
		}
	}
	return d
}

// share is the largest share of one processor that a thread has demanded since before.
func (d demand) share(before demand, took time.Duration) float64 {
	share := 0.0
	for thread, now := range d {
		if then, ok := before[thread]; ok {
			share = max(share, float64(now-then)/float64(took))
		}
	}
	return share
}

// busyOf returns those of the processes that use a whole processor.
func busyOf(processes []*Process) (busy []*Process) {
	before := make([]demand, len(processes))
	looked := make([]time.Time, len(processes))
	for i, p := range processes {
		before[i], looked[i] = p.wants(), time.Now()
	}
	window := time.NewTimer(busyWindow)
	defer window.Stop()
	<-window.C
	for i, p := range processes {
		if p.Running() && p.wants().share(before[i], time.Since(looked[i])) >= busyShare {
			busy = append(busy, p)
		}
	}
	return busy
}

// busy names programs that use a whole processor.
func (f *failure) busy() string {
	if !f.waited {
		return ""
	}
	busy := f.running()
	for range busyWindows {
		if busy = busyOf(busy); len(busy) == 0 {
			return ""
		}
	}
	return busyText(busy)
}

func busyText(busy []*Process) string {
	names := make([]string, len(busy))
	for i, p := range busy {
		names[i] = p.Name()
	}
	return strings.Join(names, ", ") + " used a whole processor with nothing to do (a busy loop): " +
		"wait in recv, select or poll; a connection whose recv returns 0 bytes is closed, and is not to be read again"
}

// Idle waits until none of these processes uses a whole processor, in busyWindows windows in
// a row, for on a busy machine a loop may not have run in one of them. It needs /proc of Linux.
func (l *Lab) Idle(processes ...*Process) {
	l.t.Helper()
	var busy []*Process
	idle := 0
	for began := time.Now(); time.Since(began) < idleLimit; {
		if now := busyOf(processes); len(now) > 0 {
			busy, idle = now, 0
		} else if idle++; idle == busyWindows {
			return
		}
	}
	l.failAt(busy[0], "%s, for %v", busyText(busy), idleLimit)
}
