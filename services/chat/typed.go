package chat

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"peerlab/services/chat/internal/wire"
	"peerlab/services/internal/lines"
)

// pushLinks is how many links the reader of the terminal writes to by itself.
const pushLinks = 8

// readTyped processes the lines that are typed until the input ends.
func (m *member) readTyped(in lines.Source, end context.CancelCauseFunc) {
	for {
		m.keepPace()
		line, err := m.chat(in)
		switch {
		case errors.Is(err, lines.ErrTooLong):
			if _, err = in.SkipLine(); err == nil {
				m.Log.Warn(fmt.Sprintf("not sent: a line of more than %d bytes; split it", wire.MaxText))
			}
		case errors.Is(err, errNotSent):
			m.Log.Warn(err.Error())
		case errors.Is(err, io.EOF):
			return
		case err != nil || m.obey(line):
			end(errLeave)
			return
		}
	}
}

// chat waits for a line and sends it to all members, now or when they are back, and
// with it those behind it that can be had at once. It returns the line that ended
// this, if that was a command or empty.
func (m *member) chat(in lines.Source) (command []byte, err error) {
	line, err := in.Next()
	m.mu.Lock()
	defer m.unlockAndSend()
	for taken := 0; err == nil && !m.commands(line); line, err = in.Next() {
		if err = m.sayLocked(line); err != nil {
			return nil, err
		}
		if taken += len(line); taken >= paceStep || !in.Ready() {
			return nil, nil
		}
	}
	return line, err
}

// unlockAndSend releases the lock, and has all links written to. The caller itself pushes to
// the first few: a line to 5 takes 149 µs from a stdin to a screen, and 190 if a goroutine
// has to be woken for each link. The processors are to share the work of more.
func (m *member) unlockAndSend() {
	begun := make([]*link, 0, pushLinks)
	for _, l := range m.links {
		if len(begun) == pushLinks {
			l.writer.WakeLocked()
		} else if l.writer.BeginLocked() {
			begun = append(begun, l)
		}
	}
	m.mu.Unlock()
	for _, l := range begun {
		l.writer.Push()
	}
}

var errNotSent = errors.New("not sent")

// sayLocked sends one line; of two slashes at its beginning only one. Bytes that can
// control a terminal are escaped, so that the wire never carries them; every receiver
// escapes them nevertheless.
func (m *member) sayLocked(line []byte) error {
	if line[0] == '/' {
		line = line[1:]
	}
	if wire.CheckText(line) != nil {
		line = lines.Escape(nil, line)
		if err := wire.CheckText(line); err != nil {
			return fmt.Errorf("%w: %w", errNotSent, err)
		}
	}
	m.state.Say(line)
	return nil
}

// commands reports whether a typed line is for this member and not for the
// others: empty, or a command, whether or not there is such a one.
func (m *member) commands(line []byte) bool {
	quit, _ := m.quit()
	return len(line) == 0 || string(line) == quit || line[0] == '/' && !bytes.HasPrefix(line, []byte("//"))
}

// quit returns the command that ends this member, and what /help says of it.
func (m *member) quit() (command, help string) {
	if m.Name == wire.Server {
		return "Exit", " ends the server; the clients go on without it"
	}
	return "/quit", " leaves the chat"
}

// obey runs a command, and reports whether that is to leave.
func (m *member) obey(line []byte) (leave bool) {
	quit, help := m.quit()
	switch name := string(bytes.TrimRight(line, " \t")); name {
	case "":
	case "/who":
		m.showWho()
	case "/stats":
		m.showStats()
	case quit:
		return true
	case "/help":
		m.note(
			"/who lists who is connected, silent or gone",
			"/stats says what was lost, cut and refused",
			quit+help,
			"any other line is sent to all members; to send one that begins with /, begin it with //",
			"/help shows this; whatever begins with * is from this program, not typed by anybody",
		)
	default:
		m.Log.Warn("not sent: no command " + lines.Quote([]byte(name)) + "; /help lists them, and a line that begins with // is sent with one /")
	}
	return false
}

// note shows lines of the program itself at once.
func (m *member) note(rows ...string) {
	m.mu.Lock()
	m.noteLocked(rows...)
	m.mu.Unlock()
	m.flush()
}

// showWho lists all members that are known, the server first.
func (m *member) showWho() {
	var rows []string
	before := 0 // rows of members whose names sort before this one's
	m.mu.Lock()
	for _, p := range m.peersLocked() {
		if how := p.conditionLocked(); how != "" {
			rows = append(rows, p.name.Display()+": "+how)
			if p.name.Compare(m.Name) < 0 {
				before++
			}
		}
	}
	m.mu.Unlock()
	m.note(slices.Insert(rows, before, m.Name.Display()+": connected, "+m.Addr+" (you)")...)
}

// conditionLocked says how it stands with a peer; it is empty for those who have left,
// were never looked for, or were never met.
func (p *peer) conditionLocked() string {
	switch {
	case p.link != nil && p.link.liveness.Silent():
		return "silent, " + p.addr
	case p.link != nil:
		return "connected, " + p.addr
	case p.left || !p.pursued || p.unmetLocked():
		return ""
	case p.mute:
		return "silent, " + p.addrsLocked()[0]
	}
	return "gone, " + p.addrsLocked()[0]
}
