package chat

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"peerlab/services/internal/lines"
)

// Events of a member, as they stand on a screen after its "WHO: ". The assignment fixes these texts.
const (
	eventInitiated   = "initiated." // a client is in
	eventTerminated  = "terminated."
	eventReconnected = "reconnected" // a client
	eventBack        = "initiated"   // a server, again
)

// looksLikeEvent reports whether a person may read a typed text as an event: its letters are those of an event, and all else in it
// is blanks, full stops and characters without a glyph of their own.
func looksLikeEvent(text []byte) bool {
	if len(text) == 0 || text[0] < utf8.RuneSelf && strings.IndexByte(" .IRTirt", text[0]) < 0 {
		return false // most texts are decided by their first letter: in 8 ns, and in 24 by the rest
	}
	return spells(text, "initiated") || spells(text, "terminated") || spells(text, "reconnected")
}

// spells reports whether the letters of text are those of word, in small letters or large. A letter outside of ASCII counts as any
// letter, for many look like one, in up to half of the word.
func spells(text []byte, word string) bool {
	for others := len(word) / 2; len(text) > 0; {
		r, size := utf8.DecodeRune(text)
		text = text[size:]
		ascii := r < utf8.RuneSelf
		switch {
		case r == ' ', r == '.', !ascii && !hasGlyph(r):
			continue
		case word == "":
			return false
		case ascii && byte(r)|0x20 == word[0]:
		case !ascii && unicode.IsLetter(r) && others > 0:
			others--
		default:
			return false
		}
		word = word[1:]
	}
	return word == ""
}

// hasGlyph reports whether r is visible and no mere dot or accent.
func hasGlyph(r rune) bool {
	return !lines.Invisible(r) && (unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsSymbol(r))
}

// counted returns "1 line", "2 lines".
func counted(n int64, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.FormatInt(n, 10) + " " + what
}
