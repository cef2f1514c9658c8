package chat

import (
	"strconv"
	"unicode"
	"unicode/utf8"

	"peerlab/services/internal/lines"
)

// What a screen says about a member, after its "WHO: ". The assignment fixes these texts.
const (
	eventInitiated   = "initiated." // a client is in
	eventTerminated  = "terminated."
	eventReconnected = "reconnected" // a client
	eventBack        = "initiated"   // a server, again
)

// looksLikeEvent reports whether a person may take a typed text for an event: its letters are those of an event, whatever there
// is of blanks, full stops and characters without a glyph of their own among them. A letter outside of ASCII counts as any
// letter, for many look like one.
func looksLikeEvent(text []byte) bool {
	if len(text) == 0 {
		return false
	}
	switch c := text[0]; { // most texts are decided by their first letter
	case c >= utf8.RuneSelf, c == ' ', c == '.':
		return spells(text, "initiated") || spells(text, "terminated") || spells(text, "reconnected")
	case c|0x20 == 'i':
		return spells(text, "initiated")
	case c|0x20 == 't':
		return spells(text, "terminated")
	case c|0x20 == 'r':
		return spells(text, "reconnected")
	}
	return false
}

func spells(text []byte, word string) bool {
	others, most := 0, len(word)/2
	for len(text) > 0 {
		r, size := rune(text[0]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(text)
		}
		text = text[size:]
		switch {
		case r == ' ' || r == '.' || r >= utf8.RuneSelf && !hasGlyph(r):
			continue
		case word == "":
			return false
		case r < utf8.RuneSelf && byte(r)|0x20 == word[0]: // in small letters or large
		case r >= utf8.RuneSelf && unicode.IsLetter(r) && others < most:
			others++
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
