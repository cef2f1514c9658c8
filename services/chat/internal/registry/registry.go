// Package registry keeps the file in which a server of the chat records its clients, for the next server to find.
package registry

import (
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"peerlab/services/chat/internal/wire"
	"peerlab/services/internal/lockedfile"
)

// Registry is a text file, one "ID HOST:PORT" a line; a '#' begins a comment. A person may edit it while no server runs. Beside
// FILE there may be FILE.lock and FILE.tmp of package lockedfile, and FILE.bad, the last version of which something was left out.
//
// A file that a Registry has written is within the bounds of one that it reads. All methods may be called by any goroutine.
type Registry struct {
	file *lockedfile.File // nil: the registry is kept in memory only

	mu      sync.Mutex
	lines   []Entry
	unsaved bool // the last save failed
}

// Entry is a line of a registry: a client, a comment that keeps its place, or both.
type Entry struct {
	Name    wire.Name // empty: no client
	Addr    string
	comment string // from its '#'
	puts    uint   // calls of Put for it
}

// Seen returns when a client was last connected, zero for not since the server was started, or true if it is now.
type Seen func(wire.Name) (last time.Time, now bool)

var errFull = fmt.Errorf("it holds %d clients, and all of them are connected", MaxEntries)

// warnings are what the log says of the file, after "registry FILE".
var warnings = map[lockedfile.Warning]string{
	lockedfile.Unwritable: "cannot be written; the chat goes on, but a restarted server will not find its clients: " +
		"see that its folder exists and is writable, or give another file with -registry",
	lockedfile.NoLockFile: "is locked without its lock file; move away what is in its place",
	lockedfile.InPlace: "can only be written in place: if this machine crashes, or the server is killed, in the middle of that, " +
		"the file may be torn; mount its folder rather than the file alone, or make the folder writable",
}

// Open reads the registry at path; a missing file is empty. The log reports lines that cannot be used, which are left out, after
// a copy to path.bad, and a file that cannot be written. The errors are those of lockedfile.Open. Close must be called in the end.
func Open(path string, log *slog.Logger) (*Registry, error) {
	warn := func(w lockedfile.Warning, err error) { log.Warn("registry "+path+" "+warnings[w], "err", err) }
	file, text, err := lockedfile.Open(path, maxFile, warn)
	if err != nil {
		return nil, fmt.Errorf("registry %s cannot be used: %w; see to that, or give another file with -registry (-registry '' for none)", path, err)
	}
	bad := 0
	all := parse(text, func(why string) {
		if bad++; bad <= maxReported {
			log.Warn("registry "+path+": passed over "+why, "kept", path+".bad")
		}
	})
	if bad > maxReported {
		log.Warn(fmt.Sprintf("registry %s: passed over %d more lines", path, bad-maxReported), "kept", path+".bad")
	}
	if bad > 0 {
		if err := file.WriteBeside(".bad", text); err != nil {
			log.Warn("registry "+path+": no copy could be kept", "err", err)
		}
	}
	return &Registry{file: file, lines: all}, nil
}

// New returns a registry that is kept in memory only.
func New(entries ...Entry) *Registry { return &Registry{lines: entries} }

// Close lets another server use the registry. Put and Remove must not be called afterwards.
func (r *Registry) Close() {
	if r.file != nil {
		r.file.Close()
	}
}

// Entries returns the clients in the order of the file.
func (r *Registry) Entries() []Entry {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.entriesLocked()
}

func (r *Registry) entriesLocked() []Entry {
	return slices.DeleteFunc(slices.Clone(r.lines), func(e Entry) bool { return e.Name == "" })
}

// Put records the address of a client. When it returns nil, that is on disk. It writes nothing if nothing changes. If the
// registry is full, the client that has been gone for longest makes room; only then Put calls seen, and holds no lock meanwhile.
// After another error the entry is kept in memory and the next call tries again.
func (r *Registry) Put(name wire.Name, addr string, seen Seen) error {
	for {
		if err := r.put(name, addr); err != errFull || !r.makeRoom(seen) {
			return err
		}
	}
}

func (r *Registry) put(name wire.Name, addr string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := r.findLocked(name)
	if i < 0 {
		if len(r.entriesLocked()) == MaxEntries {
			return errFull
		}
		if len(r.lines) == 0 {
			r.lines = []Entry{{comment: title}}
		}
		i = len(r.lines)
		r.lines = append(r.lines, Entry{Name: name})
	}
	e := &r.lines[i]
	e.puts++
	if e.Addr == addr && !r.unsaved {
		return nil
	}
	e.Addr = addr
	return r.saveLocked()
}

// makeRoom removes the client that has been gone for longest, unless it is recorded again meanwhile. It returns false if all
// are connected.
func (r *Registry) makeRoom(seen Seen) bool {
	var oldest Entry
	var since time.Time
	for _, e := range r.Entries() {
		if last, now := seen(e.Name); !now && (oldest.Name == "" || last.Before(since)) {
			oldest, since = e, last
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := slices.Index(r.lines, oldest); i >= 0 && oldest.Name != "" {
		r.dropLocked(i)
	}
	return oldest.Name != ""
}

// Remove removes a client from the registry.
func (r *Registry) Remove(name wire.Name) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := r.findLocked(name); i >= 0 {
		r.dropLocked(i)
		return r.saveLocked()
	}
	return nil
}

func (r *Registry) findLocked(name wire.Name) int {
	return slices.IndexFunc(r.lines, func(e Entry) bool { return e.Name == name })
}

// dropLocked removes the entry at index i; a comment in its line stays.
func (r *Registry) dropLocked(i int) {
	if r.lines[i] = (Entry{comment: r.lines[i].comment}); r.lines[i].comment == "" {
		r.lines = slices.Delete(r.lines, i, i+1)
	}
}

func (r *Registry) saveLocked() error {
	if r.file == nil {
		return nil
	}
	err := r.file.Write(format(r.lines))
	r.unsaved = err != nil
	return err
}
