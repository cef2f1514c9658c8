package console

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestLinesOfATerminal(t *testing.T) {
	for name, c := range map[string]struct {
		typed, output string
		lines, shown  []string
	}{
		"plain":                 {"", "one\r\ntwo\r\nthr", nil, []string{"one", "two"}},
		"colours":               {"", "\x1b[92mINF\x1b[0m listening\r\n", nil, []string{"INF listening"}},
		"a title":               {"", "\x1b]0;title\x07text\r\n", nil, []string{"text"}},
		"overwritten":           {"", "You: half\r\x1b[JClient 1: hello\r\n", nil, []string{"Client 1: hello"}},
		"an echo":               {"hi\r", "hi\r\nClient 1: hello\r\n", []string{"hi"}, []string{"Client 1: hello"}},
		"corrected":             {"hix\x7f\r", "", []string{"hi"}, nil},
		"keys that are no text": {"\x1b\x03a\r", "", []string{"a"}, nil},
		"echoed otherwise":      {"a\rb\rc\rd\rhi\r", "hi\r\n", []string{"a", "b", "c", "d", "hi"}, nil},
		"an empty line":         {"\r", "\r\n", []string{""}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var l lines
			assert.Equal(t, c.lines, l.typed([]byte(c.typed)))
			var shown []string
			for i := range len(c.output) { // however it comes
				shown = append(shown, l.shown([]byte{c.output[i]})...)
			}
			assert.Equal(t, c.shown, shown)
		})
	}
}

func TestLinesThatAreNotEchoedAreForgotten(t *testing.T) {
	var l lines
	for range 3 * maxEchoes {
		l.typed([]byte("hi\r"))
	}
	assert.Len(t, l.echo, maxEchoes)
}
