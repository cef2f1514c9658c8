// Package stage starts the four systems for scenarios: a chat, a relay with its nodes, an
// order server and a room, each with its processes, and callers that speak to them by hand.
//
// A driver starts each process in its role: with the arguments of this project's program,
// and with values for the places in the command of another one ([lab.Spec]). The ports and
// addresses are the lab's, unless a program cannot be told its address: then they are those
// of the assignment. Methods of a driver must be called from the test's own goroutine; they
// end the test when what they wait for does not come.
package stage

import (
	"net"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
)

// BulkTimeout is the time for thousands of lines to be shown on a screen.
const BulkTimeout = 60 * time.Second

// Network is the network of the programs of a scenario. Each [lab.Lab] is one.
type Network interface {
	Dial(address string) (net.Conn, error)
	DialWith(d net.Dialer, address string) (net.Conn, error)
	Listen(address string) (net.Listener, error)
}

// Host returns the host of HOST:PORT.
func Host(address string) string {
	host, _, _ := net.SplitHostPort(address)
	return host
}

// Port returns the port of HOST:PORT.
func Port(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return port
}

// places returns the values for the places in the command of a program that uses the
// server at an address: {SERVER}, {HOST} and {PORT}, and pairs of names and values.
func places(server string, more ...string) map[string]string {
	vars := map[string]string{"SERVER": server, "HOST": Host(server), "PORT": Port(server)}
	for ; len(more) > 0; more = more[2:] {
		vars[more[0]] = more[1]
	}
	return vars
}

// serverAddress returns an address for a server: a free one if the clients of these names
// and role can be told where it is, and the assignment's otherwise.
func serverAddress(l *lab.Lab, assigned, role string, clients ...string) string {
	for _, name := range clients {
		if !l.Tells(name, role, "SERVER", "PORT") {
			return assigned
		}
	}
	return l.Address()
}

// showsExactly requires a screen to hold exactly these lines.
func showsExactly(l *lab.Lab, p *lab.Process, want ...string) {
	var got []string
	for _, line := range p.Lines() {
		got = append(got, line.Text)
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		l.Fail("%v shows %q, not %q", p, got, want)
	}
}

// Complaints returns what a process wrote to its stderr, without the news of its log.
func Complaints(p *lab.Process) (lines []string) {
	for _, line := range p.Stderr().Lines() {
		if !strings.HasPrefix(line.Text, "INF ") {
			lines = append(lines, line.Text)
		}
	}
	return lines
}

// Harmless requires that nothing on these screens can control a terminal.
func Harmless(t testing.TB, screens ...lab.Screen) {
	t.Helper()
	controls := func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }
	for _, s := range screens {
		for _, line := range s.Lines() {
			require.True(t, utf8.ValidString(line.Text), "%v %q", s, line.Text)
			require.False(t, strings.ContainsFunc(line.Text, controls), "%v %q", s, line.Text)
		}
	}
}
