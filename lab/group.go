package lab

import (
	"errors"
	"fmt"
	"sync/atomic"
	"syscall"
)

// Group is the process group of a program: itself and what it started. It has
// the program's process id for its number, which is another's to have as soon
// as nothing is left of the group; nothing may be sent to it from then on. Its
// methods may be called from any goroutine.
type Group struct {
	id    int
	guard *guard
	gone  atomic.Bool
}

// newGroup tells the guard of a group.
func newGroup(id int, g *guard) *Group {
	g.adds(groupKind, id)
	return &Group{id: id, guard: g}
}

// signal sends a signal to all of the group. That nothing is left of it is an
// error, syscall.ESRCH.
func (g *Group) signal(sig syscall.Signal) error {
	if g.gone.Load() {
		return syscall.ESRCH
	}
	return syscall.Kill(-g.id, sig)
}

// Kill kills all of the group; that nothing is left of it is no error.
func (g *Group) Kill() error {
	if err := g.signal(syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("killing process group %d: %w", g.id, err)
	}
	return nil
}

// Ended is to be called when the program has been waited for. Only now can it
// be told whether it left a child behind.
func (g *Group) Ended() {
	if errors.Is(g.signal(0), syscall.ESRCH) {
		g.Forget()
	}
}

// Forget has nothing done to the group any more.
func (g *Group) Forget() {
	if !g.gone.Swap(true) {
		g.guard.drops(groupKind, g.id)
	}
}
