package room

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"
)

func TestParseNick(t *testing.T) {
	for _, s := range []string{
		"A", "Ann", "ann-2", "Z_z.9", "Jürgen", "李", "नमस्ते", "O2", "Il", "v1.2.3.4", "a.b.c", strings.Repeat("x", 32), "Ѕаша", "Ἀθηνᾶ", "홍길동",
	} {
		nick, ok := parseNick(s)
		assert.True(t, ok, "%q", s)
		assert.Equal(t, s, nick)
	}
	for _, s := range []string{
		"", " ", "a b", "1a", "-a", ".a", "a:", "[a]", "('a'", "a\x00", "a\x1b[2J", "a\t", "a\n", "\xff", "a\xc3", "a\u202eb",
		"a\u200db", "a\u00a0b", "a/b", "a'b", "€", strings.Repeat("x", 33), strings.Repeat("ü", 17), "\u0301a",
	} {
		_, ok := parseNick(s)
		assert.False(t, ok, "%q", s)
	}
}

// Fault O2: a name could contain invisible characters.
func TestNoPartOfANickIsInvisible(t *testing.T) {
	for name, s := range map[string]string{
		"combining grapheme joiner": "Ann\u034f", "variation selector 16": "Ann\ufe0f", "variation selector 17": "Ann\U000e0100",
		"Hangul filler": "\u3164", "halfwidth Hangul filler": "\uffa0", "Hangul choseong filler": "A\u115f", "Hangul jungseong filler": "A\u1160",
		"Mongolian free variation selector": "A\u180b", "Khmer inherent vowel": "A\u17b4", "zero width joiner": "A\u200d",
		"soft hyphen": "A\u00ad", "tag": "A\U000e0041", "word joiner": "A\u2060",
	} {
		_, ok := parseNick(s)
		assert.False(t, ok, "%s: %q", name, s)
	}
}

// Fault O2: a name could look like the address of a client without a name.
func TestNoNickLooksLikeAnAddress(t *testing.T) {
	for _, s := range []string{"l27.0.0.1", "l27.O.O.l", "I27.0.0.1", "l27.0.0.1ː52208", "l92.l68.l.l", "Youː", "fe80ː1"} {
		_, ok := parseNick(s)
		assert.False(t, ok, "%q", s)
	}
}

// Fault O2: names were compared by their bytes, apart from case.
func TestNicksThatAPersonCannotTellApart(t *testing.T) {
	for a, all := range map[string][]string{
		"Ann":     {"ANN", "ann", "Аnn", "Ａnn", "𝐀nn"},
		"José":    {norm.NFD.String("José"), "JOSÉ", norm.NFD.String("josé")},
		"Scope":   {"Ѕсоре", "ѕсоре"},
		"Al":      {"AI"},
		"O2":      {"О2", "о2"},
		"Σίσυφος": {"ΣΊΣΥΦΟΣ"},
		"Kelvin":  {"\u212aelvin"},
		"office":  {"oﬃce"},
		"modern":  {"rnodern"},
	} {
		for _, b := range all {
			assert.True(t, alike(a, b), "%q and %q", a, b)
		}
	}
	for a, b := range map[string]string{"Ann": "Anna", "José": "Jose", "Bob": "Rob", "李": "季", "ann-2": "ann-3", "Al": "Ali"} {
		assert.False(t, alike(a, b), "%q and %q", a, b)
	}
}

// alike reports whether a room refuses the second of two names.
func alike(a, b string) bool {
	r := &room{nicks: map[string]*session{}}
	for _, key := range keys(a) {
		r.nicks[key] = &session{}
	}
	for _, key := range keys(b) {
		if r.nicks[key] != nil {
			return true
		}
	}
	return false
}

// Fault O2: a name could look like the client's own prompt, or like the server.
func TestReservedNicks(t *testing.T) {
	for _, s := range []string{"You", "you", "YOU", "Yоu", "Υou", "Ｙou", "Server", "server", "SERVER", "Sеrver", "Ѕerver", "You.", "You-", "Y0u", "You\u0332", "S\u0337erver", "Sérvér", "S.e.r.v.e.r"} {
		nick, ok := parseNick(s)
		require.True(t, ok, "%q", s)
		assert.True(t, isReserved(nick), "%q", s)
	}
	for _, s := range []string{"Yo", "Your", "Observer", "server2", "Yu"} {
		assert.False(t, isReserved(s), "%q", s)
	}
}

// nicks holds the dialogues about names.
var nicks = []dialogue{
	{"reserved", `
		C1: /nick yOU
		S1: The names You and Server, and names that look like them, are reserved; choose another name
		C1: /nick Sеrver
		S1: The names You and Server, and names that look like them, are reserved; choose another name`},
	{"invisible", `
		C1" "/nick \u3164\n"
		S1: /nick NAME, and a NAME has 1 to 32 bytes: letters, digits, _ - and ., a letter first, and does not look like an address`},
	{"a name that looks like another", `
		C1: /nick Ann
		S1: You are now known as Ann
		S2: [127.0.0.1:50001] is now known as Ann
		C2: /nick Аnn
		S2: Аnn looks like Ann, which is taken; choose another name
		C1: /nick Bob
		S1: You are now known as Bob
		S2: [Ann] is now known as Bob
		C2: /nick Аnn
		S2: You are now known as Аnn
		S1: [127.0.0.1:50002] is now known as Аnn
		C2 closes
		S2 closes
		S1: [Аnn] is Offline
		C1: /nick Ann
		S1: You are now known as Ann`},
	{"one name in two spellings", `
		C1" "/nick Jose\u0301\n"
		S1: You are now known as José
		S2: [127.0.0.1:50001] is now known as José
		C2: /nick José
		S2: José is taken; choose another name
		C1: /nick José
		S1: You are now known as José`},
}
