package room

import (
	"fmt"
	"strings"

	"peerlab/services/internal/lines"
)

// obey does what a line that begins with a slash asks for, and reports whether
// that is to leave.
func (s *session) obey(line []byte) (leave bool) {
	verb, rest := command(line)
	switch {
	case quits(line):
		return true
	case verb == "/who" && rest == "":
		s.reply(s.room.who(s))
	case verb == "/nick":
		s.reply([]byte(s.nick(strings.TrimSpace(rest))))
	case verb == "/help" && rest == "":
		s.reply([]byte(lineHelp))
	default:
		s.reply(unknown(line))
	}
	return false
}

// nick gives the client another name, and returns what to answer.
func (s *session) nick(nick string) string {
	switch {
	case !validNick(nick):
		return lineNick
	case !s.room.rename(s, nick):
		return nick + " is taken; choose another name\n"
	}
	s.speaker = s.name.speaker()
	return "You are now known as " + nick + "\n"
}

// unknown is the answer to a command that is none.
func unknown(line []byte) []byte {
	const most = 40
	shown, more := line, ""
	if len(shown) > most {
		shown, more = shown[:most], "..."
	}
	return fmt.Appendf(nil, "There is no command %s%s: %s", lines.Escape(nil, shown), more, lineHelp)
}
