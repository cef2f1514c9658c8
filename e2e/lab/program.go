package lab

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// program is what plays a role: an image or a command, never both.
type program struct {
	image   string
	command []string
}

// ownImages is where the project's images are. They are known to run with no
// user, no capability and no writable root; others may need their own user.
const ownImages = "peerlab/"

func (p program) foreign() bool { return !strings.HasPrefix(p.image, ownImages) }

func (p program) String() string {
	if p.image != "" {
		return "image:" + p.image
	}
	return "cmd:" + strings.Join(p.command, " ")
}

// parseProgram reads what PEERLAB_<ROLE> holds: image:NAME or cmd:WORDS.
func parseProgram(s string) (program, error) {
	kind, rest, _ := strings.Cut(s, ":")
	switch {
	case kind == "image" && rest != "":
		return program{image: rest}, nil
	case kind == "cmd":
		words, err := splitWords(rest)
		if err != nil {
			return program{}, fmt.Errorf("%q: %w", s, err)
		}
		if len(words) > 0 {
			return program{command: words}, nil
		}
	}
	return program{}, fmt.Errorf("%q is neither image:NAME nor cmd:WORDS", s)
}

// roleVariable names the environment variable that overrides role.
func roleVariable(role string) string {
	return "PEERLAB_" + strings.ToUpper(strings.ReplaceAll(role, "-", "_"))
}

// casting decides who plays which role.
type casting struct {
	container bool                   // roles run in containers unless told otherwise
	overrides map[string]string      // by role, as parseProgram reads them
	binaries  func() (string, error) // the folder of the native programs
}

// play returns what plays role.
func (c casting) play(role string) (program, error) {
	told := c.overrides[role]
	if told == "" {
		told = os.Getenv(roleVariable(role))
	}
	if told != "" {
		p, err := parseProgram(told)
		if err != nil {
			return program{}, fmt.Errorf("role %s, %s: %w", role, roleVariable(role), err)
		}
		return p, nil
	}
	if c.container {
		return program{image: ownImages + role + ":latest"}, nil
	}
	return c.built(role)
}

// built returns the native program of the project for role.
func (c casting) built(role string) (program, error) {
	dir, err := c.binaries()
	if err != nil {
		return program{}, err
	}
	path := filepath.Join(dir, role)
	if _, err := os.Stat(path); err != nil {
		return program{}, fmt.Errorf("role %s: no program for it: %w", role, err)
	}
	return program{command: []string{path}}, nil
}
