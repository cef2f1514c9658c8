package relay

import (
	"fmt"
	"io"
	"os"
	"syscall"
)

// inMemory is how large a file may be that is kept in memory until it is verified.
const inMemory = 1 << 20

// store holds the bytes of a file while it is fetched, at any offset.
type store interface {
	io.WriterAt
	io.ReaderAt
	// fits returns an error if there is no room for so many more bytes.
	fits(more int64) error
	// step is told now and then that all before the offset is there.
	step(at int64)
	// drop frees the store. If its bytes are spoilt they are not for later, either.
	drop(spoilt bool)
}

// memory is a store for a small file, as long as the file from the beginning: it
// is read while it is written to.
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

func (m memory) fits(more int64) error {
	if more > int64(len(m)) {
		return fmt.Errorf("%d bytes are to come, and there is room for %d in memory", more, len(m))
	}
	return nil
}

func (memory) step(int64) {}
func (memory) drop(bool)  {}

// disk is a store for a file of any size.
type disk struct{ *os.File }

// spool returns a store on disk without a name: nothing is left of it, however
// the process ends.
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

// fits believes the disk, not whoever says how large a file is: what can't be
// kept is not begun.
func (d disk) fits(more int64) error {
	var fs syscall.Statfs_t
	if err := syscall.Fstatfs(int(d.Fd()), &fs); err != nil || fs.Blocks == 0 {
		return nil // a file system that does not say: writing will show
	}
	if free := room(&fs); uint64(more) > free {
		return fmt.Errorf("%d bytes are to come, and there is room for %d on the disk; make room, or take another folder: -o DIR, or TMPDIR for what is printed", more, free)
	}
	return nil
}

func (d disk) step(int64) {}
func (d disk) drop(bool)  { d.Close() }
