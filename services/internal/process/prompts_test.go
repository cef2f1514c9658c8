package process

import (
	"context"
	"testing"

	"github.com/creack/pty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/term"
)

// A program that does not prompt leaves the terminal to the kernel, which turns
// Ctrl-C into a signal.
func TestOnlyAPromptingProgramChangesTheTerminal(t *testing.T) {
	for name, test := range map[string]struct {
		prompts func() bool
		raw     bool
	}{
		"no hook": {nil, true},
		"yes":     {func() bool { return true }, true},
		"no":      {func() bool { return false }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TERM", "xterm")
			terminal, tty, err := pty.Open()
			require.NoError(t, err)
			defer terminal.Close()
			defer tty.Close()
			state := func() *term.State {
				state, err := term.GetState(int(tty.Fd()))
				require.NoError(t, err)
				return state
			}
			before := state()
			checked := false
			p := node()
			p.Check = func([]string) error {
				checked = true
				return nil
			}
			if test.prompts != nil {
				p.Prompts = func() bool {
					assert.True(t, checked, "Check is called first")
					return test.prompts()
				}
			}
			p.Serve = func(context.Context, *Process) error {
				assert.Equal(t, test.raw, !assert.ObjectsAreEqual(before, state()))
				return nil
			}
			assert.Equal(t, done, p.main(nil, tty, tty, tty))
			assert.Equal(t, before, state(), "the terminal is restored")
		})
	}
}

// Ctrl-C cancels the context of a program that does not read its input, as SIGINT
// does.
func TestCtrlCEndsServeEvenIfItDoesNotRead(t *testing.T) {
	t.Setenv("TERM", "xterm")
	terminal, tty, err := pty.Open()
	require.NoError(t, err)
	defer terminal.Close()
	defer tty.Close()
	p := node()
	p.Check = func([]string) error { return nil }
	p.Serve = func(ctx context.Context, p *Process) error {
		go func() {
			line, err := p.Console.In.Next()
			assert.NoError(t, err)
			assert.Equal(t, "one", string(line))
			_, err = terminal.WriteString("two\r\x03")
			assert.NoError(t, err)
		}()
		_, err := terminal.WriteString("one\r")
		assert.NoError(t, err)
		<-ctx.Done()
		return nil
	}
	assert.Equal(t, done, p.main(nil, tty, tty, tty))
}
