package relay

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"peerlab/services/internal/lines"
)

// printed makes a store for a file that goes to the screen: what is printed has
// been verified before.
func printed(size int64) (store, error) {
	if size <= inMemory {
		return &memory{}, nil
	}
	return spool()
}

// errBinary says that a file is not for a terminal.
var errBinary = errors.New("not printed: it is no text")

// print writes a verified file to out. On a terminal it must be text, unless
// raw is set.
func (f *Fetch) print(j *job) error {
	if f.Terminal && !f.Raw {
		if text, err := isText(io.NewSectionReader(j.store, 0, j.size)); err != nil {
			return err
		} else if !text {
			return fmt.Errorf("%s, %d bytes: %w; save it with -o DIR, or print it all the same with -raw", j.shown(), j.size, errBinary)
		}
	}
	_, err := io.Copy(f.Out, io.NewSectionReader(j.store, 0, j.size))
	if err != nil {
		return fmt.Errorf("print %s: %w", j.shown(), err)
	}
	return nil
}

// isText reports whether a terminal may show the bytes as they are: UTF-8
// without control characters other than those that end lines, and tabs.
func isText(in io.Reader) (bool, error) {
	const most = 64 << 10
	r := lines.NewReader(in, most)
	for {
		line, err := r.Next()
		if err == io.ErrUnexpectedEOF {
			line = r.Rest()
		} else if err == io.EOF {
			return true, nil
		} else if errors.Is(err, lines.ErrTooLong) {
			return false, nil
		} else if err != nil {
			return false, err
		}
		if !lines.Clean([]byte(strings.ReplaceAll(string(line), "\t", " "))) {
			return false, nil
		}
		if err == io.ErrUnexpectedEOF {
			return true, nil
		}
	}
}

// saved is a store in the folder of -o: NAME.part, which becomes NAME when it is
// whole and verified. NAME.part.at beside it says how many of its bytes, from
// the beginning, an attempt that was broken off has left.
type saved struct {
	disk
	root *os.Root
	name string
	last int64 // what NAME.part.at says
}

// openSaved opens or makes the store for a name below the folder, and returns
// how much of the file an earlier attempt has left in it.
func openSaved(root *os.Root, name string) (*saved, int64, error) {
	if dir := path.Dir(name); dir != "." {
		if err := root.MkdirAll(filepath.FromSlash(dir), 0o755); err != nil {
			return nil, 0, err
		}
	}
	if info, err := root.Stat(name); err == nil && !info.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("%s is there and is not a file; remove it, or give another folder with -o", lines.Escape(nil, []byte(name)))
	}
	s := &saved{root: root, name: name}
	at, err := root.ReadFile(s.mark())
	var here int64
	if err == nil {
		here, _ = strconv.ParseInt(strings.TrimSpace(string(at)), 10, 64) // nonsense is as good as none
	}
	file, err := root.OpenFile(s.part(), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, 0, err
	}
	s.disk = disk{file}
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() || here < 0 || info.Size() < here {
		here = 0
	}
	return s, here, nil
}

func (s *saved) part() string { return s.name + ".part" }
func (s *saved) mark() string { return s.name + ".part.at" }

// step remembers how far the file has got.
func (s *saved) step(at int64) {
	if at-s.last < segment/2 {
		return
	}
	s.last = at
	_ = s.root.WriteFile(s.mark(), strconv.AppendInt(nil, at, 10), 0o644) // without it the next attempt begins anew, no more
}

func (s *saved) clear() error {
	s.last = 0
	_ = s.root.Remove(s.mark()) // there may be none
	return s.disk.clear()
}

// keep makes the file what it is to be: as long as it is, on disk, and under its name.
func (s *saved) keep(size int64) error {
	if err := s.Truncate(size); err != nil {
		return err
	}
	if err := s.Sync(); err != nil {
		return err
	}
	if err := s.root.Rename(s.part(), s.name); err != nil {
		return err
	}
	_ = s.root.Remove(s.mark()) // there may be none
	return nil
}

// drop closes the store. An empty part is not left behind.
func (s *saved) drop() {
	if info, err := s.Stat(); err == nil && info.Size() == 0 {
		_ = s.root.Remove(s.part()) // it has been renamed, or is of no use
	}
	s.disk.drop()
}
