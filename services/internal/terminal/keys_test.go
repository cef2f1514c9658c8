package terminal

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
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

func TestKeysPassesOnWhatXTermCanTake(t *testing.T) {
	for name, test := range map[string]struct{ in, want string }{
		"text":                         {"hello\r", "hello\r"},
		"UTF-8":                        {"é€🎉", "é€🎉"},
		"control keys":                 {"\x01\x03\x04\x15\x7f", "\x01\x03\x04\x15\x7f"},
		"arrows, Home, End":            {"\x1b[A\x1b[B\x1b[C\x1b[D\x1b[H\x1b[F", "\x1b[A\x1b[B\x1b[C\x1b[D\x1b[H\x1b[F"},
		"Delete, Alt and arrows":       {"\x1b[3~\x1b[1;3C\x1b[1;3D", "\x1b[3~\x1b[1;3C\x1b[1;3D"},
		"F5, F1, Linux's F1":           {"a\x1b[15~b\x1bOPc\x1b[[Ad", "abcd"},
		"arrows in another mode":       {"a\x1bOAb", "ab"},
		"an answer to a question":      {"a\x1b[24;80Rb\x1b[?62;4cc", "abc"},
		"the marks of what is pasted":  {"\x1b[200~ab\x1b[201~c", "abc"},
		"Alt and a letter":             {"a\x1bfb", "ab"},
		"ESC, Enter":                   {"a\x1b\r", "a\r"},
		"ESC, a digit":                 {"\x1b1", "1"},
		"ESC, a letter beyond ASCII":   {"\x1bé", "é"},
		"ESC, ESC, an arrow":           {"\x1b\x1b[A", "\x1b[A"},
		"half a sequence, Enter":       {"\x1b[1;\r\x1bO\r", "\r\r"},
		"half a sequence, an arrow":    {"\x1b[1\x1b[A", "\x1b[A"},
		"a sequence that does not end": {"\x1b[" + strings.Repeat("1", maxSequence-2) + "x", "x"},
		"no UTF-8":                     {"a\xffb\xe9tc\xc0\xafd", "abtcd"},
		"half a rune, another":         {"\xe2\x82€", "€"},
		"U+FFFD":                       {"a\ufffdb", "ab"},
		"much":                         {strings.Repeat("0123456789", 500), strings.Repeat("0123456789", 500)},
	} {
		t.Run(name, func(t *testing.T) {
			for chunking, src := range map[string]io.Reader{
				"at once":      strings.NewReader(test.in),
				"byte by byte": iotest.OneByteReader(strings.NewReader(test.in)),
				"with the end": iotest.DataErrReader(strings.NewReader(test.in)),
			} {
				got, err := io.ReadAll(&keys{in: src})
				require.NoError(t, err, chunking)
				assert.Equal(t, test.want, string(got), chunking)
				got, err = io.ReadAll(iotest.OneByteReader(&keys{in: strings.NewReader(test.in)}))
				require.NoError(t, err)
				assert.Equal(t, test.want, string(got), "taken byte by byte")
			}
		})
	}
}

func TestKeysTellsWhyThereAreNoMore(t *testing.T) {
	broken := errors.New("broken")
	k := &keys{in: io.MultiReader(strings.NewReader("ab\x1b["), iotest.ErrReader(broken))}
	got, err := io.ReadAll(k)
	require.ErrorIs(t, err, broken)
	assert.Equal(t, "ab", string(got))
}

// However the keys come in, the same ones go out, all of them text or known.
func FuzzKeys(f *testing.F) {
	for _, typed := range []string{"hello\r", "\x1b[A\x1b[3~\x03", "\x1b\x1b[1;3C", "\x1bOP\x1b[[A", "\xe2\x82\xff€", "\x1b[200~a\x1b[", "\x1b[" + strings.Repeat("1", 300)} {
		f.Add([]byte(typed))
	}
	f.Fuzz(func(t *testing.T, typed []byte) {
		got, err := io.ReadAll(&keys{in: bytes.NewReader(typed)})
		require.NoError(t, err)
		again, err := io.ReadAll(&keys{in: iotest.OneByteReader(bytes.NewReader(typed))})
		require.NoError(t, err)
		require.Equal(t, string(got), string(again))
		require.True(t, utf8.Valid(got), "%q", got)
		for i, rest := range strings.Split(string(got), "\x1b") {
			known := slices.ContainsFunc(sequences, func(s string) bool { return strings.HasPrefix("\x1b"+rest, s) })
			require.True(t, i == 0 || known, "ESC %q in %q", rest, got)
		}
	})
}
