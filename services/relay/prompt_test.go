package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/internal/lines"
	"peerlab/services/internal/memnet"
)

// keyboard is an Input that reads lines from a channel. Next returns an error that is
// sent on it.
type keyboard chan any

func (k keyboard) Next() ([]byte, error) {
	switch typed := (<-k).(type) {
	case string:
		return []byte(typed), nil
	case error:
		return nil, typed
	}
	return nil, io.EOF // the channel is closed
}

func (k keyboard) SkipLine() (int64, error) { return 0, nil }

func (k keyboard) Ready() bool { return false }

// prompted starts a prompt in a bubble. The channel receives the prompt's result.
func prompted(ctx context.Context, c *client, keys keyboard) <-chan error {
	done := make(chan error, 1)
	go func() { done <- c.Prompt(ctx, keys) }()
	return done
}

func (k keyboard) types(typed ...any) {
	for _, line := range typed {
		k <- line
		synctest.Wait()
	}
}

func TestPrompt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		l.node("a", "1\n", "two words ", "2\n")
		c, keys := l.client(nil), make(keyboard)
		done := prompted(t.Context(), c, keys)
		keys.types("a", "", "two words ", "missing", "../x", "a", lines.ErrTooLong, "\x1b[2J", "a")
		close(keys)
		require.EqualError(t, <-done, "3 of 7 files were not fetched")
		require.Equal(t, "1\n2\n1\n1\n", c.out.String())
		require.Equal(t, `fetch: "missing": no node has it (1 node asked); list shows the available files
fetch: "../x" is not the name of a file of a node: no empty part, no . and no .. between slashes
fetch: a name has at most 1024 bytes
fetch: "\x1b[2J" has control characters: rename the file to fetch it
`, c.err.String())
	})
}

func TestPromptWithoutFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		l.node("a", "1\n")
		c, keys := l.client(nil), make(keyboard)
		done := prompted(t.Context(), c, keys)
		keys.types("a")
		close(keys)
		require.NoError(t, <-done)
	})
}

// The prompt does not exit if no relay runs: one may start later.
func TestPromptWaitsForTheRelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		l.stopRelay()
		c, keys := l.client(nil), make(keyboard)
		done := prompted(t.Context(), c, keys)
		keys.types("a")
		require.True(t, strings.HasPrefix(c.err.String(), "fetch: no relay at 127.0.0.1:7001: "), c.err)
		l.restarts()
		l.node("a", "1\n")
		keys.types("a")
		require.Equal(t, "1\n", c.out.String())
		close(keys)
		require.Error(t, <-done)
	})
}

// Closing the terminal or stopping the process interrupts a transfer.
func TestPromptIsLeftDuringATransfer(t *testing.T) {
	left := errors.New("the terminal was left")
	for name, leave := range map[string]func(cancel func(), keys keyboard){
		"by Ctrl-C":  func(_ func(), keys keyboard) { keys <- left },
		"by SIGTERM": func(cancel func(), keys keyboard) { cancel(); close(keys) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, memnet.New())
				l.rogue(func(string) (string, bool) { return "SEND 100 - 100\nhalf", true })
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				c, keys := l.client(nil), make(keyboard)
				done := prompted(ctx, c, keys)
				keys.types("a")
				began := time.Now()
				leave(cancel, keys)
				require.NoError(t, <-done, "leaving the prompt is no error")
				require.Zero(t, time.Since(began))
				require.Empty(t, c.out.String())
			})
		})
	}
}

// A prompt that is left at a terminal returns no error for failed files: their errors
// have been printed.
func TestPromptIsLeftAfterAFailure(t *testing.T) {
	for range 30 { // the order of concurrent events differs between runs
		synctest.Test(t, func(t *testing.T) {
			c, keys := newLab(t, memnet.New()).client(nil), make(keyboard)
			done := prompted(t.Context(), c, keys)
			keys.types("../x")
			keys <- errors.New("the terminal was left")
			require.NoError(t, <-done)
		})
	}
}

// A prompt finishes the last file after the end of its input.
func TestPromptFinishesTheLastFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		goOn := make(chan struct{})
		n := l.node("a", "1\n")
		n.spied = func(string) { <-goOn }
		c, keys := l.client(nil), make(keyboard)
		done := prompted(t.Context(), c, keys)
		keys.types("a")
		close(keys)
		synctest.Wait()
		close(goOn)
		require.NoError(t, <-done)
		require.Equal(t, "1\n", c.out.String())
	})
}

// A line that is too long is discarded to its end, which may be the end of input.
func TestPromptSkipsALongLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		l.node("a", "1\n")
		c := l.client(nil)
		long := strings.Repeat("x", 2000)
		in := lines.NewReader(strings.NewReader(long+"\na\n"+long), maxName)
		require.NoError(t, c.Prompt(t.Context(), in))
		require.Equal(t, "1\n", c.out.String())
		require.Equal(t, fmt.Sprintf("fetch: a name has at most %d bytes\n", maxName), c.err.String())
	})
}

// Fault U13: the prompt had no command to list the files, and none to save one.
func TestCommandsOfThePrompt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		t.Chdir(dir)
		l := newLab(t, memnet.New())
		n := l.node("a", "1\n", "in/b", "2\n")
		c, keys := l.client(nil), make(keyboard)
		done := prompted(t.Context(), c, keys)
		keys.types("list", " list ")
		list := n.Addr() + "            2 a\n" + n.Addr() + "            2 in/b\n"
		require.Equal(t, list+list, c.out.String())
		c.out.clear()

		keys.types("save a", `save "./in/b" `)
		require.Empty(t, c.out.String(), "save does not print the file")
		require.Equal(t, "1\n", readFile(t, dir, "a"))
		require.Equal(t, "2\n", readFile(t, dir, "in/b"))
		require.Contains(t, l.log.String(), `level=INFO msg="saved in `+dir+`"`)
		require.Empty(t, c.err.String())

		keys.types("help")
		for _, word := range []string{"save NAME", dir, "list", "help", "quit", "./list"} {
			require.Contains(t, c.err.String(), word)
		}
		require.Empty(t, c.out.String())
		c.err.clear()

		keys.types("save", "save missing", "a", "quit")
		require.NoError(t, <-done, "quit ends the prompt as Ctrl-D does")
		require.Equal(t, "1\n", c.out.String())
		require.Equal(t, `fetch: save what? type: save NAME
fetch: "missing": no node has it (1 node asked); list shows the available files
`, c.err.String())
		close(keys)
	})
}

// With -o a name and the save command both save the file in the folder.
func TestSaveAtAPromptThatSaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		l.node("a", "1", "b", "2")
		c, keys := l.saves(t.TempDir()), make(keyboard)
		done := prompted(t.Context(), c, keys)
		keys.types("a", "save b")
		close(keys)
		require.NoError(t, <-done)
		require.Equal(t, []string{"a", "b"}, filesIn(t, c.Dir))
	})
}
