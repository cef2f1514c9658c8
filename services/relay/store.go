package relay

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// inMemory is how large a file may be that is kept in memory until it is verified.
const inMemory = 1 << 20

// store holds the bytes of a file while it is fetched, at any offset.
type store interface {
	io.WriterAt
	io.ReaderAt
	// clear drops all bytes.
	clear() error
	// drop frees the store.
	drop()
}

// memory is a store for a small file.
type memory struct{ b []byte }

func (m *memory) WriteAt(p []byte, at int64) (int, error) {
	end := at + int64(len(p))
	if end > inMemory {
		return 0, errors.New("more bytes than were announced")
	}
	if int64(len(m.b)) < end {
		m.b = append(m.b, make([]byte, end-int64(len(m.b)))...)
	}
	return copy(m.b[at:], p), nil
}

func (m *memory) ReadAt(p []byte, at int64) (int, error) {
	if at >= int64(len(m.b)) {
		return 0, io.EOF
	}
	n := copy(p, m.b[at:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (m *memory) clear() error { m.b = nil; return nil }
func (m *memory) drop()        {}

// disk is a store for a file of any size.
type disk struct{ *os.File }

// spool returns a store on disk without a name: nothing is left of it, however
// the process ends.
func spool() (store, error) {
	f, err := os.CreateTemp("", "peerlab-fetch-")
	if err != nil {
		return nil, fmt.Errorf("no room for a temporary file: %w; set TMPDIR, or save the file with -o DIR", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return disk{f}, nil
}

func (d disk) clear() error { return d.Truncate(0) }
func (d disk) drop()        { d.Close() }
