// Package registry keeps the file in which a server of the chat records its
// clients, for the next server to find them.
package registry

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"peerlab/services/chat/internal/wire"
)

const (
	maxSize    = 1 << 20         // bytes of the file
	MaxEntries = wire.MaxMembers // clients in it
	// maxComments bounds the bytes of comments and empty lines, so that all entries fit beside them.
	maxComments = maxSize - MaxEntries*(wire.MaxID+wire.MaxAddr+3)
	maxReported = 10 // bad lines that the log names one by one
)

// Registry is the file in which a server records its clients, for the next server to find them. It is text, one "ID HOST:PORT"
// a line; a '#' begins a comment. A person may edit it while no server runs. Beside FILE there may be FILE.lock, locked by the
// server that runs, FILE.tmp, a version being written, and FILE.bad, the last version of which something was left out.
//
// A file that a Registry has written is within the bounds of one that it reads. All methods may be called by any goroutine.
type Registry struct {
	file *file // nil: the registry is kept in memory only

	mu      sync.Mutex
	lines   []line
	unsaved bool // the last save failed
}

// Entry is a client in the registry.
type Entry struct {
	Name wire.Name
	Addr string
}

// line is a line of the file: an entry, or a comment that keeps its place.
type line struct {
	Entry          // Name empty: none
	comment string // from its '#', or an empty line
}

// ErrInUse is the error of opening a registry that another server has open.
var ErrInUse = errors.New("another server is using it")

// Open reads the registry at path; a missing file is an empty registry. What cannot be used is reported to the log and
// left out, and the file is copied to path.bad. The errors are ErrInUse and those of reading; a registry that can be
// read and not written is reported to the log. Close must be called in the end.
func Open(path string, log *slog.Logger) (*Registry, error) {
	file, err := openFile(path, log)
	var text []byte
	if err == nil {
		if text, err = file.read(); err != nil {
			file.close()
		}
	}
	switch {
	case errors.Is(err, ErrInUse):
		return nil, fmt.Errorf("registry %s: %w; stop that one, or give another file with -registry", path, err)
	case err != nil:
		return nil, fmt.Errorf("registry %s cannot be used: %w; see to that, or give another file with -registry (-registry '' for none)", path, err)
	}
	r := &Registry{file: file}
	if bad := r.parse(text); bad.count > 0 {
		bad.report(path, log)
		if err := file.keepAside(text); err != nil {
			log.Warn("registry "+path+": no copy could be kept", "err", err)
		}
	}
	return r, nil
}

// New returns a registry that is kept in memory only.
func New(entries ...Entry) *Registry {
	r := &Registry{}
	for _, e := range entries {
		r.lines = append(r.lines, line{Entry: e})
	}
	return r
}

// Close lets another server use the registry. Put and Remove must not be called afterwards.
func (r *Registry) Close() {
	if r.file != nil {
		r.file.close()
	}
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
