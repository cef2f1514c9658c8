// Package pipes drives programs the way a terminal would, by what they read on
// stdin and show on stdout. All of a group's pipes are served by one thread that
// never blocks in any of them: whoever measures shares the processors with what
// is measured, and must need little of them.
package pipes

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"peerlab/e2e/bench/internal/proc"
	"peerlab/e2e/bench/internal/rounds"
)

const (
	readSize = 256 << 10 // bytes that one read takes at most; they stay in the cache
	pipeSize = 256 << 10 // bytes that a pipe of a small group holds
	bigGroup = 16        // with more processes pipes are as the kernel makes them
)

// Group is the processes of one side. It is for one goroutine at a time.
type Group struct {
	Processes []*Process     // those with pipes, in the order in which they were started
	servers   []*proc.Server // those without
	epoll     int
	buf       []byte
}

// NewGroup returns a group without processes. Close must be called.
func NewGroup() (*Group, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	return &Group{epoll: epoll, buf: make([]byte, readSize)}, nil
}

// Close ends all processes, by SIGKILL those at whose terminals we sit: a crowd
// that says goodbye to each other takes its time.
func (g *Group) Close() {
	for _, p := range slices.Clone(g.Processes) {
		p.Kill()
	}
	for _, s := range g.servers {
		s.Stop()
	}
	unix.Close(g.epoll)
}

// Add has a process without pipes belong to the group: it counts in CPU and
// PeakMemory and ends with the group.
func (g *Group) Add(s *proc.Server) { g.servers = append(g.servers, s) }

// Start starts a program with pipes for stdin and stdout. name is what errors
// call it.
func (g *Group) Start(name, path string, args ...string) (*Process, error) {
	p := &Process{Name: name, group: g, in: -1, out: -1}
	theirIn, err := g.pipe(&p.in, 1)
	if err != nil {
		return nil, err
	}
	defer theirIn.Close()
	theirOut, err := g.pipe(&p.out, 0)
	if err != nil {
		p.closePipes()
		return nil, err
	}
	defer theirOut.Close()
	if p.Server, err = proc.StartPiped(name, theirIn, theirOut, path, args...); err == nil {
		if err = p.listen(p.out, unix.EPOLLIN); err != nil {
			p.Stop()
		}
	}
	if err != nil {
		p.closePipes()
		return nil, err
	}
	g.Processes = append(g.Processes, p)
	return p, nil
}

// pipe makes a pipe, keeps its end ours (0 to read, 1 to write), which never
// blocks, and returns the other.
func (g *Group) pipe(keep *int, ours int) (theirs *os.File, err error) {
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil {
		return nil, fmt.Errorf("pipe: %w", err)
	}
	*keep = ends[ours]
	theirs = os.NewFile(uintptr(ends[1-ours]), "pipe")
	err = unix.SetNonblock(*keep, true)
	if err == nil && len(g.Processes) < bigGroup {
		_, err = unix.FcntlInt(uintptr(*keep), unix.F_SETPIPE_SZ, pipeSize)
	}
	if err != nil {
		theirs.Close()
		return nil, fmt.Errorf("pipe: %w", err)
	}
	return theirs, nil
}

// Until types and reads until done, which it asks after each turn, and at most
// for so long. It fails when a process has closed its stdout.
func (g *Group) Until(ctx context.Context, most time.Duration, done func() bool) error {
	var events [64]unix.EpollEvent
	end := time.Now().Add(most)
	for !done() {
		n, err := unix.EpollWait(g.epoll, events[:], 100)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("epoll: %w", err)
		}
		for _, e := range events[:max(n, 0)] {
			i := slices.IndexFunc(g.Processes, func(p *Process) bool { return int(e.Fd) == p.in || int(e.Fd) == p.out })
			if i < 0 {
				continue
			}
			p := g.Processes[i]
			if int(e.Fd) == p.in {
				err = p.feed()
			} else {
				err = p.read()
			}
			if err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if time.Now().After(end) && !done() {
			return fmt.Errorf("not done after %v; %s", most, g.shown())
		}
	}
	return nil
}

// shown says how far the screens are, and what the one with the fewest lines shows.
func (g *Group) shown() string {
	least := slices.MinFunc(g.Processes, func(a, b *Process) int { return int(a.Lines - b.Lines) })
	return fmt.Sprintf("%s has shown %d lines, first %.200q, and says %q", least.Name, least.Lines, least.Text, least.Said())
}

// CPU returns the processor time that all of them have used.
func (g *Group) CPU() (time.Duration, error) {
	var sum time.Duration
	for s := range g.all {
		cpu, err := s.CPU()
		if err != nil {
			return 0, err
		}
		sum += cpu
	}
	return sum, nil
}

// Measure returns the time that f takes, and the processor time that the group
// and this process have used meanwhile: the sample's server and client.
func (g *Group) Measure(f func() error) (rounds.Sample, error) {
	cpu, err := g.CPU()
	if err != nil {
		return rounds.Sample{}, err
	}
	own, begin := ownCPU(), time.Now()
	if err := f(); err != nil {
		return rounds.Sample{}, err
	}
	s := rounds.Sample{Seconds: time.Since(begin).Seconds(), ClientCPU: (ownCPU() - own).Seconds()}
	after, err := g.CPU()
	if err != nil {
		return s, err
	}
	s.ServerCPU = (after - cpu).Seconds()
	peak, err := g.PeakMemory()
	s.Peak = float64(peak)
	return s, err
}

// ownCPU is the processor time of this process so far.
func ownCPU() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t) != nil {
		return 0 // every process has that clock
	}
	return time.Duration(t.Nano())
}

// PeakMemory returns the most bytes that each of them has had in memory, added up.
func (g *Group) PeakMemory() (int64, error) {
	sum := int64(0)
	for s := range g.all {
		peak, err := s.PeakMemory()
		if err != nil {
			return 0, err
		}
		sum += peak
	}
	return sum, nil
}

// remove takes a process out of the group.
func (g *Group) remove(p *Process) {
	g.Processes = slices.DeleteFunc(g.Processes, func(o *Process) bool { return o == p })
}

func (g *Group) all(yield func(*proc.Server) bool) {
	for _, s := range g.servers {
		if !yield(s) {
			return
		}
	}
	for _, p := range g.Processes {
		if !yield(p.Server) {
			return
		}
	}
}
