package lines

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Clean reports whether b holds nothing that Escape would change: it is valid
// UTF-8 without C0 and C1 controls, DEL and bidirectional controls.
func Clean(b []byte) bool {
	for i := 0; i < len(b); i++ {
		if c := b[i]; c < 0x20 || c >= 0x7f {
			return cleanRunes(b[i:])
		}
	}
	return true
}

func cleanRunes(b []byte) bool {
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if steers(r) || r == utf8.RuneError && size == 1 {
			return false
		}
		b = b[size:]
	}
	return true
}

// Escape appends b to dst with everything that could steer a terminal made
// visible: \t, \x1b, \u009b, \u202e, and \xff for a byte that is no UTF-8. The
// rest, a backslash too, stays as it is, so that escaping twice changes nothing.
// It copies without looking further where Clean holds.
func Escape(dst, b []byte) []byte {
	if Clean(b) {
		return append(dst, b...)
	}
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && size == 1:
			dst = fmt.Appendf(dst, `\x%02x`, b[0])
		case r == '\t':
			dst = append(dst, `\t`...)
		case r < 0x80 && steers(r):
			dst = fmt.Appendf(dst, `\x%02x`, r)
		case steers(r):
			dst = fmt.Appendf(dst, `\u%04x`, r)
		default:
			dst = append(dst, b[:size]...)
		}
		b = b[size:]
	}
	return dst
}

// steers reports whether a terminal may act on r instead of showing it. The
// bidirectional controls are those of Unicode's UAX #9.
func steers(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7f && r < 0xa0:
		return true
	case r == 0x061c, r == 0x200e, r == 0x200f:
		return true
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return true
	}
	return false
}

// Quote returns b for use within an error: escaped, in quotes, and cut after 60
// bytes, so that a stranger's bytes can be named without trusting them.
func Quote(b []byte) string {
	if len(b) > 60 {
		return strconv.Quote(string(b[:60])) + "..."
	}
	return strconv.Quote(string(b))
}
