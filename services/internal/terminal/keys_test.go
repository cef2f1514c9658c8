package terminal

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const ctrlC, ctrlD = "\x03", "\x04"

func TestLeaving(t *testing.T) {
	for name, keys := range map[string]string{
		"Ctrl-C":                              ctrlC,
		"Ctrl-D":                              ctrlD,
		"Ctrl-C within a line":                "hal" + ctrlC,
		"Ctrl-C after ESC":                    "\x1b" + ctrlC,
		"Ctrl-D after ESC":                    "\x1b" + ctrlD,
		"Ctrl-C after half of an arrow":       "\x1b[" + ctrlC,
		"Ctrl-C after a byte that is no text": "\xff" + ctrlC,
		"Ctrl-C within what is pasted":        "\x1b[200~abc" + ctrlC,
		"Ctrl-C after ESC and much else":      "\x1b" + strings.Repeat("1", 1000) + ctrlC,
		"Ctrl-C after a line too long":        strings.Repeat("1", MaxLine+1) + ctrlC,
	} {
		t.Run(name, func(t *testing.T) {
			s := sit(t)
			got := takes(s.open().In)
			s.types(keys)
			assert.Equal(t, taken{"", ErrHangup}, receive(t, got))
		})
	}
}

func TestCtrlDWithinALineDoesNotLeave(t *testing.T) {
	s := sit(t)
	got := takes(s.open().In)
	s.types("half" + ctrlD + "\r")
	assert.Equal(t, taken{"half", nil}, receive(t, got))
}

func TestATerminalThatIsGoneIsLeft(t *testing.T) {
	s := sit(t)
	got := takes(s.open().In)
	s.types("half")
	s.sees("half")
	s.leave()
	assert.ErrorIs(t, receive(t, got).err, ErrHangup)
}

// spell returns keys in the notation of TestKeys.
func spell(parsed []key) string {
	names := map[action]string{
		enter: "Enter", hangUp: "HangUp", deleteOrHangUp: "DeleteOrHangUp", suspend: "Suspend", repaint: "Repaint", left: "Left", right: "Right",
		wordLeft: "WordLeft", wordRight: "WordRight", home: "Home", end: "End", older: "Older", newer: "Newer", deleteLeft: "DeleteLeft",
		deleteRight: "DeleteRight", deleteWordLeft: "DeleteWordLeft", deleteWordRight: "DeleteWordRight", deleteToStart: "DeleteToStart",
		deleteToEnd: "DeleteToEnd",
	}
	var b strings.Builder
	for _, k := range parsed {
		if k.action == insert {
			b.WriteString(k.text)
		} else {
			b.WriteString("<" + names[k.action] + ">")
		}
	}
	return b.String()
}

func TestKeys(t *testing.T) {
	for name, test := range map[string]struct{ in, want string }{
		"text":                         {"hello\r", "hello<Enter>"},
		"UTF-8":                        {"é€🎉", "é€🎉"},
		"lines of every kind":          {"a\nb\r\nc\rd\r\re\n\n", "a<Enter>b<Enter>c<Enter>d<Enter><Enter>e<Enter><Enter>"},
		"leaving":                      {"\x03\x04", "<HangUp><DeleteOrHangUp>"},
		"control keys":                 {"\x01\x02\x05\x06\x0e\x10", "<Home><Left><End><Right><Newer><Older>"},
		"control keys that delete":     {"\x08\x7f\x0b\x15\x17", "<DeleteLeft><DeleteLeft><DeleteToEnd><DeleteToStart><DeleteWordLeft>"},
		"other control keys":           {"\x0ca\x1ab\x07\x00c", "<Repaint>a<Suspend>bc"},
		"a tab":                        {"a\tb", "a\tb"}, // fault U5
		"arrows":                       {"\x1b[A\x1b[B\x1b[C\x1b[D", "<Older><Newer><Right><Left>"},
		"arrows in the other mode":     {"\x1bOA\x1bOB\x1bOC\x1bOD", "<Older><Newer><Right><Left>"},
		"Home, as terminals spell it":  {"\x1b[H\x1bOH\x1b[1~\x1b[7~", "<Home><Home><Home><Home>"}, // fault U5
		"End, as terminals spell it":   {"\x1b[F\x1bOF\x1b[4~\x1b[8~", "<End><End><End><End>"},     // fault U5
		"Delete, Alt and arrows":       {"\x1b[3~\x1b[1;3C\x1b[1;3D", "<DeleteRight><WordRight><WordLeft>"},
		"Ctrl and arrows":              {"\x1b[1;5C\x1b[1;5D", "<WordRight><WordLeft>"},
		"Alt and a letter":             {"a\x1bfb\x1bb\x1bd\x1b\x7f\x1bx", "a<WordRight>b<WordLeft><DeleteWordRight><DeleteWordLeft>"},
		"F5, F1, Linux's F1":           {"a\x1b[15~b\x1bOPc\x1b[[Ad", "abcd"},
		"an answer to a question":      {"a\x1b[24;80Rb\x1b[?62;4cc", "abc"},
		"the marks of what is pasted":  {"\x1b[200~ab\x1b[201~c", "abc"},
		"ESC, Enter":                   {"a\x1b\r", "a<Enter>"},
		"ESC, a digit":                 {"\x1b1", "1"},
		"ESC, a letter beyond ASCII":   {"\x1bé", "é"},
		"ESC, ESC, an arrow":           {"\x1b\x1b[A", "<Older>"},
		"half a sequence, Enter":       {"\x1b[1;\r\x1bO\r", "<Enter><Enter>"},
		"half a sequence, an arrow":    {"\x1b[1\x1b[A", "<Older>"},
		"a sequence that does not end": {"\x1b[" + strings.Repeat("1", maxSequence-2) + "x", "x"},
		"no UTF-8":                     {"a\xffb\xe9tc\xc0\xafd", "a\xffb\xe9tc\xc0\xafd"},
		"half a rune, another":         {"\xe2\x82€", "\xe2\x82€"},
		"U+FFFD":                       {"a\ufffdb", "a\ufffdb"},
		"much":                         {strings.Repeat("0123456789", 500), strings.Repeat("0123456789", 500)},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.want, spell(new(keys).parse([]byte(test.in))), "at once")
			assert.Equal(t, test.want, spell(byteByByte([]byte(test.in))), "byte by byte")
		})
	}
}

func byteByByte(typed []byte) (parsed []key) {
	var k keys
	for i := range typed {
		parsed = append(parsed, k.parse(typed[i:i+1])...)
	}
	return parsed
}

// However the keys are cut, the same ones are parsed. Text holds no control
// character besides a tab, and Ctrl-C and Ctrl-D are never lost.
func FuzzKeys(f *testing.F) {
	for _, typed := range []string{"hello\r", "\x1b[A\x1b[3~\x03", "\x1b\x1b[1;3C", "\x1bOP\x1b[[A", "\xe2\x82\xff€", "\x1b[200~a\x1b[", "\x1b[" + strings.Repeat("1", 300)} {
		f.Add([]byte(typed))
	}
	f.Fuzz(func(t *testing.T, typed []byte) {
		parsed := new(keys).parse(typed)
		require.Equal(t, parsed, byteByByte(typed))
		leaves := 0
		for _, k := range parsed {
			switch k.action {
			case insert:
				r, size := utf8.DecodeRuneInString(k.text)
				require.Equal(t, len(k.text), size)
				require.True(t, r == '\t' || r >= ' ' && r != 0x7f, "%q", k.text)
			case hangUp, deleteOrHangUp:
				leaves++
			}
		}
		require.Equal(t, strings.Count(string(typed), ctrlC)+strings.Count(string(typed), ctrlD), leaves)
	})
}
