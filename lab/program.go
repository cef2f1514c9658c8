package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/kballard/go-shellquote"
)

// program is what plays a role: an image, a command, or a command in an image.
type program struct {
	image   string
	command []string // with an image: in place of the image's own, and whole
	built   bool     // the command is the project's own
	pipes   bool     // the command asks for pipes in place of a terminal
	// whole: the command is the whole command line. Values are put into its places.
	whole  bool
	places []string // by name
}

// ownImages is where the project's images are. They are known to run with no
// user, no capability and no writable root; others may need their own user.
const ownImages = "peerlab/"

// ForeignProgram reports whether a setting, as in [Options], names a program that is not
// one of the project's own. The error says how settings are written.
func ForeignProgram(setting string) (bool, error) {
	p, err := parseProgram(setting)
	return err == nil && p.foreign(), err
}

// foreign says whether the program is not one of the project's own.
func (p program) foreign() bool { return !p.built && !strings.HasPrefix(p.image, ownImages) }

func (p program) String() string {
	if p.image != "" {
		return "image:" + strings.Join(append([]string{p.image}, p.command...), " ")
	}
	if p.pipes {
		return onPipes + ":" + strings.Join(p.command, " ")
	}
	return "cmd:" + strings.Join(p.command, " ")
}

// onPipes begins the setting of a command that is to run on pipes.
const onPipes = "cmd+pipe"

// parseProgram parses a setting of [Options]: image:NAME, image:NAME WORDS for a whole
// command in it, cmd:WORDS, with the words split as a shell splits them, or cmd+pipe:WORDS
// for a program on pipes in place of a terminal.
func parseProgram(s string) (program, error) {
	kind, rest, _ := strings.Cut(s, ":")
	switch {
	case kind == "image":
		words, err := shellquote.Split(rest)
		if err != nil {
			return program{}, fmt.Errorf("%q: %w", s, err)
		}
		if len(words) == 0 {
			break
		}
		p := program{image: words[0]}
		if p.command, p.places, p.whole = wholeCommand(words[1:]); len(p.command) > 0 && !p.whole {
			return program{}, fmt.Errorf("%q: a command in an image is whole: give it places, as in {PORT}, or {} for no arguments", s)
		}
		return p, nil
	case kind == "cmd" || kind == onPipes:
		words, err := shellquote.Split(rest)
		if err != nil {
			return program{}, fmt.Errorf("%q: %w", s, err)
		}
		if command, places, whole := wholeCommand(words); len(command) > 0 {
			return program{command: command, pipes: kind == onPipes, whole: whole, places: places}, nil
		}
	}
	return program{}, fmt.Errorf("%q is neither image:NAME nor cmd:WORDS nor cmd+pipe:WORDS, as in 'cmd:python3 my_server.py'", s)
}

// casting decides who plays which role. It does not change.
type casting struct {
	container bool              // roles run in containers unless told otherwise
	programs  map[string]string // by role or name, as in Options
	config    Config
}

// play returns what plays role where the process has that name. A name counts
// only if it begins with the role: another system's "server" is not meant.
func (c casting) play(name, role string) (program, error) {
	who := []string{role}
	if strings.HasPrefix(name, role) {
		who = []string{name, role}
	}
	for _, who := range who {
		told := c.programs[who]
		if told == "" {
			continue
		}
		p, err := parseProgram(told)
		if err != nil {
			return program{}, fmt.Errorf("role %s, %s: %w", role, who, err)
		}
		for i, word := range p.command {
			if p.image == "" {
				p.command[i] = c.paths(word)
			}
		}
		return p, nil
	}
	if c.container {
		return program{image: ownImages + role + ":latest"}, nil
	}
	path, err := c.config.Program(role)
	if err != nil {
		return program{}, fmt.Errorf("role %s: no program for it: %w", role, err)
	}
	return program{command: []string{path}, built: true}, nil
}

// usesContainers reports whether a role may run in a container.
func (c casting) usesContainers() bool {
	if c.container {
		return true
	}
	for _, told := range c.programs {
		if p, err := parseProgram(told); err == nil && p.image != "" {
			return true
		}
	}
	return false
}

// paths makes a word absolute that names a file below the root, or a folder if
// there is a / in it, or is a list of such, as a class path is: a command runs in
// its data folder.
func (c casting) paths(word string) string {
	list := filepath.SplitList(word)
	for i, path := range list {
		if path == "" {
			return word
		}
		if !filepath.IsAbs(path) {
			path = filepath.Join(c.config.Root, path)
		}
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() && !(info.IsDir() && strings.Contains(list[i], "/")) {
			return word
		}
		list[i] = path
	}
	return strings.Join(list, string(filepath.ListSeparator))
}
