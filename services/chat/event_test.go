package chat

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// Fault U11: what was typed was taken for what the program says.
func TestWhatLooksLikeAnEvent(t *testing.T) {
	for text, want := range map[string]bool{
		"terminated.": true, "initiated.": true, "initiated": true, "reconnected": true,
		"terminated": true, "Terminated.": true, " terminated. ": true, "terminated..": true, "terminated\u2024": true,
		"terminated.\u200b": true, "termi\u034fnated.": true, "terminated.\u3164": true, "terminated.\u2800": true,
		"termin\u0430ted.": true, "t\u00e9rminated.": true, "te\u0301rminated.": true, "terminated.\u202e": true,
		"terminated. " + strings.Repeat("\u200b", 1000): true,

		"": false, ".": false, " ": false, "hello": false, "t": false, "terminate": false, "terminated. not": false, "not terminated.": false,
		`"terminated."`: false, "terminated!": false, "terminated.1": false, "terminated.\x1b": false, "terminated.\xff": false, "terminated\u2713": false,
		"\u0442\u0435\u0440\u043c\u0438\u043d\u0430\u043b\u044b!": false, "\u4e2d\u6587\u4e2d\u6587\u4e2d\u6587\u4e2d\u6587\u4e2d": false,
	} {
		require.Equal(t, want, looksLikeEvent([]byte(text)), "%q", text)
	}
}

// Fault U11: on every screen, and for every sender.
func TestATypedLineIsNoEvent(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.server(), l.clients("12")
		ready(s, c[0], c[1])
		c[0].types("terminated.")
		c[0].types(`"terminated."`)
		s.types("initiated")
		want := []string{`Client 1: "terminated."`, `Client 1: "terminated."`}
		s.shows(want...)
		c[1].shows(append(want, `Server: "initiated"`)...)
		c[0].shows(`Server: "initiated"`)
	})
}

// Fault U11: nothing that another member sends begins as the program's own words do, and all of them do.
func TestWhatTheProgramSaysHasAMark(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.server(), l.clients("12")
		ready(s, c[0], c[1])
		for _, command := range []string{"/who", "/help", "/stats", "/who ", "/help \t"} {
			for _, a := range append(c, s) {
				a.screen.clear()
				a.types(command)
				require.NotEqual(t, []string{""}, a.screen.lines(), command)
				for _, line := range a.screen.lines() {
					require.True(t, strings.HasPrefix(line, "* "), line)
				}
			}
		}
		c[1].screen.clear()
		c[0].types("* Client 3: 3 lines lost")
		c[1].shows("Client 1: * Client 3: 3 lines lost")
	})
}

// Fault U11: a command that does not exist was sent to all members.
func TestNoSuchCommand(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.server(), l.clients("12")
		ready(s, c[0], c[1])
		for _, a := range []*actor{s, c[1]} {
			for _, line := range []string{"/foo", "/QUIT", "/quit now", "/", "/whoever is there", "/Exit", "/\x1b[2J"} {
				a.types(line)
				require.True(t, a.logged(`no command`), line)
				require.True(t, a.logged("/help"), line)
				require.False(t, a.logged("\x1b"), line)
				a.log.clear()
			}
		}
		s.types("/quit")
		require.True(t, s.logged("no command"))
		s.shows()
		c[1].shows()
		for typed, sent := range map[string]string{"//foo": "/foo", "///": "//", "//": "/", " /who": " /who", "Exit": "Exit"} {
			c[0].types(typed)
			s.shows("Client 1: " + sent)
		}
		c[1].screen.clear()
		for _, line := range []string{"exit", "Exit ", " Exit", "//Exit"} {
			s.types(line)
			c[1].shows("Server: " + strings.TrimPrefix(line, "/"))
		}
		c[1].types("/quit ")
		synctest.Wait()
		require.NoError(t, c[1].ends())
	})
}
