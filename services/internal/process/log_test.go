package process

import (
	"bytes"
	"errors"
	"log/slog"
	"net"
	"os"
	"regexp"
	"testing"

	"github.com/creack/pty"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/services/internal/lines"
)

// streams are the two kinds of stream that a log writes to.
func streams(t *testing.T) map[string]*os.File {
	t.Helper()
	terminal, tty, err := pty.Open()
	require.NoError(t, err)
	file, err := os.Open(os.DevNull)
	require.NoError(t, err)
	t.Cleanup(func() {
		terminal.Close()
		tty.Close()
		file.Close()
	})
	return map[string]*os.File{"terminal": tty, "file": file}
}

func logTo(stream *os.File, verbose bool, write func(*slog.Logger)) string {
	var b bytes.Buffer
	write(newLog(&b, stream, verbose))
	return b.String()
}

func everyLevel(log *slog.Logger) {
	log.Debug("a detail")
	log.Info("news")
	log.Warn("a warning", "from", "Client 2")
	log.Error("an error", "err", errors.New("it broke"))
}

// Fault U7: "listening on ..." has level Info, and appeared with -v only.
func TestInfoIsTheDefaultLevel(t *testing.T) {
	assert.Equal(t, "INF news\nWRN a warning from=\"Client 2\"\nERR an error err=\"it broke\"\n",
		logTo(streams(t)["file"], false, everyLevel))
}

func TestVerbose(t *testing.T) {
	got := logTo(streams(t)["file"], true, everyLevel)
	clock := regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d\.\d\d\d `)
	assert.Len(t, clock.FindAllString(got, -1), 4, got)
	assert.Equal(t, "DBG a detail\nINF news\nWRN a warning from=\"Client 2\"\nERR an error err=\"it broke\"\n",
		clock.ReplaceAllString(got, ""))
}

var colour = regexp.MustCompile(`\x1b\[[0-9;]*m`)

func TestColourIsForTerminals(t *testing.T) {
	for name, stream := range streams(t) {
		got := logTo(stream, false, everyLevel)
		assert.Equal(t, name == "terminal", colour.MatchString(got), "%s: %q", name, got)
	}
}

func TestValues(t *testing.T) {
	addr := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4000}
	assert.Equal(t, `WRN m string="a" error="b" addr="127.0.0.1:4000" bytes="c" nil="<nil>" int=1 bool=true g.key="d"`+"\n",
		logTo(streams(t)["file"], false, func(log *slog.Logger) {
			log.Warn("m", "string", "a", "error", errors.New("b"), "addr", addr, "bytes", []byte("c"), "nil", nil, "int", 1, "bool", true,
				slog.Group("g", "key", "d"))
		}))
}

// Warnings mostly quote text that peers sent.
func TestTheLogEscapesControlCharacters(t *testing.T) {
	for what, text := range map[string]string{
		"ESC":                        "a \x1b]0;title\x07",
		"ESC without a space":        "\x1b[2J",
		"ESC that has been escaped":  `a \x1b[2J`,
		"ESC that has been quoted":   lines.Quote([]byte("a \x1b[2J")),
		"ESC that was quoted twice":  lines.Quote([]byte(lines.Quote([]byte("a \x1b[2J")))),
		"CSI":                        "\u009b2J",
		"CSI that is not UTF-8":      "\x9b2J",
		"bidi":                       "\u202eabc",
		"a line end, and a new line": "a\nWRN b\r\n",
	} {
		t.Run(what, func(t *testing.T) {
			for name, stream := range streams(t) {
				for _, verbose := range []bool{false, true} {
					got := logTo(stream, verbose, func(log *slog.Logger) {
						log.Warn(text, "string", text, "level", text, "error", errors.New(text), "bytes", []byte(text),
							"any", struct{ s string }{text}, slog.Group("group", "msg", text))
						log.With("with", text).Warn("m")
					})
					rest := []byte(colour.ReplaceAllString(got, ""))
					require.Equal(t, 2, bytes.Count(rest, []byte("\n")), "%s: %q", name, rest)
					assert.True(t, lines.Clean(bytes.ReplaceAll(rest, []byte("\n"), nil)), "%s: %q", name, rest)
				}
			}
		})
	}
}
