package terminal

import (
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

const (
	lineEndPatience = 100 * time.Millisecond // for the rest of a line that is shown in parts
	quietTime       = 10 * time.Second       // after which another person may be at the terminal
	stopPatience    = 200 * time.Millisecond // for SIGTSTP to stop this process
)

// session is a line editor at a terminal that other goroutines write to.
//
// It edits only in the foreground. In the background it leaves the terminal as it
// is and shows only the text that is written. A shell gives a job the terminal with or
// without a SIGCONT, so that syncLocked looks before each use.
type session struct {
	in   *os.File
	out  *os.File
	mode mode

	done      chan struct{} // closed by close
	signals   chan os.Signal
	continued chan struct{} // holds one; after SIGCONT

	// Of the goroutine that calls ReadLine:
	keys     keys
	finished []typedLine
	left     bool
	lastKey  time.Time

	mu       sync.Mutex
	editor   editor
	painter  painter
	prompt   string
	hint     string // not shown yet
	ending   *time.Timer
	stopping bool // Ctrl-Z was typed, and this process is about to stop
	closed   bool
	failed   error // of the terminal, which could not be made raw
}

// newSession takes the terminal if this process is in the foreground.
func newSession(in, out *os.File) (*session, error) {
	s := &session{
		in: in, out: out, mode: mode{fd: int(in.Fd())},
		done: make(chan struct{}), signals: make(chan os.Signal, 2), continued: make(chan struct{}, 1),
		lastKey: time.Now(),
	}
	s.painter.cols, s.painter.height, _ = size(out)
	if foreground(s.mode.fd) {
		if err := s.mode.enter(); err != nil {
			return nil, err
		}
	}
	s.ending = time.AfterFunc(time.Hour, s.endLine)
	s.ending.Stop()
	signal.Notify(s.signals, syscall.SIGWINCH, syscall.SIGCONT)
	go s.follow()
	return s, nil
}

// close gives the terminal back without what is painted, unless the screen is
// stuck.
func (s *session) close() {
	signal.Stop(s.signals)
	close(s.done)
	erased := make(chan struct{})
	go func() {
		defer close(erased)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.closed = true
		s.ending.Stop()
		if s.mode.isOn() && foreground(s.mode.fd) {
			s.painter.erase()
			s.flushLocked()
		}
	}()
	patience := time.NewTimer(promptPatience)
	defer patience.Stop()
	select {
	case <-erased:
	case <-patience.C:
	}
	s.mode.leave()
}

// Write shows text above what is being typed.
func (s *session) Write(text []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.syncLocked()
	if !s.mode.isOn() {
		return patient{s.out}.Write(text)
	}
	s.painter.write(text)
	if s.painter.open {
		s.ending.Reset(lineEndPatience)
	} else {
		s.paintLocked()
	}
	if err := s.flushLocked(); err != nil {
		return 0, err
	}
	return len(text), nil
}

func (s *session) setPrompt(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.prompt = text
	s.refreshLocked()
}

// setHint shows a line as soon as the terminal has a size: a container's has none
// before a person attaches to it.
func (s *session) setHint(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hint = text
	s.refreshLocked()
}

// endLine ends a line of other text whose rest has not come.
func (s *session) endLine() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refreshLocked()
}

// follow acts on signals until close.
func (s *session) follow() {
	for {
		select {
		case sig := <-s.signals:
			s.signalled(sig == syscall.SIGCONT)
		case <-s.done:
			return
		}
	}
}

// signalled paints again after a signal: the size may have changed, another
// screen may be attached to this terminal, or a shell may have used it.
func (s *session) signalled(continued bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if continued {
		s.stopping = false
		if s.mode.isOn() && !s.mode.intact() {
			s.mode.lose()
			s.painter.forget()
		}
		select {
		case s.continued <- struct{}{}:
		default:
		}
	}
	s.syncLocked()
	if s.mode.isOn() {
		s.repaintLocked()
	}
	s.refreshLocked()
}

// syncLocked takes the terminal when it has become this process's, gives it up
// when it is another's, and follows its size.
func (s *session) syncLocked() {
	if s.closed || s.stopping {
		return
	}
	switch on, ours := s.mode.isOn(), foreground(s.mode.fd); {
	case on && !ours:
		s.mode.lose()
		s.painter.forget()
	case !on && ours:
		s.failed = s.mode.enter()
		s.painter.forget()
		s.painter.open = false
	}
	cols, height, known := size(s.out)
	if cols != s.painter.cols || height != s.painter.height {
		s.painter.resize(cols, height)
	}
	if known && s.hint != "" && s.mode.isOn() {
		s.painter.write([]byte(s.hint + "\n"))
		s.hint = ""
	}
}

// refreshLocked paints what has changed.
func (s *session) refreshLocked() {
	s.syncLocked()
	if s.mode.isOn() && !s.closed {
		s.paintLocked()
		_ = s.flushLocked() // a screen that fails is found by Write, and by the next read
	}
}

// repaintLocked prepares to paint everything again.
func (s *session) repaintLocked() { s.painter.resize(s.painter.cols, s.painter.height) }

func (s *session) paintLocked() { s.painter.paint(draw(s.prompt, &s.editor, s.painter.cols)) }

func (s *session) flushLocked() error {
	if len(s.painter.out) == 0 {
		return nil
	}
	_, err := patient{s.out}.Write(s.painter.out)
	s.painter.out = s.painter.out[:0]
	return err
}

// ReadLine returns the next line that is entered. Its error is lines.ErrTooLong,
// after which there may be more lines, or io.EOF when there are none: Ctrl-C or
// Ctrl-D was typed, or the terminal has disconnected.
func (s *session) ReadLine() (string, error) {
	var buf [4096]byte
	for len(s.finished) == 0 && !s.left {
		n, err := s.read(buf[:])
		if err != nil {
			s.left = true
			break
		}
		s.press(s.keys.parse(buf[:n]))
	}
	if len(s.finished) == 0 {
		return "", io.EOF
	}
	line := s.finished[0]
	s.finished = s.finished[1:]
	return line.text, line.err
}

// press acts on keys and shows what they lead to.
func (s *session) press(pressed []key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.syncLocked()
	if now := time.Now(); now.Sub(s.lastKey) > quietTime {
		s.repaintLocked()
	}
	s.lastKey = time.Now()
	for _, k := range pressed {
		switch s.editor.press(k) {
		case entered:
			s.enterLocked()
		case hungUp:
			s.painter.erase()
			_ = s.flushLocked()
			s.left = true
			return
		case suspended:
			s.suspendLocked()
		case repainted:
			s.repaintLocked()
		}
	}
	s.refreshLocked()
}

func (s *session) enterLocked() {
	if s.mode.isOn() {
		s.painter.finish(draw(s.prompt, &s.editor, s.painter.cols), plain(s.prompt, &s.editor))
	}
	line, err := s.editor.take()
	s.finished = append(s.finished, typedLine{line, err})
}
