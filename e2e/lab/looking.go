package lab

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxTextFile is how large a file may be to be looked at.
const maxTextFile = 1 << 20

// ListensAt waits until the process listens, and returns where. A program that was
// told an address must listen there, as [Process.Listens] requires. A foreign one
// may have an address of its own: see [Process.FindListener].
func (p *Process) ListensAt(told string) string {
	p.lab.t.Helper()
	if !p.Foreign() || p.InContainer() || p.HasPlace("LISTEN", "PORT") {
		p.Listens(told)
		return told
	}
	return p.FindListener(told)
}

// FindListener waits until the process, or one that it started, listens, and returns where:
// at the address given if it listens there. No connection is made, which a simple server
// would count as a client's.
func (p *Process) FindListener(likely string) string {
	p.lab.t.Helper()
	var at []netip.AddrPort
	p.lab.eventually(awaited{
		late: func() string {
			return fmt.Sprintf("%v did not listen at any port within %v; %s", p, lookTimeout, p.noListener())
		},
		before: func() string { return "it listened at any port" },
	}, []*Process{p}, func() bool {
		at = p.listening()
		return len(at) > 0
	})
	if listensAt(at, likely) {
		return likely
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(int(at[0].Port())))
}

// ListensOnLoopback requires that no socket of the process listens at an address that
// other machines reach. It is for processes of this machine, on Linux.
func (p *Process) ListensOnLoopback() {
	p.lab.t.Helper()
	for _, at := range p.listening() {
		if !at.Addr().IsLoopback() {
			p.lab.failAt(p, "%v listens at %v, which other machines reach: bind its socket to 127.0.0.1, not to all addresses (0.0.0.0, INADDR_ANY, \"\")", p, at)
		}
	}
}

// FileWith waits until a text file in the process's data folder, whatever its name
// and form, holds all of these words, which are letters and digits; what says what
// they are. It returns the file's path.
func (p *Process) FileWith(what string, words ...string) string {
	p.lab.t.Helper()
	var path, files string
	describe := func() string {
		return fmt.Sprintf("a text file in the data folder of %s holds %s: %s%s", p.Name(), what, strings.Join(words, ", "), files)
	}
	look := func() bool {
		path, files = fileWith(p.Dir(), words)
		return path != ""
	}
	w := awaitedState(describe)
	w.file = look
	p.lab.eventually(w, []*Process{p}, look)
	return path
}

// fileWith returns the path of such a file, and otherwise what was looked at, for
// messages.
func fileWith(dir string, words []string) (path, files string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", fmt.Sprintf(" (%v)", err)
	}
	var looked []string
	for _, entry := range entries {
		if info, err := entry.Info(); err != nil || !info.Mode().IsRegular() || info.Size() > maxTextFile {
			continue
		}
		content, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil || !utf8.Valid(content) {
			continue
		}
		held := strings.FieldsFunc(string(content), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		if !slices.ContainsFunc(words, func(word string) bool { return !slices.Contains(held, word) }) {
			return filepath.Join(dir, entry.Name()), ""
		}
		looked = append(looked, fmt.Sprintf("%s holds %q", entry.Name(), shorten(string(content))))
	}
	if len(looked) == 0 {
		return "", " (there is no text file in it)"
	}
	return "", " (" + strings.Join(looked, ", ") + ")"
}
