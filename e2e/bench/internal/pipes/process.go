package pipes

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"peerlab/e2e/bench/internal/proc"
)

// textSize is how much of a screen is kept to be looked at.
const textSize = 64 << 10

// endSize is how much is kept of its end.
const endSize = 2 << 10

// Process is a program at whose terminal we sit. What is shown is taken in while
// Group.Until runs.
type Process struct {
	*proc.Server
	Name  string
	Lines int64     // that it has shown
	Bytes int64     // and their length
	At    time.Time // when the last of them were read
	Text  []byte    // the first of them, since Forget

	// OnRead, if there is one, is given all that is read, which is good until it returns.
	OnRead func([]byte)

	group   *Group
	in, out int           // its stdin and stdout; -1: closed
	typing  []byte        // what stdin has not taken yet
	source  func() []byte // of what is to be typed after that; nil: nothing
	waiting bool          // for stdin to take more
	end     []byte        // the last that it has shown, endSize bytes at most
	due     count         // what it is to have shown when a talk is over
}

// Forget empties Text.
func (p *Process) Forget() { p.Text = p.Text[:0] }

// Type types text, which is not copied: at once as far as stdin takes it, and
// the rest while Until runs.
func (p *Process) Type(text []byte) error {
	once := [][]byte{text}
	return p.TypeFrom(func() []byte {
		text := once[0]
		once[0] = nil
		return text
	})
}

// TypeFrom types what source returns, again and again, until that is nothing.
func (p *Process) TypeFrom(source func() []byte) error {
	p.source = source
	return p.feed()
}

// feed writes what is to be typed, until stdin takes no more.
func (p *Process) feed() error {
	for {
		if len(p.typing) == 0 && p.source != nil {
			if p.typing = p.source(); len(p.typing) == 0 {
				p.source = nil
			}
		}
		if len(p.typing) == 0 {
			return p.wait(false)
		}
		n, err := unix.Write(p.in, p.typing)
		switch {
		case errors.Is(err, unix.EAGAIN):
			return p.wait(true)
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return fmt.Errorf("type at %s: %w; it says: %s", p.Name, err, p.Last())
		default:
			p.typing = p.typing[n:]
			if len(p.typing) > 0 || p.source != nil {
				return p.wait(true) // reading has its turn
			}
		}
	}
}

// wait has Until call feed when stdin takes more, or not.
func (p *Process) wait(on bool) error {
	if on == p.waiting {
		return nil
	}
	p.waiting = on
	if on {
		return p.listen(p.in, unix.EPOLLOUT)
	}
	return unix.EpollCtl(p.group.epoll, unix.EPOLL_CTL_DEL, p.in, nil)
}

func (p *Process) listen(fd int, events uint32) error {
	return unix.EpollCtl(p.group.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: events, Fd: int32(fd)})
}

// read takes in what is on the screen.
func (p *Process) read() error {
	n, err := unix.Read(p.out, p.group.buf)
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		return nil
	case err != nil:
		return fmt.Errorf("read the screen of %s: %w", p.Name, err)
	case n == 0:
		return fmt.Errorf("%s has closed its screen; it says: %s", p.Name, p.Last())
	}
	text := p.group.buf[:n]
	p.At = time.Now()
	p.Lines += int64(bytes.Count(text, []byte{'\n'}))
	p.Bytes += int64(n)
	if n < endSize {
		p.end = append(p.end[max(0, len(p.end)+n-endSize):], text...)
	} else {
		p.end = append(p.end[:0], text[n-endSize:]...)
	}
	if room := textSize - len(p.Text); room > 0 {
		p.Text = append(p.Text, text[:min(room, n)]...)
	}
	if p.OnRead != nil {
		p.OnRead(text)
	}
	return nil
}

// Kill ends the process by SIGKILL and leaves the group. It returns when it is gone.
func (p *Process) Kill() {
	p.closePipes() // what it may have started has no terminal any more
	p.Server.Kill()
	p.group.remove(p)
}

// closePipes closes our ends; epoll forgets them by itself.
func (p *Process) closePipes() {
	for _, fd := range []*int{&p.in, &p.out} {
		if *fd >= 0 {
			unix.Close(*fd)
			*fd = -1
		}
	}
}
