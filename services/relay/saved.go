package relay

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"syscall"

	"peerlab/services/internal/lines"
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
	shown := lines.Escape(nil, []byte(name))
	if info, err := root.Lstat(name); err == nil && !info.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("%s is there and is not a file; remove it, or give another folder with -o", shown)
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
		file, err := root.OpenFile(partOf(name), os.O_RDWR|os.O_CREATE|syscall.O_NONBLOCK, 0o644)
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
	shown := lines.Escape(nil, []byte(partOf(s.name)))
	if err := syscall.Flock(int(s.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return false, fmt.Errorf("lock %s: %w; if another fetch is saving the file, wait for it, or give another folder with -o", shown, err)
	}
	info, err := s.Stat()
	if err != nil {
		return false, err
	}
	there, err := s.root.Lstat(partOf(s.name))
	if err != nil || there.Mode().IsRegular() && !os.SameFile(info, there) {
		return true, nil
	}
	mark, err := s.root.ReadFile(markOf(s.name))
	if !there.Mode().IsRegular() || info.Size() > 0 && err != nil {
		return false, fmt.Errorf("%s is there and is not of fetch's making; remove it, or give another folder with -o", shown)
	}
	at, err := strconv.ParseInt(strings.TrimSpace(string(mark)), 10, 64)
	if err == nil && 0 < at && at <= info.Size() {
		s.at, s.marked = at, at
		return false, nil
	}
	return false, s.mark(0)
}

// partOf is the name of what is there of a file until it is whole; markOf that of
// its mark. A file system takes 255 bytes for a name, so that of a long one is
// cut, and its hash put in place of what is missing.
func partOf(name string) string {
	dir, base := path.Split(name)
	if most := 255 - len(".part.at"); len(base) > most {
		sum := sha256.Sum256([]byte(base))
		hash := hex.EncodeToString(sum[:8])
		base = strings.ToValidUTF8(base[:most-len(hash)], "") + hash
	}
	return dir + base + ".part"
}

func markOf(name string) string { return partOf(name) + ".at" }

// mark writes down how far the file has got, always in as many digits and over
// what was there: there is no moment at which a kill leaves a mark without a number.
func (s *saved) mark(at int64) error {
	s.marked = at
	file, err := s.root.OpenFile(markOf(s.name), os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	_, err = file.WriteAt(fmt.Appendf(nil, "%019d\n", at), 0)
	return errors.Join(err, file.Close())
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
