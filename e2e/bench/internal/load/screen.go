package load

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"peerlab/e2e/bench/internal/proc"
)

const (
	firstSize = 256     // bytes that are kept of the beginning of a screen, for errors
	endSize   = 2 << 10 // and of its end
)

// Screen is a program with pipes in place of a terminal. Its output is read while
// Group.Until runs.
type Screen struct {
	*proc.Process
	Lines int64     // that it has shown
	Bytes int64     // and their length
	At    time.Time // when the last of them were read

	group   *Group
	in, out int           // its stdin and stdout; -1: closed
	typing  []byte        // what stdin has not accepted yet
	source  func() []byte // of what to type after that; nil: nothing
	waiting bool          // for stdin to accept more
	first   []byte
	end     []byte
	due     count // what it must have shown when a talk is over
}

func nameOf(path string) string { return filepath.Base(path) }

// Start starts a program with pipes for stdin and stdout.
func (g *Group) Start(path string, args ...string) (*Screen, error) {
	s := &Screen{group: g, in: -1, out: -1}
	err := func() error {
		theirIn, err := g.pipe(&s.in, 1)
		if err != nil {
			return err
		}
		defer theirIn.Close()
		theirOut, err := g.pipe(&s.out, 0)
		if err != nil {
			return err
		}
		defer theirOut.Close()
		if s.Process, err = g.start(theirIn, theirOut, path, args); err != nil {
			return err
		}
		g.Screens = append(g.Screens, s)
		return g.on(s.out, unix.EPOLLIN, s.read)
	}()
	if err != nil {
		s.closePipes()
		return nil, err
	}
	return s, nil
}

// pipe makes a pipe, keeps one end (0 to read, 1 to write), which never blocks, and
// returns the other.
func (g *Group) pipe(keep *int, end int) (other *os.File, err error) {
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil {
		return nil, fmt.Errorf("pipe: %w", err)
	}
	*keep = ends[end]
	other = os.NewFile(uintptr(ends[1-end]), "pipe")
	err = unix.SetNonblock(*keep, true)
	if err == nil && len(g.Screens) < bigGroup {
		_, err = unix.FcntlInt(uintptr(*keep), unix.F_SETPIPE_SZ, pipeSize)
	}
	if err != nil {
		other.Close()
		return nil, fmt.Errorf("pipe: %w", err)
	}
	return other, nil
}

// Type types text, which is not copied: at once as far as stdin accepts it, and the rest
// while Until runs.
func (s *Screen) Type(text []byte) error {
	return s.TypeFrom(func() []byte {
		once := text
		text = nil
		return once
	})
}

// TypeFrom types what source returns, again and again, until that is nothing.
func (s *Screen) TypeFrom(source func() []byte) error {
	s.source = source
	return s.feed()
}

// feed writes what is to be typed, until stdin accepts no more.
func (s *Screen) feed() error {
	for {
		if len(s.typing) == 0 && s.source != nil {
			if s.typing = s.source(); len(s.typing) == 0 {
				s.source = nil
			}
		}
		if len(s.typing) == 0 {
			return s.wait(false)
		}
		n, err := unix.Write(s.in, s.typing)
		switch {
		case errors.Is(err, unix.EAGAIN):
			return s.wait(true)
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return s.Failed(fmt.Errorf("write to its stdin: %w", err))
		default:
			s.typing = s.typing[n:]
			if len(s.typing) > 0 || s.source != nil {
				return s.wait(true) // reading has its turn
			}
		}
	}
}

// wait begins or ends waiting for stdin to accept more.
func (s *Screen) wait(on bool) error {
	if on == s.waiting {
		return nil
	}
	s.waiting = on
	if on {
		return s.group.on(s.in, unix.EPOLLOUT, s.feed)
	}
	return s.group.off(s.in)
}

// read reads what the program has shown.
func (s *Screen) read() error {
	n, err := unix.Read(s.out, s.group.buf)
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		return nil
	case err != nil:
		return s.Failed(fmt.Errorf("read its stdout: %w", err))
	case n == 0:
		return s.Failed(errors.New("it has closed its stdout"))
	}
	text := s.group.buf[:n]
	s.At = time.Now()
	s.Lines += int64(bytes.Count(text, []byte{'\n'}))
	s.Bytes += int64(n)
	if room := firstSize - len(s.first); room > 0 {
		s.first = append(s.first, text[:min(room, n)]...)
	}
	if n < endSize {
		s.end = append(s.end[max(0, len(s.end)+n-endSize):], text...)
	} else {
		s.end = append(s.end[:0], text[n-endSize:]...)
	}
	return nil
}

// Kill ends the program by SIGKILL and removes it from its group. It returns when the
// program is gone.
func (s *Screen) Kill() {
	s.closePipes()
	s.Process.Kill()
	s.group.Screens = slices.DeleteFunc(s.group.Screens, func(o *Screen) bool { return o == s })
}

// closePipes closes this end of the pipes; epoll forgets them by itself.
func (s *Screen) closePipes() {
	for _, fd := range []*int{&s.in, &s.out} {
		if *fd >= 0 {
			delete(s.group.handlers, *fd)
			unix.Close(*fd)
			*fd = -1
		}
	}
}
