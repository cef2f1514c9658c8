package room

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// validNick reports whether a client may be called s. What is refused could be
// taken for an address, end the name before its end, or steer a terminal.
func validNick(s string) bool {
	if s == "" || len(s) > maxNick || !utf8.ValidString(s) {
		return false
	}
	for i, r := range s {
		switch {
		case unicode.IsLetter(r):
		case i == 0:
			return false
		case unicode.IsMark(r), unicode.IsDigit(r), r == '_', r == '-', r == '.':
		default:
			return false
		}
	}
	return true
}

// fold maps names that are the same but for small letters and large to one.
func fold(nick string) string { return strings.ToLower(strings.ToUpper(nick)) }
