package relay

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"peerlab/services/internal/lines"
)

// folder is what a node serves: the regular files below a directory. os.Root
// sees to it that no name and no symlink leads out of it.
type folder struct{ root *os.Root }

func openFolder(dir string) (*folder, error) {
	root, err := openRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("%w; give the folder to serve with -dir", err)
	}
	return &folder{root}, nil
}

// openRoot is os.OpenRoot for what is a folder: that would wait for a writer of a FIFO.
func openRoot(dir string) (*os.Root, error) {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		err = &fs.PathError{Op: "open", Path: dir, Err: syscall.ENOTDIR}
	}
	if err != nil {
		return nil, err
	}
	return os.OpenRoot(dir)
}

// version tells one state of a file from another.
type version struct {
	dev, ino     uint64
	size         int64
	mtime, ctime int64 // Unix nanoseconds
}

func versionOf(info fs.FileInfo) version {
	st := info.Sys().(*syscall.Stat_t) // what os gives on every Unix
	return version{uint64(st.Dev), st.Ino, info.Size(), info.ModTime().UnixNano(), changed(st)}
}

// open opens the file of that name. The refusal is name or notfound. What is no
// regular file is not touched: to open a FIFO would have its writer begin, and lose
// what it writes. Not even one that has just taken the place of a file is waited for.
// A file that changes after it was opened, even at once, is of another version.
func (f *folder) open(name string) (*os.File, version, error) {
	if err := CheckName(name); err != nil {
		return nil, version{}, refuse("name", "%v", err)
	}
	missing := refuse("notfound", "no file %s here", lines.Quote([]byte(name)))
	if info, err := f.root.Stat(name); err != nil || !info.Mode().IsRegular() {
		return nil, version{}, missing // also for a path that leads out
	}
	file, err := f.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, version{}, missing // also for a file that may not be read
	}
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		file.Close()
		return nil, version{}, missing
	}
	v := versionOf(info)
	settle(v.ctime)
	return file, v, nil
}

// folders is a file system of folders alone. What has just taken the place of one
// is not opened, let alone waited for.
type folders struct{ root *os.Root }

func (f folders) Open(name string) (fs.File, error) {
	return f.root.OpenFile(name, os.O_RDONLY|syscall.O_DIRECTORY, 0)
}

// errEnough ends a walk.
var errEnough = errors.New("enough")

// list calls see for the files there are, in the order of their names, at most
// maxFiles of them. Those whose names can't be asked for are left out.
func (f *folder) list(see func(name string, v version)) error {
	seen := 0
	err := fs.WalkDir(folders{f.root}, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil && name == "." {
			return err
		}
		if err != nil || !d.Type().IsRegular() || CheckName(name) != nil {
			return nil // what can't be read is not offered
		}
		info, err := d.Info()
		if err != nil {
			return nil // it has gone meanwhile
		}
		if seen++; seen > maxFiles {
			return errEnough
		}
		see(name, versionOf(info))
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

func (f *folder) close() { f.root.Close() }
