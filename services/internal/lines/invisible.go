package lines

import "unicode"

// Invisible reports whether a character has no glyph of its own: format controls and
// the code points that Unicode calls default-ignorable, such as zero-width spaces,
// variation selectors and Hangul fillers, and the blank Braille pattern. A text that
// differs from another only in them looks the same.
func Invisible(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) || r == '\u2800'
}
