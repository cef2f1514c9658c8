package room

import (
	"fmt"

	"peerlab/services/internal/lines"
)

// execute executes a line that begins with one slash, and reports whether it is
// /quit.
func (s *session) execute(line []byte) (leave bool) {
	verb, rest := command(line)
	switch {
	case quits(line):
		return true
	case verb == "/who" && rest == "":
		s.reply(s.room.who(s))
	case verb == "/nick":
		s.reply([]byte(s.nick(rest)))
	case verb == "/help" && rest == "":
		s.reply([]byte(lineHelp))
	default:
		s.reply(unknown(line))
	}
	return false
}

// nick sets the client's name to asked, and returns the answer.
func (s *session) nick(asked string) string {
	nick, ok := parseNick(asked)
	switch {
	case !ok:
		return lineNick
	case isReserved(nick):
		return lineReserved
	}
	switch by := s.room.rename(s, nick); {
	case by == "":
	case fold(by) == fold(nick):
		return nick + " is taken; choose another name\n"
	default:
		return nick + " looks like " + by + ", which is taken; choose another name\n"
	}
	s.speaker = s.name.speaker()
	return "You are now known as " + nick + "\n"
}

// unknown returns the answer to a line that begins with a slash but is not a
// command.
func unknown(line []byte) []byte {
	const most = 40
	shown, more := line, ""
	if len(shown) > most {
		shown, more = shown[:most], "..."
	}
	return fmt.Appendf(nil, "no command %s%s; /help lists the commands, and //TEXT sends /TEXT\n", lines.Escape(nil, shown), more)
}
