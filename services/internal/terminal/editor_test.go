package terminal

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/services/internal/lines"
)

// typing returns an editor after these keys, and the lines that they entered.
func typing(t *testing.T, typed string) (*editor, []string) {
	t.Helper()
	var e editor
	var entries []string
	for _, k := range new(keys).parse([]byte(typed)) {
		if e.press(k) == entered {
			line, err := e.take()
			require.NoError(t, err)
			entries = append(entries, line)
		}
	}
	return &e, entries
}

const (
	keyUp, keyDown    = "\x1b[A", "\x1b[B"
	keyRight, keyLeft = "\x1b[C", "\x1b[D"
	family            = "👩\u200d👩\u200d👧"
)

func TestEditing(t *testing.T) {
	for name, test := range map[string]struct {
		keys string
		want string // with | for the cursor
	}{
		"nothing":                       {"", "|"},
		"text":                          {"hello", "hello|"},
		"in the middle":                 {"hllo" + strings.Repeat(keyLeft, 3) + "e", "he|llo"},
		"beyond the ends":               {keyLeft + "a" + keyRight + keyRight + "b", "ab|"},
		"Home and End":                  {"b\x1b[1~a\x1b[4~c", "abc|"}, // fault U5
		"Ctrl-A, Ctrl-E":                {"b\x01a\x05c", "abc|"},
		"Ctrl-B, Ctrl-F":                {"ab\x02\x02\x06", "a|b"},
		"Backspace":                     {"ab\x7f", "a|"},
		"Backspace at the start":        {"ab\x01\x7f", "|ab"},
		"Delete":                        {"ab\x01\x1b[3~", "|b"},
		"Delete at the end":             {"ab\x1b[3~", "ab|"},
		"Ctrl-D deletes":                {"ab\x01\x04", "|b"},
		"Ctrl-K":                        {"ab c\x1b[D\x1b[D\x0b", "ab|"},
		"Ctrl-U":                        {"ab c\x1b[D\x15", "|c"},
		"Ctrl-W":                        {"one two  \x17", "one |"},
		"Ctrl-W, one word":              {"one\x17", "|"},
		"Ctrl-W, wide blanks":           {"漢\u3000字\x17", "漢\u3000|"},
		"by words":                      {"one two" + "\x1bb" + "\x1b[1;3D" + "\x1bf" + "x", "onex| two"},
		"Alt-D":                         {"one two\x01\x1bd", "| two"},
		"an accent":                     {"ae\u0301" + keyLeft, "a|e\u0301"},
		"an accent is one character":    {"ae\u0301\x7f", "a|"},
		"so is a family":                {family + family + keyLeft + "\x7f", "|" + family},
		"so is a flag":                  {"🇧🇩🇫🇷" + keyLeft, "🇧🇩|🇫🇷"},
		"so is a syllable":              {"\u1112\u1161\u11ab\x7f", "|"},
		"so is what is no UTF-8":        {"\xff\xfe\x7f", "\xff|"},
		"Delete of a family":            {family + "a\x01\x1b[3~", "|a"},
		"text from right to left":       {"שלום" + keyLeft + "\x7f", "של|ם"},
		"a flag before a flag":          {"🇧🇩\x01🇫🇷", "🇫🇷|🇧🇩"},
		"a tab":                         {"a\tb\x7f\x7f", "a|"},
		"the line before":               {"one\r" + keyUp, "one|"},
		"and a line below it":           {"one\rtwo\rth" + keyUp + keyUp + keyDown, "two|"},
		"back to what was begun":        {"one\rth" + keyUp + "x" + keyDown, "th|"},
		"nothing before the first":      {"one\r" + keyUp + keyUp, "one|"},
		"history is without repetition": {"one\rtwo\rtwo\r\r" + keyUp + keyUp, "one|"},
	} {
		t.Run(name, func(t *testing.T) {
			e, _ := typing(t, test.keys)
			assert.Equal(t, test.want, string(e.text[:e.at])+"|"+string(e.text[e.at:]))
		})
	}
}

func TestAnEditedLineOfHistoryIsANewOne(t *testing.T) {
	_, entries := typing(t, "one\r"+keyUp+"!\r"+keyUp+keyUp+"\r")
	assert.Equal(t, []string{"one", "one!", "one"}, entries)
}

func TestHistoryIsBounded(t *testing.T) {
	e, _ := typing(t, strings.Repeat("a\rb\r", maxHistory))
	assert.Len(t, e.history, maxHistory)
}

func TestALineTooLongIsRefusedAndItsTextBounded(t *testing.T) {
	e, _ := typing(t, strings.Repeat("x", 3*MaxLine)+keyUp+"\x7fy")
	assert.Len(t, e.text, MaxLine-1)
	assert.Contains(t, plain("", e), notSent)
	_, err := e.take()
	require.ErrorIs(t, err, lines.ErrTooLong)
	assert.Empty(t, e.text)
	assert.False(t, e.tooLong)
}

// The text is drawn as chat and room send it.
func TestControlsAreShownAsTheyAreSent(t *testing.T) {
	for typed, want := range map[string]string{
		"a\tb":         `a\tb`,
		"a\u202eb":     `a\u202eb`,
		"a\u009bb":     `a\u009bb`,
		"a\xffb\xe2(":  `a\xffb\xe2(`,
		"\u0301":       "◌\u0301",
		"a\u200bb":     "a◌\u200bb",
		"e\u0301 漢 👩🏽": "e\u0301 漢 👩🏽",
	} {
		e, _ := typing(t, typed)
		assert.Equal(t, []string{want}, draw("", e, 80).rows, "%q", typed)
	}
}

// Rows that do not fit in the window are not painted: they would scroll at each key.
func TestALineHigherThanTheWindow(t *testing.T) {
	e, _ := typing(t, strings.Repeat("123456789", 10))
	p := painter{cols: 10, height: 5}
	screen := newScreen(fonts["clusters"], 10, 5)
	paint := func() string {
		p.paint(draw("", e, 10))
		screen.write(t, string(p.out))
		p.out = nil
		return screen.String()
	}
	four := strings.Repeat("123456789|", 4)
	assert.Equal(t, four+" 9,3", paint())
	e.at = 0
	assert.Equal(t, four+" 0,0", paint())
	e.text[0] = 'x'
	assert.Equal(t, "x23456789|"+strings.Repeat("123456789|", 3)+" 0,0", paint())
	p.write([]byte("news\n"))
	assert.Equal(t, "news|x23456789|"+strings.Repeat("123456789|", 3)+" 0,1", paint())
}
