package terminal

import (
	"errors"
	"sync"
	"time"

	"peerlab/services/internal/lines"
)

const (
	typedAhead   = 16 << 20 // bytes of waiting lines: more than a user pastes by mistake
	lineOverhead = 32       // what a line costs besides its bytes

	takePatience  = 5 * time.Second // without a call of Next, before lines are dropped
	leavePatience = time.Second     // without a call of Next, before Hangup is called
)

// typed is a source of lines edited at a terminal. Ctrl-C is a byte behind all input
// typed or pasted before it, and the kernel cannot report whether it is there. So a
// goroutine reads the input whether or not the program calls Next, and queues the
// lines. When the queue holds 16 MiB and Next has not been called for five seconds,
// further lines are dropped.
type typed struct {
	console  *Console // whose Hangup and Lost are called
	terminal lineReader
	room     int // bytes of lines that may wait
	begin    sync.Once
	took     chan struct{} // Next has removed a line; capacity 1

	dropped int // lines dropped in a row; owned by the reader

	mu      sync.Mutex
	changed sync.Cond
	waiting []typedLine
	size    int  // of them
	left    bool // no more lines will follow
	told    bool // Next has returned the error for left
}

// lineReader returns edited lines. After lines.ErrTooLong, in place of a line,
// there are more; any other error is the last.
type lineReader interface{ ReadLine() (string, error) }

// typedLine is a line, or lines.ErrTooLong in its place.
type typedLine struct {
	text string
	err  error
}

func newTyped(c *Console, terminal lineReader, room int) *typed {
	s := &typed{console: c, terminal: terminal, room: room, took: make(chan struct{}, 1)}
	s.changed.L = &s.mu
	return s
}

func (s *typed) Next() ([]byte, error) {
	s.begin.Do(func() { go s.read() })
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.waiting) == 0 && !s.left {
		s.changed.Wait()
	}
	defer func() {
		select {
		case s.took <- struct{}{}:
		default:
		}
	}()
	if len(s.waiting) == 0 {
		s.told = true
		return nil, ErrHangup
	}
	line := s.waiting[0]
	s.waiting = s.waiting[1:]
	s.size -= len(line.text) + lineOverhead
	return []byte(line.text), line.err
}

func (s *typed) SkipLine() (int64, error) { return 0, nil }

func (s *typed) Ready() bool { return false }

// read reads what is typed until Ctrl-C, Ctrl-D or the terminal's end.
func (s *typed) read() {
	for {
		text, err := s.terminal.ReadLine()
		if err != nil && !errors.Is(err, lines.ErrTooLong) {
			break
		}
		s.add(typedLine{text, err})
	}
	s.mu.Lock()
	s.left = true
	s.changed.Broadcast()
	s.mu.Unlock()
	stuck := s.dropped > 0
	if stuck || !s.within(leavePatience, func() bool { return s.told }) {
		if hangup := s.console.Hangup; hangup != nil {
			hangup()
		}
	}
}

// add queues a line, or drops it.
func (s *typed) add(line typedLine) {
	room := func() bool { return s.size < s.room }
	patience := takePatience
	if s.dropped > 0 {
		patience = 0
	}
	if !s.within(patience, room) {
		if s.dropped == 0 {
			s.lost(0)
		}
		s.dropped++
		return
	}
	if s.dropped > 0 {
		s.lost(s.dropped)
		s.dropped = 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = append(s.waiting, line)
	s.size += len(line.text) + lineOverhead
	s.changed.Broadcast()
}

func (s *typed) lost(lines int) {
	if lost := s.console.Lost; lost != nil {
		lost(lines)
	}
}

// within waits until ok, which is called with mu held, and reports whether it
// got so. It gives up when nothing has been taken for the time of the patience.
func (s *typed) within(patience time.Duration, ok func() bool) bool {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		s.mu.Lock()
		is := ok()
		s.mu.Unlock()
		if is || patience == 0 {
			return is
		}
		select {
		case <-s.took:
			timer.Reset(patience)
		case <-timer.C:
			return false
		}
	}
}
