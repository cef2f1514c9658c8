// Package lockedfile keeps a small file that one process at a time uses, and whose
// content is replaced as a whole.
package lockedfile

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

const maxLinks = 40 // symbolic links on the way to FILE, as for the kernel

// File is a file on disk, FILE, and the files beside it: FILE.lock, FILE.tmp and
// those of WriteBeside. FILE may be a symbolic link; the link is resolved once, and
// all names are those of its target. Beyond that no link is followed, and a name that
// belongs to anything but a regular file is reported and left alone. No call blocks on
// a named pipe or a device. A File is for one goroutine at a time.
type File struct {
	path     string // with symbolic links resolved
	warn     func(Warning, error)
	lockFile *os.File // FILE.lock, locked; nil: it could not be
	file     *os.File // FILE, locked; nil: it does not exist yet
	inPlace  bool     // FILE cannot be replaced by a renamed file
}

// Warning is a condition that weakens a File and does not prevent its use.
type Warning int

const (
	Unwritable Warning = iota // neither FILE.lock nor FILE can be written
	NoLockFile                // FILE.lock is no regular file; FILE alone is locked
	InPlace                   // FILE is overwritten, not replaced: a crash may leave it torn
)

// ErrInUse is the error of opening a file that another process has open.
var ErrInUse = errors.New("another process is using it")

// Open locks the file at path and returns its content; a missing file is empty. The
// error is ErrInUse, a *NotRegularError, that the file has more than max bytes, or why
// it cannot be read. Open and Write call warn with the cause of each Warning, once.
// After success Close must be called.
func Open(path string, max int64, warn func(Warning, error)) (f *File, content []byte, err error) {
	if path, err = resolve(path); err != nil {
		return nil, nil, err
	}
	f = &File{path: path, warn: warn}
	noLockFile, err := f.lock()
	if err == nil && f.file != nil {
		content, err = io.ReadAll(io.LimitReader(f.file, max+1))
	}
	switch {
	case err == nil && int64(len(content)) > max:
		err = fmt.Errorf("it has more than %d bytes", max)
	case err != nil, noLockFile == nil:
	case !f.isWritable():
		warn(Unwritable, noLockFile)
	case errors.As(noLockFile, new(*NotRegularError)):
		warn(NoLockFile, noLockFile)
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, content, nil
}

// resolve returns the path of the file that path names, which need not exist: the
// target of a symbolic link, and of the next. Any other error in the path is found when
// it is opened.
func resolve(path string) (string, error) {
	for range maxLinks {
		dir, base := filepath.Split(strings.TrimRight(path, "/"))
		dir, err := filepath.EvalSymlinks(cmp.Or(dir, "."))
		if err != nil || base == "" {
			return path, nil
		}
		path = filepath.Join(dir, base)
		target, err := os.Readlink(path)
		if err != nil { // it is no link
			return path, nil
		}
		if path = target; !filepath.IsAbs(target) {
			path = dir + "/" + target // not joined, for ".." behind a link is the parent of its target
		}
	}
	return "", fmt.Errorf("more than %d symbolic links lead on from it", maxLinks)
}

// lock acquires those of two locks that are not held yet: FILE.lock, and FILE itself,
// because FILE.lock cannot be created in every folder, and because a file that is
// mounted in two containers has a FILE.lock in each. The system releases both when the
// process ends, however it ends. noLockFile is why there is no FILE.lock.
func (f *File) lock() (noLockFile, err error) {
	if f.file == nil {
		f.file, err = openLocked(f.path, os.O_RDONLY)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
		return nil, err
	}
	if f.lockFile == nil {
		f.lockFile, noLockFile = openLocked(f.path+".lock", os.O_RDWR|os.O_CREATE)
	}
	if errors.Is(noLockFile, ErrInUse) {
		return nil, noLockFile
	}
	if f.file == nil && noLockFile != nil {
		f.file, err = openLocked(f.path, os.O_RDONLY|os.O_CREATE)
	}
	if _, missing := os.Lstat(f.path); missing != nil {
		err = nil
	}
	return noLockFile, err
}

func (f *File) isWritable() bool {
	file, err := openRegular(f.path, os.O_WRONLY)
	if err == nil {
		file.Close()
	}
	return err == nil
}

// Close releases the locks. No method may be called afterwards.
func (f *File) Close() {
	for _, file := range []*os.File{f.lockFile, f.file} {
		if file != nil {
			file.Close()
		}
	}
}
