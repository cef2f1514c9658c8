package visible

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestText(t *testing.T) {
	for s, want := range map[string]string{
		"":                         "",
		"Ünïcode 👩‍💻 日本 \\x1b <&>": "Ünïcode 👩‍💻 日本 \\x1b <&>",
		"\x00\x1b[31m\a":           `\x00\x1b[31m\x07`,
		"a\tb\r\n":                 `a\tb\r\n`,
		"\x7f\u009b\u202e\ufeff":   `\x7f\u009b\u202e\ufeff`,
		"\u2028\u2029\ufffe\uffff": `\u2028\u2029\ufffe\uffff`,
		"\xff\xc3(\xed\xa0\x80":    `\xff\xc3(\xed\xa0\x80`,
		"\ufffd":                   "\ufffd",
	} {
		assert.Equal(t, want, Text(s))
	}
}

func FuzzText(f *testing.F) {
	f.Add("\x1b]0;title\a\u202egnp.exe\u0000\xff</svg>&\"'")
	f.Fuzz(func(t *testing.T, s string) {
		v := Text(s)
		require.True(t, utf8.ValidString(v))
		require.Equal(t, v, Text(v))
		require.NotContains(t, v, "\n")
		require.Equal(t, -1, strings.IndexFunc(v, func(r rune) bool { return unicode.IsControl(r) || r == 0xfffe || r == 0xffff }))
		if utf8.ValidString(s) && strings.IndexFunc(s, hidden) < 0 {
			require.Equal(t, s, v)
		}
	})
}
