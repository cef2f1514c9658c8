// Package load is the load generator: it runs the programs of one side, types at their
// stdins, reads their stdouts, and requests files from them. One thread serves all
// pipes and connections and blocks in none of them: it shares the processors with the
// programs, and must need little of them.
package load

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"peerlab/lab/network"

	"peerlab/e2e/bench/internal/proc"
)

const (
	readSize = 256 << 10 // bytes of one read at most; more no longer fit into the cache
	pipeSize = 256 << 10 // bytes that a pipe of a small group holds
	bigGroup = 16        // with more processes pipes have the kernel's own size
)

// Group is the programs of one side. It is for one goroutine, but for Names.
type Group struct {
	Network  *network.Network
	Screens  []*Screen       // programs with pipes, in the order of their starts
	Servers  []*proc.Process // programs without
	epoll    int
	handlers map[int]func() error // what to do when a file can be read or written
	buf      []byte

	mu    sync.Mutex
	names map[int]string // of the programs, by their process groups
}

// Self is the name in Names of the load generator itself.
const Self = "bench"

// Run makes a network with no programs yet, calls f in it, and ends the programs that f
// has started. It fails where f does.
func Run(f func(*Group) error) error {
	n, err := network.New()
	if err != nil {
		return err
	}
	defer n.Close()
	var failed error
	if err := n.Do(func() {
		var g *Group
		if g, failed = newGroup(n); failed == nil {
			defer g.close()
			failed = f(g)
		}
	}); err != nil {
		return err
	}
	return failed
}

func newGroup(n *network.Network) (*Group, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	return &Group{
		Network: n, epoll: epoll, handlers: make(map[int]func() error), buf: make([]byte, readSize),
		names: map[int]string{unix.Getpgrp(): Self},
	}, nil
}

// close ends all programs, those with pipes by SIGKILL: a hundred clients that take
// leave of each other need seconds.
func (g *Group) close() {
	for _, s := range slices.Clone(g.Screens) {
		s.Kill()
	}
	for _, s := range g.Servers {
		s.Stop()
	}
	unix.Close(g.epoll)
}

// Serve starts a program without pipes and returns when check succeeds.
func (g *Group) Serve(ctx context.Context, check func() error, path string, args ...string) error {
	p, err := g.start(nil, nil, path, args)
	if err != nil {
		return err
	}
	g.Servers = append(g.Servers, p)
	return p.Ready(ctx, check)
}

// start starts a program.
func (g *Group) start(stdin, stdout *os.File, path string, args []string) (*proc.Process, error) {
	p, err := proc.Start(fmt.Sprintf("%s %d", nameOf(path), len(g.Screens)+len(g.Servers)), stdin, stdout, path, args...)
	if err == nil {
		g.mu.Lock()
		g.names[p.PID()] = p.Name
		g.mu.Unlock()
	}
	return p, err
}

// ProgramOf returns the name of the program that a process belongs to, by its process
// group, or "" if it belongs to none. It may be called by any goroutine.
func (g *Group) ProgramOf(pid int) string {
	group, _ := syscall.Getpgid(pid) // 0: it has ended
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.names[group]
}

// on calls handler in Until whenever one of the events has come to a file.
func (g *Group) on(fd int, events uint32, handler func() error) error {
	g.handlers[fd] = handler
	return unix.EpollCtl(g.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: events, Fd: int32(fd)})
}

// off ends what on has begun.
func (g *Group) off(fd int) error {
	delete(g.handlers, fd)
	return unix.EpollCtl(g.epoll, unix.EPOLL_CTL_DEL, fd, nil)
}

// Until reads and writes until done, which it asks after each turn, and for that time at
// most. It fails when a program has closed its stdout.
func (g *Group) Until(ctx context.Context, most time.Duration, done func() bool) error {
	var events [64]unix.EpollEvent
	end := time.Now().Add(most)
	for !done() {
		n, err := unix.EpollWait(g.epoll, events[:], 100)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("epoll: %w", err)
		}
		for _, e := range events[:max(n, 0)] {
			handle := g.handlers[int(e.Fd)]
			if handle == nil {
				continue // an event before this one has ended it
			}
			if err := handle(); err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if time.Now().After(end) && !done() {
			return fmt.Errorf("not done after %v; %s", most, g.progress())
		}
	}
	return nil
}

// progress returns the state of the screen with the fewest lines.
func (g *Group) progress() string {
	if len(g.Screens) == 0 {
		return "there are no screens"
	}
	least := slices.MinFunc(g.Screens, func(a, b *Screen) int { return int(a.Lines - b.Lines) })
	return fmt.Sprintf("%s has shown %d lines, first %.200q; its last line: %q", least.Name, least.Lines, least.first, least.Last())
}

// Rest lets time pass, in which output is read.
func (g *Group) Rest(ctx context.Context, long time.Duration) error {
	end := time.Now().Add(long)
	return g.Until(ctx, 2*long, func() bool { return time.Now().After(end) })
}

// processes returns all programs.
func (g *Group) processes() []*proc.Process {
	all := slices.Clone(g.Servers)
	for _, s := range g.Screens {
		all = append(all, s.Process)
	}
	return all
}
