package relay

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/internal/memnet"
)

// broken is a writer whose reader has closed the pipe.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestPrintingFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		l.node("a", "x")
		c := l.client(func(c *FetchConfig) { c.Out = broken{} })
		require.EqualError(t, c.File(t.Context(), "a"), `print "a": broken pipe`)
	})
}

// jammed is a writer whose reader has stopped reading.
type jammed chan struct{}

func (j jammed) Write(b []byte) (int, error) {
	<-j
	return len(b), nil
}

// A fetch that is interrupted returns even if its output is not read.
func TestPrintingIsStopped(t *testing.T) {
	for name, content := range map[string]string{"from memory": "x", "from the disk": strings.Repeat("x", inMemory+1)} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, memnet.New())
				l.node("a", content)
				goOn := make(jammed)
				defer close(goOn)
				c := l.client(func(c *FetchConfig) { c.Out = goOn })
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(time.Hour, cancel)
				began := time.Now()
				require.EqualError(t, c.Files(ctx, []string{"a", "a"}), `"a": interrupted`)
				require.Equal(t, time.Hour, time.Since(began))
			})
		})
	}
}

func TestNoBinaryOnATerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		l.node("text", "Straße\t1\r\n", "picture", "\x89PNG\r\n\x1a\n")
		c := l.client(func(c *FetchConfig) { c.Terminal = true })
		c.gets(t, "text", "Straße\t1\r\n")
		err := c.File(t.Context(), "picture")
		require.EqualError(t, err, "\"picture\", 8 bytes: not printed because it is not text; save it with -o DIR, or print it with -raw")
		require.Empty(t, c.out.String())
		c.Raw = true
		c.gets(t, "picture", "\x89PNG\r\n\x1a\n")
		l.client(nil).gets(t, "picture", "\x89PNG\r\n\x1a\n") // bytes of any kind are written to a pipe
	})
}

func TestIsText(t *testing.T) {
	for text, want := range map[string]bool{
		"": true, "a": true, "a\n": true, "a\r\nb": true, "\t": true, "\n\n": true, "文件 é\n": true, "\u00a0": true,
		strings.Repeat("a line of many kilobytes ", 10_000) + "ü": true, strings.Repeat("ü", 5000): true, "\ufffd": true,
		"\x00": false, "a\rb": false, "a\r": false, "\r\r\n": false, "\x1b[2J": false, "\x7f": false, "\u009b": false, "\u202e": false,
		"\xff": false, "abc\xe4": false, "\xc3": false, "\f": false, "\a": false, "\ufeff\x00": false,
	} {
		got, err := isText(strings.NewReader(text))
		require.NoError(t, err)
		require.Equal(t, want, got, "%.20q", text)
	}
	_, err := isText(io.MultiReader(bytes.NewReader([]byte("a")), errReader{}))
	require.Error(t, err)
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errors.New("input/output error") }
