package registry

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"peerlab/services/chat/internal/wire"
)

// title is the first line of a new registry.
const title = "# The clients of this chat, one ID HOST:PORT a line. The server keeps this file; edit it while none runs."

var errFull = fmt.Errorf("it holds %d clients, and all of them are connected", MaxEntries)

// Seen returns when a client was last connected, or true if it is now. The time of one that has not been since the server was
// started is zero.
type Seen func(wire.Name) (last time.Time, now bool)

// Put records the address of a client. When it returns nil, that is on disk. It writes nothing if nothing changes. If the
// registry is full, the client that has been gone for longest makes room. After an error the entry is kept in memory and the
// next call tries again.
func (r *Registry) Put(name wire.Name, addr string, seen Seen) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := r.findLocked(name)
	switch {
	case i < 0:
		if err := r.makeRoomLocked(seen); err != nil {
			return err
		}
		if len(r.lines) == 0 {
			r.lines = append(r.lines, line{comment: title})
		}
		r.lines = append(r.lines, line{Entry: Entry{name, addr}})
	case r.lines[i].Addr == addr && !r.unsaved:
		return nil
	default:
		r.lines[i].Addr = addr
	}
	return r.saveLocked()
}

// Remove removes a client from the registry.
func (r *Registry) Remove(name wire.Name) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := r.findLocked(name)
	if i < 0 {
		return nil
	}
	r.dropLocked(i)
	return r.saveLocked()
}

func (r *Registry) findLocked(name wire.Name) int {
	return slices.IndexFunc(r.lines, func(l line) bool { return l.Name == name })
}

// dropLocked removes the entry at index i; a comment in its line stays.
func (r *Registry) dropLocked(i int) {
	if r.lines[i].comment != "" {
		r.lines[i].Entry = Entry{}
	} else {
		r.lines = slices.Delete(r.lines, i, i+1)
	}
}

func (r *Registry) makeRoomLocked(seen Seen) error {
	count, oldest := 0, -1
	var since time.Time
	for i, l := range r.lines {
		if l.Name == "" {
			continue
		}
		count++
		if last, now := seen(l.Name); !now && (oldest < 0 || last.Before(since)) {
			oldest, since = i, last
		}
	}
	switch {
	case count < MaxEntries:
	case oldest < 0:
		return errFull
	default:
		r.dropLocked(oldest)
	}
	return nil
}

func (r *Registry) saveLocked() error {
	if r.file == nil {
		return nil
	}
	err := r.file.write(r.textLocked())
	r.unsaved = err != nil
	return err
}

// textLocked returns what the file is to hold.
func (r *Registry) textLocked() []byte {
	var text bytes.Buffer
	for _, l := range r.lines {
		switch {
		case l.Name == "":
			text.WriteString(l.comment)
		case l.comment == "":
			fmt.Fprintf(&text, "%s %s", l.Name, l.Addr)
		default:
			fmt.Fprintf(&text, "%s %s %s", l.Name, l.Addr, l.comment)
		}
		text.WriteByte('\n')
	}
	return text.Bytes()
}
