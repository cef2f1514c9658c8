package relay

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"syscall"
)

// saved is a store in the folder of -o: NAME.part, which is renamed to NAME once it is
// complete and verified. The mark NAME.part.at identifies it as a partial file of
// fetch and holds the number of bytes, from the beginning, that are complete; the next
// attempt continues after these.
type saved struct {
	disk
	root   *os.Root
	name   string
	at     int64 // complete bytes, from the beginning
	marked int64 // the number in the mark
	kept   bool
}

// resume opens the partial file of an earlier attempt and returns it with the number
// of its complete bytes, or nil if there is none. It fails if the file could not be
// saved under its name later.
func resume(root *os.Root, name string) (*saved, int64, error) {
	if !isFileOrNothing(root, name) {
		return nil, 0, fmt.Errorf("%s exists and is not a regular file; remove it, or give another folder with -o", quoted(name))
	}
	if !isFileOrNothing(root, markOf(name)) {
		return nil, 0, notOwn(markOf(name))
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

// newSaved opens or creates the partial file for a name below the folder.
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

// claim locks the partial file and reads its mark. again is true if another process
// renamed or removed the partial file before it was locked.
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
		return false, notOwn(part)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return false, err
	case 0 < at && at <= info.Size():
		s.at, s.marked = at, at
		return false, nil
	}
	return false, s.mark(0)
}

// checkpoint records the number of complete bytes, in the mark after every half segment.
func (s *saved) checkpoint(at int64) {
	s.at = at
	if at-s.marked >= segment/2 {
		_ = s.mark(at) // without it the next attempt only reads more than necessary
	}
}

// keep truncates the file to its size, syncs it and renames it to its final name.
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
	_ = s.root.Remove(markOf(s.name)) // it does not apply to the next partial file
	return nil
}

// drop closes the store. It removes a partial file without usable bytes.
func (s *saved) drop(spoilt bool) {
	switch {
	case s.kept:
	case spoilt, s.at == 0:
		_ = s.root.Remove(markOf(s.name))
		_ = s.root.Remove(partOf(s.name)) // a leftover is compared with the node's bytes before use
	case s.at > s.marked:
		_ = s.mark(s.at) // as in checkpoint
	}
	s.Close()
}
