// Package terminal gives a program its screen, its typed lines and its log, on a
// terminal or on pipes.
//
// At a terminal a half-typed line stays below what is shown meanwhile, and is
// shown as it will be sent. Ctrl-C or Ctrl-D ends the input with ErrHangup, or
// calls Hangup if the program reads none. With anything else for stdin or stdout
// the bytes pass unchanged, and the end of stdin is io.EOF: a program whose pipe
// is empty is not asked to end.
//
// The line editor consists of keys (bytes to keys), editor (keys to text), draw
// (text to rows) and painter (rows to bytes), which do no I/O, and session, which
// does it and shares the terminal with a shell.
package terminal

import (
	"bytes"
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"peerlab/services/internal/lines"
)

// MaxLine bounds a typed line, in bytes, at a terminal and in a pipe.
const MaxLine = 16 << 10

// promptPatience is how long Close waits for a screen that is stuck.
const promptPatience = 200 * time.Millisecond

// ErrHangup means that Ctrl-C or Ctrl-D was typed, or that the terminal has
// disconnected.
var ErrHangup = errors.New("the terminal was left")

// Console is a program's three standard streams.
type Console struct {
	In  lines.Source
	Out io.Writer // the screen
	Err io.Writer // the log

	// Terminal reports that Out is a terminal.
	Terminal bool

	// Hangup and Lost notify a program that is blocked elsewhere and does not call
	// In.Next. Set them before the first call of it. A goroutine of the terminal
	// calls them.

	// Hangup is called after Ctrl-C or Ctrl-D if the program calls Next no more, so
	// that it does not get ErrHangup.
	Hangup func()
	// Lost is called when lines are dropped because 16 MiB of them wait and
	// the program has received none for five seconds: with 0 when that begins, and
	// with their number when a line is kept again.
	Lost func(lines int)

	prompt func(string)
	hint   func(string)
	close  func()
	once   sync.Once
}

// Open sets up a console on the three streams. Close must be called before the
// process ends, or its terminal stays in raw mode.
func Open(in, out, err *os.File) (*Console, error) {
	c := Plain(in, out, err)
	if !isTerminal(in) {
		return c, nil
	}
	if isTerminal(err) {
		c.hint = func(text string) { _, _ = io.WriteString(c.Err, text+"\n") } // Out or In fails too
	}
	if !isTerminal(out) {
		return c, nil
	}
	if name := os.Getenv("TERM"); name == "" || name == "dumb" {
		c.In = lineMode{c.In}
		return c, nil
	}
	s, e := newSession(in, out)
	if e != nil {
		return nil, e
	}
	c.In, c.Out = newTyped(c, s, typedAhead), s
	c.prompt, c.close = s.setPrompt, s.close
	if isTerminal(err) {
		c.Err, c.hint = s, s.setHint
	}
	return c, nil
}

// Plain returns a console on the three streams as they are, for a program that
// prompts for nothing: Ctrl-C is SIGINT then.
func Plain(in, out, err *os.File) *Console {
	var input io.Reader = patient{in}
	if isTerminal(in) {
		input = jobInput{in}
	}
	return &Console{
		In: &piped{Reader: lines.NewReader(input, MaxLine)}, Out: patient{out}, Err: patient{err},
		Terminal: isTerminal(out),
		prompt:   func(string) {}, hint: func(string) {}, close: func() {},
	}
}

func isTerminal(file *os.File) bool { return term.IsTerminal(int(file.Fd())) }

// Prompt shows text in front of what is typed at a terminal. A stdin or stdout
// that is not a terminal, and a terminal without escape sequences, get no prompt.
func (c *Console) Prompt(text string) { c.prompt(text) }

// Hint shows a person what to type: one line in the log, if that and stdin are
// terminals. A terminal that has no size, as a container's before a person
// attaches to it, shows the line when it has one.
func (c *Console) Hint(text string) { c.hint(text) }

// Close gives the terminal back as it was, without the prompt and what was half
// typed. It may be called more than once.
func (c *Console) Close() { c.once.Do(c.close) }

// lineMode is a source of lines that a terminal without escape sequences edits
// itself (TERM=dumb). Ctrl-C is SIGINT there, and Ctrl-D the end of the file.
type lineMode struct{ lines.Source }

func (l lineMode) Next() ([]byte, error) {
	line, err := l.Source.Next()
	if errors.Is(err, io.EOF) {
		return nil, ErrHangup
	}
	return line, err
}

// piped is a source of lines from anything but a terminal. A last line without
// its end counts: no writer was cut off within it. An input that cannot be read has
// ended, and no user has left: nohup's stdin is open for writing only, and stdin may
// be a folder.
type piped struct {
	*lines.Reader
	ended bool
}

func (p *piped) Next() ([]byte, error) {
	if p.ended {
		return nil, io.EOF
	}
	line, err := p.Reader.Next()
	switch {
	case err == nil, errors.Is(err, lines.ErrTooLong):
		return line, err
	case errors.Is(err, io.ErrUnexpectedEOF):
		p.ended = true
		return bytes.TrimSuffix(p.Rest(), []byte("\r")), nil
	}
	p.ended = true
	return nil, io.EOF
}
