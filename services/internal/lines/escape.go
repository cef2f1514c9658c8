package lines

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Clean reports whether b holds nothing that Escape would change: it is valid
// UTF-8 without C0 and C1 controls, DEL and bidirectional controls.
func Clean(b []byte) bool {
	for {
		b = b[printable(b):]
		if len(b) == 0 {
			return true
		}
		for len(b) > 0 && (b[0] < ' ' || b[0] > '~') {
			r, size := utf8.DecodeRune(b)
			if steers(r) || r == utf8.RuneError && size == 1 {
				return false
			}
			b = b[size:]
		}
	}
}

// printable returns how many bytes at the start of b are from space to tilde, as
// nearly all bytes of nearly all lines are. It looks at 32 at a time, and at 8.
//
// Adding 1 to a byte from 0x7f to 0xfe sets its high bit, and adding 0x60 to one
// below a space, or to 0xff, leaves it without; in a word of others neither
// happens. Only a byte that is found in this way carries into those above it.
func printable(b []byte) (n int) {
	const (
		ones  = 0x0101010101010101
		floor = 0x60 * ones
		highs = 0x80 * ones
	)
	for ; len(b)-n >= 32; n += 32 {
		four := b[n : n+32 : n+32]
		w, x, y, z := word(four), word(four[8:]), word(four[16:]), word(four[24:])
		above := (w + ones) | (x + ones) | (y + ones) | (z + ones)
		within := (w + floor) & (x + floor) & (y + floor) & (z + floor)
		if (above|^within)&highs != 0 {
			break
		}
	}
	for ; len(b)-n >= 8; n += 8 {
		if w := word(b[n:]); ((w+ones)|^(w+floor))&highs != 0 {
			break
		}
	}
	for n < len(b) && b[n] >= ' ' && b[n] <= '~' {
		n++
	}
	return n
}

// word returns the first eight bytes of b.
func word(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }

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
