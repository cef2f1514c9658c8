// Package visible writes text of programs, which is hostile, so that it only shows.
package visible

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text returns s as one line that only shows: what could steer a terminal, break a line
// or be no character of XML is written as \n, \x1b, \u202e, or \xff if it is no UTF-8. The
// joiners that emoji and some scripts need stay. It changes nothing in its own result.
func Text(s string) string {
	if strings.IndexFunc(s, hidden) < 0 && utf8.ValidString(s) {
		return s
	}
	var out strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&out, `\x%02x`, s[0])
		case r == '\n':
			out.WriteString(`\n`)
		case r == '\r':
			out.WriteString(`\r`)
		case r == '\t':
			out.WriteString(`\t`)
		case hidden(r) && r < 0x80:
			fmt.Fprintf(&out, `\x%02x`, r)
		case hidden(r):
			fmt.Fprintf(&out, `\u%04x`, r)
		default:
			out.WriteString(s[:size])
		}
		s = s[size:]
	}
	return out.String()
}

// Policy returns the Content-Security-Policy of a page with one style sheet: the page loads
// nothing at all, and uses no other style.
func Policy(style string) string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// hidden reports whether a character has no glyph and steers what has one.
func hidden(r rune) bool {
	switch {
	case r >= ' ' && r <= '~', r == '\u200c', r == '\u200d':
		return false
	case r == '\ufffe', r == '\uffff':
		return true
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}
