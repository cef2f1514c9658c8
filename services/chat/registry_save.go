package chat

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// registryTitle is what a new registry begins with.
const registryTitle = "# The clients of this chat, one ID HOST:PORT a line. The server keeps this file; edit it while none runs."

// Put writes down where a client listens. When it returns nil, that is on disk.
// It writes nothing if nothing changes. After an error the entry is kept in
// memory and the next call tries again.
func (r *Registry) Put(name Name, addr string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := r.find(name)
	switch {
	case i < 0:
		if len(r.lines) == 0 {
			r.lines = append(r.lines, registryLine{comment: registryTitle})
		}
		r.lines = append(r.lines, registryLine{Entry: Entry{name, addr}})
	case r.lines[i].Addr == addr && !r.dirty:
		return nil
	default:
		r.lines[i].Addr = addr
	}
	return r.save()
}

// Remove takes a client out of the registry.
func (r *Registry) Remove(name Name) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := r.find(name)
	if i < 0 {
		return nil
	}
	if r.lines[i].comment != "" {
		r.lines[i].Entry = Entry{}
	} else {
		r.lines = slices.Delete(r.lines, i, i+1)
	}
	return r.save()
}

func (r *Registry) find(name Name) int {
	return slices.IndexFunc(r.lines, func(l registryLine) bool { return l.Name == name })
}

// save replaces the file in such a way that whoever reads it, at any time and
// after any crash, finds either the old version or the new one, whole: a new
// file is written, synced and renamed over the old one, and the folder synced.
// It is called with r.mu held.
func (r *Registry) save() error {
	err := replace(r.path, r.text())
	r.dirty = err != nil
	return err
}

// text is what the file is to hold. It is called with r.mu held.
func (r *Registry) text() []byte {
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

func replace(path string, text []byte) error {
	tmp := path + ".tmp"
	if err := writeSynced(tmp, text); err != nil {
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

func writeSynced(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}
