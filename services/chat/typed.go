package chat

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

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
		case err != nil:
			end(errLeave)
			return
		case m.obey(string(line)):
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
	if err != nil || m.commands(line) {
		return line, err
	}
	m.lock()
	defer m.unlockAndSend()
	for taken := 0; ; {
		if err = m.sayLocked(line); err != nil {
			return nil, err
		}
		if taken += len(line); taken >= paceStep || !in.Ready() {
			return nil, nil
		}
		if line, err = in.Next(); err != nil || m.commands(line) {
			return line, err
		}
	}
}

// unlockAndSend is unlock, and has all links written to. With more than a few of them
// the processors are to share the work.
func (m *member) unlockAndSend() {
	few := min(len(m.links), pushLinks)
	for _, l := range m.links[few:] {
		l.pokeLocked()
	}
	m.unlockAndPush(m.links[:few])
}

// sayLocked sends one line; of two slashes at its beginning only one.
func (m *member) sayLocked(line []byte) error {
	if bytes.HasPrefix(line, twoSlashes) {
		line = line[1:]
	}
	err := wire.CheckText(line)
	if err != nil {
		// Bytes that can control a terminal are escaped here already, so that the
		// wire never carries them; every receiver escapes again nevertheless.
		line = lines.Escape(nil, line)
		err = wire.CheckText(line)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errNotSent, err)
	}
	m.state.Say(line)
	return nil
}

var errNotSent = errors.New("not sent")

const (
	typedWho   = "/who"
	typedHelp  = "/help"
	typedStats = "/stats"
	typedQuit  = "/quit"
	typedExit  = "Exit"
)

var twoSlashes = []byte("//")

// commands reports whether a typed line is for this member and not for the
// others: empty, or a command, whether or not there is such a one.
func (m *member) commands(line []byte) bool {
	switch {
	case len(line) == 0:
		return true
	case line[0] == '/':
		return !bytes.HasPrefix(line, twoSlashes)
	}
	return m.Name == wire.Server && string(line) == typedExit
}

// obey runs a command, and reports whether that is to leave.
func (m *member) obey(command string) (leave bool) {
	switch name := strings.TrimRight(command, " \t"); {
	case name == "":
	case name == typedWho:
		m.showWho()
	case name == typedHelp:
		m.showHelp()
	case name == typedStats:
		m.showStats()
	case name == typedExit, name == typedQuit && m.Name != wire.Server:
		return true
	default:
		m.Log.Warn("not sent: no command " + lines.Quote([]byte(name)) + "; /help lists them, and a line that begins with // is sent with one /")
	}
	return false
}

func (m *member) showHelp() {
	leave := "/quit leaves the chat"
	if m.Name == wire.Server {
		leave = "Exit ends the server; the clients go on without it"
	}
	m.note(
		"/who lists who is connected, silent or gone",
		"/stats says what was lost, cut and refused",
		leave,
		"any other line is sent to all members; to send one that begins with /, begin it with //",
		"/help shows this; whatever begins with * is from this program, not typed by anybody",
	)
}

// showWho lists all members that are known, the server first.
func (m *member) showWho() {
	self := m.Name.Display() + ": connected, " + m.Advertise + " (you)"
	var rows []string
	m.lock()
	for _, p := range m.peersLocked() {
		if self != "" && m.Name.Compare(p.name) < 0 {
			rows = append(rows, self)
			self = ""
		}
		if how := p.conditionLocked(); how != "" {
			rows = append(rows, p.name.Display()+": "+how)
		}
	}
	m.unlock()
	if self != "" {
		rows = append(rows, self)
	}
	m.note(rows...)
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
