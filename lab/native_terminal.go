package lab

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"syscall"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// A foreign native program runs at a pseudo-terminal, so that it writes each line
// at once: C and Python keep output to a pipe in a buffer. The terminal neither
// echoes nor edits, and passes every byte but Ctrl-D as it is, both ways.

const (
	// TerminalCols and TerminalRows are the size of a terminal, wide enough that no line of
	// a scenario is wrapped.
	TerminalCols = 120
	TerminalRows = 40

	// endOfInput is Ctrl-D, the terminal's VEOF. After a line it ends the input.
	endOfInput = 4
	// MaxTerminalLine is how many bytes of a line a terminal of Linux passes, without
	// its LF. It drops the rest.
	MaxTerminalLine = 4095
)

// ErrTerminalLine is the error of a line that a terminal would cut.
var ErrTerminalLine = fmt.Errorf("a terminal passes %d bytes of a line: run the program on pipes (%s: in place of cmd:)", MaxTerminalLine, onPipes)

// onTerminal returns whether the program's stdin and stdout are a terminal.
func (p program) onTerminal() bool {
	return p.image == "" && p.foreign() && !p.pipes && runtime.GOOS == "linux"
}

// connectTerminal is connect for a program at a terminal. The program leads a
// session, and so a process group, whose terminal it is.
func (r *nativeRun) connectTerminal(stdout, stderr io.Writer) (ends []*os.File, err error) {
	ours, theirs, err := openTerminal()
	if err != nil {
		return nil, fmt.Errorf("a terminal for it: %w: or run it on pipes (%s: in place of cmd:)", err, onPipes)
	}
	r.in = &terminalInput{File: ours}
	r.outputs[0] = &pipeOut{pipe: ours, to: stdout, copied: make(chan struct{})}
	r.cmd.Stdin, r.cmd.Stdout = theirs, theirs
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	// Programs that edit lines print plain ones at such a terminal.
	r.cmd.Env = append(r.cmd.Env, "TERM=dumb")
	return r.connectStderr([]*os.File{theirs}, stderr)
}

// openTerminal returns both ends of a pseudo-terminal. Reads and writes of the
// first can have a deadline.
func openTerminal() (ours, theirs *os.File, err error) {
	first, theirs, err := pty.Open()
	if err != nil {
		return nil, nil, err
	}
	defer first.Close()
	if err := errors.Join(setPlain(theirs), pty.Setsize(first, &pty.Winsize{Rows: TerminalRows, Cols: TerminalCols})); err != nil {
		_ = theirs.Close()
		return nil, nil, err
	}
	// pty has made first a file whose reads block a thread and know no deadline.
	fd, err := unix.FcntlInt(first.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		_ = theirs.Close()
		return nil, nil, err
	}
	return os.NewFile(uintptr(fd), first.Name()), theirs, nil
}

// closeLimit is for a terminal to have room for Ctrl-D.
const closeLimit = 5 * time.Second

// terminalInput types at a terminal. It shares the file with the output, which
// closes it: no other process has the terminal then.
type terminalInput struct {
	*os.File
	line int // bytes typed since the last LF; of the test's goroutine
}

func (i *terminalInput) Write(b []byte) (int, error) {
	line := i.line
	for part := range bytes.SplitAfterSeq(b, []byte{'\n'}) {
		line += len(bytes.TrimSuffix(part, []byte{'\n'}))
		if line > MaxTerminalLine {
			return 0, ErrTerminalLine
		}
		if bytes.HasSuffix(part, []byte{'\n'}) {
			line = 0
		}
	}
	i.line = line
	return i.File.Write(b)
}

// close types Ctrl-D: once to hand over a line without an LF, and once at the
// beginning of a line, where it is the end of input. It is no error when the
// program's end was first.
func (i *terminalInput) close() error {
	keys := []byte{endOfInput}
	if i.line > 0 {
		keys = append(keys, endOfInput)
	}
	// The limit of what was typed last may be over. Of a closed file, Write says that it is.
	_ = i.SetWriteDeadline(time.Now().Add(closeLimit))
	_, err := i.File.Write(keys)
	if errors.Is(err, os.ErrClosed) || errors.Is(err, syscall.EIO) {
		return nil
	}
	return err
}

func (i *terminalInput) release() {}
