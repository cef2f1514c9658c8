// Package terminal gives a program its screen, its typed lines and its log, be
// they a terminal or pipes.
//
// At a terminal a half-typed line survives whatever is shown meanwhile, and
// Ctrl-C or Ctrl-D ends the input with ErrHangup, or, if the program takes none,
// calls Hangup. With anything else for stdin
// or stdout the bytes go through unchanged and the end of stdin is io.EOF: a
// program fed by a pipe that has run dry is not asked to end.
package terminal

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"golang.org/x/term"

	"peerlab/services/internal/lines"
)

// MaxLine bounds a typed line, in bytes; x/term stops at 4096 by itself.
const MaxLine = 16 << 10

// promptPatience is how long Close waits for a screen that does not take anything.
const promptPatience = 200 * time.Millisecond

// ErrHangup says that whoever sat at the terminal left, by Ctrl-C or Ctrl-D.
var ErrHangup = errors.New("the terminal was left")

// Source hands out typed lines. It is for one goroutine at a time.
type Source interface {
	// Next returns the next line without its end; it is good until the next
	// call. Errors: lines.ErrTooLong, after which SkipLine goes on, io.EOF, and
	// ErrHangup.
	Next() ([]byte, error)
	// SkipLine drops the rest of a line that was too long.
	SkipLine() (int64, error)
	// Ready reports whether Next would return at once.
	Ready() bool
}

// Console is a program's three standard streams.
type Console struct {
	In  Source
	Out io.Writer // the screen
	Err io.Writer // the log

	// Terminal says that Out is a terminal.
	Terminal bool

	// At a terminal a program may be told in other ways than by In, which it may
	// not be able to use for the while: it waits for somebody who takes nothing.
	// Both are to be set, if at all, before In is used, and are called by a
	// goroutine of the terminal's.

	// Hangup is called when whoever sat at the terminal has left and the program
	// takes no more lines, so that it does not get to ErrHangup.
	Hangup func()
	// Lost is called when lines are dropped because 16 MiB of them wait and
	// the program has taken none for five seconds: with 0 when that begins, and
	// with how many it were when a line is kept again.
	Lost func(lines int)

	prompt  func(string)
	restore func()
	once    sync.Once
}

// Open sets up a console on the three streams. Close must be called before the
// process ends, or its terminal stays in raw mode.
func Open(in, out, err *os.File) (*Console, error) {
	if !term.IsTerminal(int(in.Fd())) || !term.IsTerminal(int(out.Fd())) {
		return Plain(in, out, err), nil
	}
	state, e := term.MakeRaw(int(in.Fd()))
	if e != nil {
		return nil, e
	}
	// The prompt is empty so that what a container logs is the screen alone.
	t := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{&keys{in: in}, out}, "")
	stop := followSize(t, int(out.Fd()))
	c := &Console{Out: t, Err: err, Terminal: true, prompt: t.SetPrompt, restore: func() {
		stop()
		withdrawPrompt(t)
		_ = term.Restore(int(in.Fd()), state) // it was a terminal a moment ago; if it is gone, so is its state
	}}
	c.In = newTyped(c, t, typedAhead)
	if term.IsTerminal(int(err.Fd())) {
		c.Err = t
	}
	return c, nil
}

// Plain returns a console on the three streams as they are, for a program that
// asks for nothing: Ctrl-C is a signal then, as ever.
func Plain(in, out, err *os.File) *Console {
	return &Console{
		In: &piped{Reader: lines.NewReader(in, MaxLine)}, Out: out, Err: err,
		Terminal: term.IsTerminal(int(out.Fd())),
		prompt:   func(string) {}, restore: func() {},
	}
}

// Prompt has a terminal show text in front of what is typed. Anything else for
// stdin or stdout gets no prompt.
func (c *Console) Prompt(text string) { c.prompt(text) }

// Close gives the terminal back as it was, without the prompt. It may be called
// more than once.
func (c *Console) Close() { c.once.Do(c.restore) }

// withdrawPrompt takes the prompt off the screen, unless the screen is stuck.
func withdrawPrompt(t *term.Terminal) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		t.SetPrompt("")
		_, _ = t.Write(nil) // of a screen that fails nothing is to be taken off
	}()
	patience := time.NewTimer(promptPatience)
	defer patience.Stop()
	select {
	case <-done:
	case <-patience.C:
	}
}

// followSize keeps t as wide as its window until the function it returns is
// called. A container's terminal has no size before somebody attaches, and
// x/term would take 0 for 1 and wrap at each letter.
func followSize(t *term.Terminal, fd int) (stop func()) {
	resize := func() {
		width, height, err := term.GetSize(fd)
		if err != nil || width <= 0 || height <= 0 {
			width, height = 80, 24
		}
		_ = t.SetSize(width, height) // its only errors are of writing to the terminal, which the next write meets too
	}
	resize()
	winch := make(chan os.Signal, 1)
	signal.Notify(winch, syscall.SIGWINCH)
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-winch:
				resize()
			case <-done:
				return
			}
		}
	}()
	return func() {
		signal.Stop(winch)
		close(done)
	}
}

// piped is a Source of lines from anything but a terminal. Nobody cuts what is
// typed, so a last line without its end counts.
type piped struct {
	*lines.Reader
	ended bool
}

func (p *piped) Next() ([]byte, error) {
	if p.ended {
		return nil, io.EOF
	}
	line, err := p.Reader.Next()
	if errors.Is(err, io.ErrUnexpectedEOF) {
		p.ended = true
		return bytes.TrimSuffix(p.Rest(), []byte("\r")), nil
	}
	return line, err
}
