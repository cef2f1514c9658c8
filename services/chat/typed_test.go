package chat

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

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
			for _, line := range []string{"/foo", "/QUIT", "/quit now", "/", "/who is there", "/Exit", "/\x1b[2J"} {
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
