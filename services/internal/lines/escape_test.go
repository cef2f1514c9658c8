package lines

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEscape(t *testing.T) {
	for name, test := range map[string]struct{ in, want string }{
		"ESC":                             {"\x1b[2Jx", `\x1b[2Jx`},
		"OSC, which sets a title":         {"\x1b]0;root\x07", `\x1b]0;root\x07`},
		"U+009B, a CSI in UTF-8":          {"a\u009b31mb", `a\u009b31mb`},
		"0x9b, a CSI in Latin-1":          {"a\x9b31mb", `a\x9b31mb`},
		"NUL":                             {"a\x00b", `a\x00b`},
		"DEL":                             {"a\x7fb", `a\x7fb`},
		"TAB":                             {"a\tb", `a\tb`},
		"CR, which overwrites the name":   {"hi\rServer: bye", `hi\x0dServer: bye`},
		"LF, which imitates a line":       {"hi\nServer: bye", `hi\x0aServer: bye`},
		"NEL, a line end of C1":           {"hi\u0085bye", `hi\u0085bye`},
		"right to left":                   {"a\u202egpj.exe", `a\u202egpj.exe`},
		"bidi embeddings and overrides":   {"\u202a\u202b\u202c\u202d\u202e", `\u202a\u202b\u202c\u202d\u202e`},
		"bidi isolates":                   {"\u2066\u2067\u2068\u2069", `\u2066\u2067\u2068\u2069`},
		"bidi marks":                      {"\u061c\u200e\u200f", `\u061c\u200e\u200f`},
		"a byte that is no UTF-8":         {"a\xffb", `a\xffb`},
		"an overlong slash":               {"\xc0\xaf", `\xc0\xaf`},
		"an overlong ESC":                 {"\xe0\x80\x9b", `\xe0\x80\x9b`},
		"a surrogate":                     {"\xed\xa0\x80", `\xed\xa0\x80`},
		"beyond U+10FFFF":                 {"\xf4\x90\x80\x80", `\xf4\x90\x80\x80`},
		"half a rune at the end":          {"cost \xe2\x82", `cost \xe2\x82`},
		"half a rune, then another":       {"\xe2\x82\u20ac", `\xe2\x82€`},
		"only what steers, not the rest":  {"é\x1b[mé", `é\x1b[mé`},
		"several kinds":                   {"\x1b\u009b\xff\t", `\x1b\u009b\xff\t`},
		"what has been escaped, with ESC": {"\\x1b \x1b", `\x1b \x1b`},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.want, string(Escape(nil, []byte(test.in))))
			assert.False(t, Clean([]byte(test.in)))
			assert.True(t, Clean([]byte(test.want)))
		})
	}
}

func TestEscapeLeavesTextAlone(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":                "",
		"ASCII":                  "Hello, World! ~",
		"a backslash":            `C:\x1b\u009b`,
		"Latin":                  "naïve café",
		"combining characters":   "e\u0301 n\u0303",
		"an emoji":               "🎉",
		"a family, by joiners":   "👩\u200d👩\u200d👧",
		"a flag":                 "🇧🇩",
		"a variation selector":   "❤\ufe0f",
		"Chinese":                "你好",
		"written right to left":  "שלום مرحبا",
		"Bengali":                "বাংলা",
		"a no-break space":       "a\u00a0b",
		"U+FFFD, which was sent": "\ufffd",
		"the last rune":          "\U0010ffff",
	} {
		t.Run(name, func(t *testing.T) {
			assert.True(t, Clean([]byte(text)))
			assert.Equal(t, text, string(Escape(nil, []byte(text))))
		})
	}
}

// The standard library's tables of Unicode are where the list in steers can be
// checked against.
func TestCleanAgreesWithUnicode(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		steers := unicode.In(r, unicode.Cc, unicode.Bidi_Control)
		require.NotEqual(t, steers, Clean([]byte(string(r))), "%U", r)
	}
}

// Clean reads a word of bytes at a time. The result for a byte must not depend on its
// position or its neighbours.
func TestCleanFindsAByteAnywhere(t *testing.T) {
	for _, filler := range []string{" ", "~", "\u20ac"} {
		for _, size := range []int{0, 1, 7, 8, 9, 31, 32, 33, 45} {
			text := []byte(strings.Repeat(filler, size))
			require.True(t, Clean(text), "%q", text)
			for at := 0; at <= len(text); at += len(filler) {
				for c := range 256 {
					with := slices.Insert(slices.Clone(text), at, byte(c))
					if Clean(with) != (c >= ' ' && c <= '~') {
						t.Fatalf("%#02x at %d in %q", c, at, with)
					}
				}
			}
		}
	}
}

func TestEscapeAppends(t *testing.T) {
	dst := append(make([]byte, 0, 64), "Client 2: "...)
	got := Escape(dst, []byte("a\x1bb"))
	assert.Equal(t, `Client 2: a\x1bb`, string(got))
	assert.Same(t, &dst[0], &got[0], "it had the room")
}

func TestACleanLineIsEscapedWithoutAllocation(t *testing.T) {
	line := []byte(strings.Repeat("hello, wörld ", 20))
	dst := make([]byte, 0, len(line))
	assert.Zero(t, testing.AllocsPerRun(1000, func() { dst = Escape(dst[:0], line) }))
	assert.Equal(t, string(line), string(dst))
}

func TestQuote(t *testing.T) {
	long := strings.Repeat("x", 60)
	for name, test := range map[string]struct{ in, want string }{
		"nothing":             {"", `""`},
		"text":                {"hello", `"hello"`},
		"quotes":              {`say "hi"`, `"say \"hi\""`},
		"an escape sequence":  {"\x1b[2J", `"\x1b[2J"`},
		"bidi":                {"\u202e", `"\u202e"`},
		"no UTF-8":            {"\xff\x9b", `"\xff\x9b"`},
		"as long as is shown": {long, `"` + long + `"`},
		"longer":              {long + "y", `"` + long + `"...`},
		"cut within a rune":   {long[:58] + "€", `"` + long[:58] + `\xe2\x82"...`},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, test.want, Quote([]byte(test.in))) })
	}
}

func BenchmarkClean(b *testing.B) {
	for name, text := range map[string]string{"64B": strings.Repeat("x", 64), "1KiB": strings.Repeat("x", 1<<10), "1KiB-cyrillic": strings.Repeat("\u0436", 1<<9)} {
		b.Run(name, func(b *testing.B) {
			line := []byte(text)
			b.SetBytes(int64(len(line)))
			b.ReportAllocs()
			for b.Loop() {
				if !Clean(line) {
					b.Fatal("it is clean")
				}
			}
		})
	}
}
