package chat

import (
	"strings"
	"testing"

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
