package room

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mtibben/confusables"
	"golang.org/x/text/unicode/norm"
)

// reserved are names that no client may have, nor one that looks like them: they
// would make a line look like the client's own, or the server's.
var reserved = []string{"You", "Server"}

// parseNick returns the name that a client asks for, composed (NFC), so that a
// name has one spelling. ok is false for what is not a name: it could be taken for
// an address, end before its end, be invisible in part, or steer a terminal.
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
		case unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
			return "", false // it shows nothing
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

// looksLikeAddress reports whether a name with this skeleton can be taken for part
// of an address: it has a colon, or consists of four numbers, or letters that look
// like digits, with periods between them.
func looksLikeAddress(skeleton string) bool {
	return strings.Contains(skeleton, ":") || strings.Count(skeleton, ".") == 3 && strings.Trim(skeleton, "0123456789lIOo.") == ""
}

// keys returns what a name has in common with each name that a person can take for
// it: one key for names that look alike in small letters, and one for those that do
// as they are written, such as AI and Al. Two names that share a key are one.
// Looking alike is as in Unicode Technical Standard 39, section 4.
func keys(nick string) []string {
	plain := norm.NFKC.String(nick)
	return []string{confusables.Skeleton(fold(plain)), confusables.Skeleton(plain)}
}

// isReserved reports whether a name can be taken for one that is reserved.
func isReserved(nick string) bool {
	own := keys(nick)
	return slices.ContainsFunc(reserved, func(name string) bool {
		return slices.ContainsFunc(keys(name), func(key string) bool { return slices.Contains(own, key) })
	})
}

// fold maps names that are equal but for case to one.
func fold(nick string) string { return strings.ToLower(strings.ToUpper(nick)) }
