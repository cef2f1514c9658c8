package terminal

import (
	"os"
	"sync"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// mode is whether a terminal passes on each key (raw), or edits lines itself, as
// it does for a shell's other jobs. A mode is changed in the foreground only: the
// kernel stops a background process that tries.
type mode struct {
	fd int

	mu     sync.Mutex
	before *term.State // as it was, and as leave makes it again
	raw    *term.State
	on     bool // this process has made the terminal raw
}

// enter makes the terminal raw.
func (m *mode) enter() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	before, err := term.MakeRaw(m.fd)
	if err != nil {
		return err
	}
	if m.before == nil { // what a shell has restored for this job may be its raw mode
		m.before = before
	}
	m.raw, err = term.GetState(m.fd)
	m.on = err == nil
	return err
}

// leave makes the terminal as it was before, unless another job has it now.
func (m *mode) leave() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.on && foreground(m.fd) {
		_ = term.Restore(m.fd, m.before) // fails only if the terminal no longer exists
	}
	m.on = false
}

// lose records that the terminal is another job's.
func (m *mode) lose() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.on = false
}

// isOn reports whether the terminal was made raw and is still this process's.
func (m *mode) isOn() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.on
}

// intact reports whether the terminal is raw as enter left it. A shell
// that ran in between changes the mode.
func (m *mode) intact() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	now, err := term.GetState(m.fd)
	return err == nil && m.raw != nil && *now == *m.raw
}

// foreground reports whether a terminal is this process's to use. If it is not
// the process's controlling terminal, there is no shell to share it with.
func foreground(fd int) bool {
	group, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP)
	return err != nil || group == unix.Getpgrp()
}

// size returns the columns and rows of a terminal. A terminal without a window, such
// as that of a container before anyone attaches to it, has no size, and one of fewer
// than four columns cannot show a wide character and the cursor: known is false for
// both, and they count as 80 by 24.
func size(terminal *os.File) (cols, rows int, known bool) {
	cols, rows, err := term.GetSize(int(terminal.Fd()))
	if err != nil || cols < 4 || rows < 1 {
		return 80, 24, false
	}
	return cols, rows, true
}
