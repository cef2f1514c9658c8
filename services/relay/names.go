package relay

import (
	"errors"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// errName means that a name is not valid.
var errName = errors.New("not a file name")

// badName is an error with a message of its own that matches errName.
type badName struct{ error }

func (badName) Is(target error) bool { return target == errName }

// spellings returns the names and their Unicode normalization forms NFC and NFD, since
// file systems differ in the form that they store.
func spellings(names ...string) []string {
	all := slices.Clone(names)
	for _, form := range []norm.Form{norm.NFC, norm.NFD} {
		for _, name := range names {
			all = append(all, form.String(name))
		}
	}
	return unique(all)
}

// typedNames returns the names that a typed line may mean, the most likely first: the
// line as it is; without surrounding blanks; without quotes; without "./".
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

// unique returns the names without duplicates, in order.
func unique(names []string) []string {
	var all []string
	for _, name := range names {
		if !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}
