package lab

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// place matches a place in a command, as in {PORT1}, for a value of [Spec.Vars].
// It matches ${HOME} too, which is left to a shell.
var place = regexp.MustCompile(`\$?\{[A-Z][A-Z0-9_]*\}`)

// noArguments is the word of a command that stands for no argument. It makes the
// command whole.
const noArguments = "{}"

// ErrOwnArguments is the error of starting a command with places for which the scenario
// has only the arguments of the project's own program.
var ErrOwnArguments = errors.New("the scenario starts it with arguments of this implementation, which a command with places cannot be given")

// wholeCommand returns the words without {}, the names of the places in them, and
// whether there were any of both: the words are then the whole command line.
func wholeCommand(words []string) (command, places []string, whole bool) {
	for _, word := range words {
		if word == noArguments {
			whole = true
			continue
		}
		command = append(command, word)
		for _, found := range place.FindAllString(word, -1) {
			if name, ok := placeName(found); ok {
				places, whole = append(places, name), true
			}
		}
	}
	return command, places, whole
}

// placeName returns the name in a match of place, false if it is the shell's.
func placeName(found string) (string, bool) {
	return strings.Trim(found, "{}"), found[0] == '{'
}

// fill returns the program with values in its places, and the arguments that
// follow its command. An unknown place is an error that lists the known ones.
func (p program) fill(spec Spec) (program, []string, error) {
	if !p.whole {
		return p, spec.Args, nil
	}
	if spec.Vars == nil && (len(p.places) > 0 || len(spec.Args) > 0) {
		return p, nil, ErrOwnArguments
	}
	for _, name := range p.places {
		if _, ok := spec.Vars[name]; !ok {
			return p, nil, fmt.Errorf("%v: unknown place {%s}; the places for role %s are {%s}",
				p, name, spec.Role, strings.Join(slices.Sorted(maps.Keys(spec.Vars)), "} {"))
		}
	}
	p.command = slices.Clone(p.command)
	for i, word := range p.command {
		p.command[i] = place.ReplaceAllStringFunc(word, func(found string) string {
			if name, ok := placeName(found); ok {
				return spec.Vars[name]
			}
			return found
		})
	}
	return p, nil, nil
}

// hasPlace returns whether the command has a place for one of these values.
func (p program) hasPlace(values ...string) bool {
	return slices.ContainsFunc(values, func(value string) bool { return slices.Contains(p.places, value) })
}
