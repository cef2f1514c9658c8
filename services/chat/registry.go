package chat

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"syscall"

	"peerlab/services/internal/lines"
)

// maxRegistry bounds the registry file, in bytes.
const maxRegistry = 1 << 20

// Registry is the file in which a server writes down its clients, for the next
// server to find them. It is text, one "ID HOST:PORT" a line; a '#' begins a
// comment. A person may edit it while no server runs. Beside FILE there may be
// FILE.lock, held by the server that runs, FILE.tmp, a version being written,
// and FILE.bad, the last version that had lines that made no sense.
//
// All methods may be called by any goroutine.
type Registry struct {
	path string
	lock *os.File // nil: could not be had

	mu    sync.Mutex
	lines []registryLine
	dirty bool // the last save failed
}

// Entry is a client in the registry.
type Entry struct {
	Name Name
	Addr string
}

// registryLine is a line of the file: an entry, or a comment that is to stay
// where it is.
type registryLine struct {
	Entry          // Name empty: none
	comment string // from its '#', or an empty line
}

// ErrRegistryInUse says that another server has the registry.
var ErrRegistryInUse = errors.New("another server is using it")

// OpenRegistry reads the registry at path; a missing file is an empty registry.
// Lines that make no sense are reported to the log with their numbers and left
// out, and the file is copied to path.bad. The errors are ErrRegistryInUse and
// those of reading; a registry that can be read and not written is reported to
// the log. Close must be called in the end.
func OpenRegistry(path string, log *slog.Logger) (*Registry, error) {
	r := &Registry{path: path}
	if err := r.takeLock(); errors.Is(err, ErrRegistryInUse) {
		return nil, fmt.Errorf("registry %s: %w; stop that one, or give another file with -registry", path, err)
	} else if err != nil {
		log.Warn("the registry "+path+" cannot be written; the chat goes on, but a restarted server will not find its clients: see to the folder, or give another with -registry", "err", err)
	}
	text, err := readBounded(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		r.Close()
		return nil, fmt.Errorf("registry %s cannot be read: %w; mend it, or give another file with -registry", path, err)
	}
	if bad := r.parse(text); len(bad) > 0 {
		for _, b := range bad {
			log.Warn("registry "+path+": passed over "+b, "kept", path+".bad")
		}
		if err := os.WriteFile(path+".bad", text, 0o644); err != nil {
			log.Warn("registry "+path+": no copy could be kept", "err", err)
		}
	}
	return r, nil
}

// takeLock takes the lock file. The system gives it back when the process ends,
// however it ends.
func (r *Registry) takeLock() error {
	f, err := os.OpenFile(r.path+".lock", os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return ErrRegistryInUse
		}
		return err
	}
	r.lock = f
	return nil
}

// Close lets another server have the registry. Nothing may be put afterwards.
func (r *Registry) Close() {
	if r.lock != nil {
		r.lock.Close()
	}
}

func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a regular file")
	case info.Size() > maxRegistry:
		return nil, fmt.Errorf("it has %d bytes, more than any registry (%d)", info.Size(), maxRegistry)
	}
	return os.ReadFile(path)
}

// parse takes in the text of a file and returns what is wrong with it, a line each.
func (r *Registry) parse(text []byte) (bad []string) {
	at := make(map[Name]int) // where in r.lines
	number := 0
	for raw := range bytes.Lines(text) {
		number++
		l, err := parseRegistryLine(raw)
		if err != nil {
			bad = append(bad, fmt.Sprintf("line %d: %v", number, err))
			continue
		}
		if i, ok := at[l.Name]; ok && l.Name != "" {
			bad = append(bad, fmt.Sprintf("line %d: client %s is there before; the later line counts", number, l.Name))
			r.lines[i].Addr = l.Addr
			continue
		}
		at[l.Name] = len(r.lines)
		r.lines = append(r.lines, l)
	}
	return bad
}

// parseRegistryLine reads one line. A last line without its end may have been
// cut, but if it makes sense it is used: whoever answers at its address must say
// who it is in any case.
func parseRegistryLine(raw []byte) (registryLine, error) {
	var l registryLine
	if !lines.Clean(bytes.ReplaceAll(bytes.TrimRight(raw, "\r\n"), []byte("\t"), []byte(" "))) {
		return l, fmt.Errorf("%s is no text", lines.Quote(raw))
	}
	text, comment, found := strings.Cut(strings.TrimRight(string(raw), "\r\n"), "#")
	if found {
		l.comment = "#" + comment
	}
	switch f := strings.Fields(text); len(f) {
	case 0:
		return l, nil
	case 2:
		name, err := ParseID(f[0])
		if err != nil {
			return l, err
		}
		if checkAddr(f[1]) != nil {
			return l, fmt.Errorf("%q is no HOST:PORT", f[1])
		}
		l.Entry = Entry{name, f[1]}
		return l, nil
	}
	return l, fmt.Errorf("%s is not ID HOST:PORT", lines.Quote(bytes.TrimRight(raw, "\r\n")))
}

// Entries returns the clients in the order of the file.
func (r *Registry) Entries() []Entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []Entry
	for _, l := range r.lines {
		if l.Name != "" {
			all = append(all, l.Entry)
		}
	}
	return all
}
