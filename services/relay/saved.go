package relay

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"syscall"
)

// saved is a store in the folder of -o: NAME.part, which becomes NAME when it is
// whole and verified. NAME.part.at beside it says that the part is ours, and how
// many of its bytes, from the beginning, are there; the next attempt goes on
// from these.
type saved struct {
	disk
	root   *os.Root
	name   string
	at     int64 // how many bytes are there
	marked int64 // how many the mark says
	kept   bool
}

// resume opens what an earlier attempt has left of a file, and returns how many
// bytes that are. The store is nil if there is nothing. It fails where the file
// could not be saved in the end.
func resume(root *os.Root, name string) (*saved, int64, error) {
	if !isFileOrNothing(root, name) {
		return nil, 0, fmt.Errorf("%s is there and is not a file; remove it, or give another folder with -o", quoted(name))
	}
	if !isFileOrNothing(root, markOf(name)) {
		return nil, 0, notOurs(markOf(name))
	}
	if _, err := root.Lstat(partOf(name)); errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	s, err := newSaved(root, name)
	if err != nil {
		return nil, 0, err
	}
	return s, s.at, nil
}

// newSaved opens the store for a name below the folder, or makes it.
func newSaved(root *os.Root, name string) (*saved, error) {
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return nil, err
	}
	for {
		file, err := openOwn(root, partOf(name), os.O_RDWR|os.O_CREATE)
		if err != nil {
			return nil, err
		}
		s := &saved{disk: disk{file}, root: root, name: name}
		again, err := s.claim()
		if err == nil && !again {
			return s, nil
		}
		file.Close()
		if err != nil {
			return nil, err
		}
	}
}

// claim makes sure that the part that was opened is ours alone, and reads its
// mark. If it reports true, another has just finished or removed the part.
func (s *saved) claim() (again bool, err error) {
	part := partOf(s.name)
	if err := syscall.Flock(int(s.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return false, fmt.Errorf("lock %s: %w; if another fetch is saving the file, wait for it, or give another folder with -o",
			quoted(part), err)
	}
	info, err := s.Stat()
	if err != nil {
		return false, err
	}
	if there, err := s.root.Lstat(part); err != nil || !os.SameFile(info, there) {
		return true, nil
	}
	at, err := s.readMark()
	switch {
	case errors.Is(err, fs.ErrNotExist) && info.Size() > 0:
		return false, notOurs(part)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return false, err
	case 0 < at && at <= info.Size():
		s.at, s.marked = at, at
		return false, nil
	}
	return false, s.mark(0)
}

// step remembers how far the file has got.
func (s *saved) step(at int64) {
	s.at = at
	if at-s.marked >= segment/2 {
		_ = s.mark(at) // without it the next attempt gets a little more than it must
	}
}

// keep makes the file what it is to be: as long as it is, on disk, and under its name.
func (s *saved) keep(size int64) error {
	if err := s.Truncate(size); err != nil {
		return err
	}
	if err := s.Sync(); err != nil {
		return err
	}
	if err := s.root.Rename(partOf(s.name), s.name); err != nil {
		return err
	}
	s.kept = true
	_ = s.root.Remove(markOf(s.name)) // it says nothing about the next part
	return nil
}

// drop closes the store. A part without a byte that is of use is not left behind.
func (s *saved) drop(spoilt bool) {
	switch {
	case s.kept:
	case spoilt, s.at == 0:
		_ = s.root.Remove(markOf(s.name))
		_ = s.root.Remove(partOf(s.name)) // whatever is left is compared with what a node has before it counts
	case s.at > s.marked:
		_ = s.mark(s.at) // as in step
	}
	s.Close()
}
