package relay

import (
	"errors"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// errName says that a name is not one that a file can be fetched by.
var errName = errors.New("no name of a file")

// badName is an error that is errName, and says what is the matter.
type badName struct{ error }

func (badName) Is(target error) bool { return target == errName }

// spellings returns a name, and the same name with its letters and their accents
// composed and decomposed (Unicode's NFC and NFD): file systems differ in which of
// them they keep.
func spellings(names ...string) []string {
	all := slices.Clone(names)
	for _, form := range []norm.Form{norm.NFC, norm.NFD} {
		for _, name := range names {
			all = append(all, form.String(name))
		}
	}
	return unique(all)
}

// typedNames returns what a line that was typed may name, the likeliest first: the
// line as it is; without the blanks around it; without quotes; without "./".
func typedNames(line string) []string {
	trimmed := strings.TrimSpace(line)
	bare := trimmed
	for _, quote := range []string{`"`, `'`} {
		if inner, ok := strings.CutPrefix(trimmed, quote); ok && strings.HasSuffix(inner, quote) {
			bare = strings.TrimSuffix(inner, quote)
		}
	}
	short := bare
	for strings.HasPrefix(short, "./") {
		short = strings.TrimLeft(strings.TrimPrefix(short, "./"), "/")
	}
	return spellings(unique([]string{line, trimmed, bare, short})...)
}

// unique returns the names without those that are there before.
func unique(names []string) []string {
	var all []string
	for _, name := range names {
		if !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}
