package lab

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"

	psnet "github.com/shirou/gopsutil/v4/net"
)

// maxTextFile is how large a file may be to be looked at.
const maxTextFile = 1 << 20

// ListensAt waits until the process listens, and returns where. A program that was
// told an address must listen there, as [Process.Listens] requires. A foreign one
// may have an address of its own, which is found among its sockets and those of
// the processes that it started; no connection is made, which a simple server
// would count as a client's.
func (p *Process) ListensAt(told string) string {
	p.lab.t.Helper()
	if !p.Foreign() || p.InContainer() || p.HasPlace("LISTEN", "PORT") {
		p.Listens(told)
		return told
	}
	var at []string
	p.lab.eventually(awaited{
		late: func() string {
			return fmt.Sprintf("%v did not listen at any port within %v (lookTimeout)", p, lookTimeout)
		},
		before: func() string { return "it listened at any port" },
	}, []*Process{p}, func() bool {
		at = p.listening()
		return len(at) > 0
	})
	if slices.Contains(at, told) {
		return told
	}
	return at[0]
}

// listening returns where the process listens, and the processes of its group, as
// far as the system shows that to the test; the lowest port comes first.
func (p *Process) listening() []string {
	ctx, cancel := context.WithTimeout(context.Background(), signalTimeout)
	defer cancel()
	pid, err := p.now().PID(ctx)
	if err != nil {
		return nil
	}
	var found []psnet.Addr
	for _, pid := range groupOf(pid) {
		sockets, err := psnet.ConnectionsPidWithContext(ctx, "tcp", int32(pid))
		if err != nil {
			continue // it has exited, or is another user's
		}
		for _, s := range sockets {
			if s.Status == "LISTEN" {
				found = append(found, s.Laddr)
			}
		}
	}
	slices.SortFunc(found, func(a, b psnet.Addr) int { return cmp.Compare(a.Port, b.Port) })
	at := make([]string, len(found))
	for i, addr := range found {
		if ip := net.ParseIP(addr.IP); ip.IsUnspecified() {
			addr.IP = "127.0.0.1"
		}
		at[i] = net.JoinHostPort(addr.IP, strconv.FormatUint(uint64(addr.Port), 10))
	}
	return slices.Compact(at)
}

// groupOf returns the processes of the group of a process, itself first.
func groupOf(leader int) []int {
	group := []int{leader}
	id, err := syscall.Getpgid(leader)
	if err != nil {
		return group
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return group
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || pid == leader {
			continue
		}
		if of, err := syscall.Getpgid(pid); err == nil && of == id {
			group = append(group, pid)
		}
	}
	return group
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
	p.lab.eventually(awaitedState(describe), []*Process{p}, func() bool {
		path, files = fileWith(p.Dir(), words)
		return path != ""
	})
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
