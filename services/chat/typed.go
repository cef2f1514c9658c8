package chat

import (
	"context"
	"errors"
	"fmt"
	"io"

	"peerlab/services/internal/lines"
)

// Input hands out the lines that are typed at a member, without their ends.
// io.EOF says that there will be no more, any other error than lines.ErrTooLong
// that whoever typed has left and the member is to leave too.
type Input interface {
	Next() ([]byte, error)
	SkipLine() (int64, error) // drops the rest of a line that was too long
}

// readTyped takes in what is typed until it ends.
func (m *member) readTyped(in Input, end context.CancelCauseFunc) {
	var p pace
	for {
		p.keep(m)
		line, err := in.Next()
		switch {
		case errors.Is(err, lines.ErrTooLong):
			if _, err = in.SkipLine(); err == nil {
				m.Log.Warn(fmt.Sprintf("not sent: a line of more than %d bytes; split it", maxText))
			}
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

// obey does what a typed line asks for, and reports whether that is to leave.
func (m *member) obey(line string) (leave bool) {
	switch {
	case line == "":
	case line == "/who":
		m.showWho()
	case line == "/help":
		m.showHelp()
	case m.Name == server && line == "Exit", m.Name != server && line == "/quit":
		return true
	default:
		// What can steer a terminal is made harmless here already, so that the
		// wire never carries it; everybody else escapes again all the same.
		if err := m.say(lines.Escape(nil, []byte(line))); err != nil {
			m.Log.Warn("not sent", "err", err)
		}
	}
	return false
}

func (m *member) showHelp() {
	who := m.Name.Who()
	m.screen.tell(who, "/who lists who is connected, /help shows this")
	if m.Name == server {
		m.screen.tell(who, "Exit ends the server; the clients go on without it")
	} else {
		m.screen.tell(who, "/quit leaves the chat")
	}
	m.screen.tell(who, "any other line goes to everybody")
}

// showWho lists everybody who is known, the server first.
func (m *member) showWho() {
	type row struct{ who, text string }
	var rows []row
	self := row{m.Name.Who(), "connected, " + m.Advertise + " (you)"}
	m.mu.Lock()
	for _, p := range m.everybody() {
		if self.who != "" && m.Name.compare(p.name) < 0 {
			rows = append(rows, self)
			self.who = ""
		}
		switch {
		case p.link != nil:
			rows = append(rows, row{p.name.Who(), "connected, " + p.addr})
		case !p.left && p.pursued:
			rows = append(rows, row{p.name.Who(), "gone, " + p.addrs()[0]})
		}
	}
	m.mu.Unlock()
	if self.who != "" {
		rows = append(rows, self)
	}
	for _, r := range rows {
		m.screen.tell(r.who, r.text)
	}
}
