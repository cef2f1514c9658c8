package process

import (
	"bufio"
	"context"
	"testing"

	"github.com/creack/pty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Fault U10: at a terminal, a program that reads typed lines first prints its
// name and what to type.
func TestAProgramAtATerminalShowsItsHint(t *testing.T) {
	for name, test := range map[string]struct {
		prompts bool
		want    string
	}{
		"it prompts":         {true, "node: type a line\r\n"},
		"it reads no typing": {false, "serving\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TERM", "xterm")
			terminal, tty, err := pty.Open()
			require.NoError(t, err)
			defer terminal.Close()
			defer tty.Close()
			require.NoError(t, pty.Setsize(tty, &pty.Winsize{Rows: 24, Cols: 80}))
			p := node()
			p.Check = func([]string) error { return nil }
			p.Prompts = func() bool { return test.prompts }
			p.Hint = func() string { return "node: type a line" }
			p.Serve = func(_ context.Context, p *Process) error {
				_, err := p.Console.Out.Write([]byte("serving\n"))
				return err
			}
			require.Equal(t, done, p.main(nil, tty, tty, tty))
			line, err := bufio.NewReader(terminal).ReadString('\n')
			require.NoError(t, err)
			assert.Equal(t, test.want, line)
		})
	}
}

func TestAHintIsNotForPipes(t *testing.T) {
	p := node()
	p.Hint = func() string { return "node: type a line" }
	assert.Equal(t, outcome{0, "serving at 4000\n", "WRN a warning\n"}, call(t, p, "x"))
}
