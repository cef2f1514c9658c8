package relay

import (
	"fmt"
	"io"
	"os"
	"syscall"
)

// inMemory is the size up to which a file is kept in memory until it is verified.
const inMemory = 1 << 20

// store holds the bytes of a file while it is fetched. They are written in any order.
type store interface {
	io.WriterAt
	io.ReaderAt
	// checkSpace returns an error if there is no space for more bytes.
	checkSpace(more int64) error
	// checkpoint records that all bytes before the offset have been written.
	checkpoint(at int64)
	// drop frees the store. If spoilt is set, no bytes are kept for a later attempt.
	drop(spoilt bool)
}

// memory is a store for a small file. It has the size of the file from the start,
// since it is read while it is written.
type memory []byte

func (m memory) WriteAt(p []byte, at int64) (int, error) {
	n := copy(m[at:], p)
	if n < len(p) {
		return n, io.ErrShortWrite
	}
	return n, nil
}

func (m memory) ReadAt(p []byte, at int64) (int, error) {
	n := copy(p, m[min(at, int64(len(m))):])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (m memory) checkSpace(more int64) error {
	if more > int64(len(m)) {
		return fmt.Errorf("%d more bytes do not fit: memory is reserved for %d", more, len(m))
	}
	return nil
}

func (memory) checkpoint(int64) {}
func (memory) drop(bool)        {}

// disk is a store for a file of any size.
type disk struct{ *os.File }

// spool returns a store in an unlinked temporary file, which disappears when the
// process exits, even if it is killed.
func spool() (store, error) {
	f, err := os.CreateTemp("", "peerlab-fetch-")
	if err != nil {
		return nil, fmt.Errorf("%w; set TMPDIR to a folder for temporary files, or save the file with -o DIR", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return disk{f}, nil
}

// checkSpace compares the size that a node announced with the free disk space, so that
// no transfer starts that cannot be stored.
func (d disk) checkSpace(more int64) error {
	var fs syscall.Statfs_t
	if err := syscall.Fstatfs(int(d.Fd()), &fs); err != nil || fs.Blocks == 0 {
		return nil // unknown; a full disk fails the write
	}
	if free := freeBytes(&fs); uint64(more) > free {
		return fmt.Errorf("%d more bytes do not fit: the disk has %d free; free some space, or use another folder (-o DIR, or TMPDIR for printed files)", more, free)
	}
	return nil
}

func (d disk) checkpoint(int64) {}
func (d disk) drop(bool)        { d.Close() }
