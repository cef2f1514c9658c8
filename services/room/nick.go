package room

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mtibben/confusables"
	"golang.org/x/text/unicode/norm"

	"peerlab/services/internal/lines"
)

// reserved holds the names that no client may have, nor a name that looks like
// them: they would make a line look like one of the client's own, or of the
// server.
var reserved = []string{"You", "Server"}

// parseNick returns the name that a client asks for, composed (NFC), so that a
// name has one spelling. ok is false for a text that is not a valid name: one
// that looks like an address, contains a separator or an invisible character, or
// controls a terminal.
func parseNick(s string) (nick string, ok bool) {
	if !utf8.ValidString(s) || len(s) > maxNick {
		return "", false
	}
	nick = norm.NFC.String(s)
	if nick == "" || len(nick) > maxNick {
		return "", false
	}
	for i, r := range nick {
		switch {
		case lines.Invisible(r):
			return "", false
		case unicode.IsLetter(r):
		case i == 0:
			return "", false
		case unicode.IsMark(r), unicode.IsDigit(r), r == '_', r == '-', r == '.':
		default:
			return "", false
		}
	}
	return nick, !looksLikeAddress(confusables.Skeleton(nick))
}

// looksLikeAddress reports whether a name with this skeleton looks like part of
// an address: it contains a colon, or consists of four numbers, or letters that
// look like digits, separated by periods.
func looksLikeAddress(skeleton string) bool {
	return strings.Contains(skeleton, ":") || strings.Count(skeleton, ".") == 3 && strings.Trim(skeleton, "0123456789lIOo.") == ""
}

// keys returns the keys of a name. Two names that a person can confuse share a
// key: one key is equal for names that look alike in lower case, the other for
// names that look alike as they are written, such as AI and Al. Looking alike is
// defined by Unicode Technical Standard 39, section 4.
func keys(nick string) []string {
	plain := norm.NFKC.String(nick)
	return []string{confusables.Skeleton(fold(plain)), confusables.Skeleton(plain)}
}

// isReserved reports whether a name looks like a reserved one, also without its
// accents, separators and zeros in place of o: You., Y0u.
func isReserved(nick string) bool {
	own := append(keys(nick), keys(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsMark(r), r == '.', r == '-', r == '_':
			return -1
		case r == '0':
			return 'o'
		}
		return r
	}, norm.NFD.String(nick)))...)
	return slices.ContainsFunc(reserved, func(name string) bool {
		return slices.ContainsFunc(keys(name), func(key string) bool { return slices.Contains(own, key) })
	})
}

// fold maps names that differ in case only to the same string.
func fold(nick string) string { return strings.ToLower(strings.ToUpper(nick)) }
