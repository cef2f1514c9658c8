package lockedfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// Write replaces the content. A reader finds, at any time and after any crash, either
// the old content or the new, whole: FILE.tmp is written, synced and renamed to FILE,
// and the folder is synced. Where FILE cannot be replaced it is overwritten, which is
// weaker: see InPlace.
func (f *File) Write(text []byte) error {
	if _, err := f.lock(); err != nil {
		return err
	}
	if f.inPlace {
		if err := f.overwrite(text); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	noReplace := f.replace(text)
	if !isUnreplaceable(noReplace) {
		return noReplace
	}
	err := f.overwrite(text)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return noReplace
	case isUnreplaceable(err): // such as a single file that is mounted read-only: this is the reason to mend
		return err
	}
	f.inPlace = true
	f.warn(InPlace, noReplace)
	return err
}

// isUnreplaceable reports whether err says that no file can be created beside FILE, or
// none renamed to FILE, although FILE itself may be writable: because it is a mount
// point, or for the permissions of its folder, or for the length of its name.
func isUnreplaceable(err error) bool {
	return slices.ContainsFunc(
		[]error{syscall.EBUSY, syscall.EXDEV, syscall.EACCES, syscall.EPERM, syscall.EROFS, syscall.ENAMETOOLONG},
		func(why error) bool { return errors.Is(err, why) })
}

func (f *File) replace(text []byte) error {
	file, err := f.create(".tmp", text)
	if err != nil {
		return err
	}
	if err = lock(file); err == nil { // FILE stays locked
		err = os.Rename(file.Name(), f.path)
	}
	if err != nil {
		return discard(file, err)
	}
	if f.file != nil {
		f.file.Close()
	}
	f.file = file
	return syncFolder(filepath.Dir(f.path))
}

// WriteBeside writes another file, whose name is that of FILE and a suffix, with the
// mode and owner of FILE.
func (f *File) WriteBeside(suffix string, text []byte) error {
	file, err := f.create(suffix, text)
	if err != nil {
		return err
	}
	return file.Close()
}

// create creates and syncs a file beside FILE, with the mode and owner of FILE if that
// exists. A regular file of that name, which a process left that was killed, is removed
// first.
func (f *File) create(suffix string, text []byte) (*os.File, error) {
	like, err := os.Lstat(f.path)
	if err == nil && !like.Mode().IsRegular() {
		return nil, &NotRegularError{f.path, like.Mode()}
	}
	exists := err == nil
	const flags = os.O_WRONLY | os.O_CREATE | os.O_EXCL
	path := f.path + suffix
	file, err := openRegular(path, flags)
	if errors.Is(err, fs.ErrExist) {
		if err = os.Remove(path); err == nil {
			file, err = openRegular(path, flags)
		}
	}
	switch {
	case errors.As(err, new(*NotRegularError)):
		return nil, fmt.Errorf("%w; move it away", err)
	case err != nil:
		return nil, err
	case exists:
		err = keepModeAndOwner(file, like)
	}
	if err == nil {
		_, err = file.Write(text)
	}
	if err == nil {
		err = file.Sync()
	}
	if err != nil {
		return nil, discard(file, err)
	}
	return file, nil
}

// discard removes a file that could not be finished because of err, which it returns.
func discard(file *os.File, err error) error {
	file.Close()
	os.Remove(file.Name())
	return err
}

// keepModeAndOwner gives a file the mode of another, and its owner and group as far as
// this process may.
func keepModeAndOwner(file *os.File, like fs.FileInfo) error {
	if stat, ok := like.Sys().(*syscall.Stat_t); ok && file.Chown(int(stat.Uid), int(stat.Gid)) != nil {
		_ = file.Chown(-1, int(stat.Gid)) // the file is this process's own then
	}
	return file.Chmod(like.Mode().Perm())
}

// overwrite writes FILE in place. What makes it longer is written first, behind the old
// content: on a full disk that fails, and the old content is still whole.
func (f *File) overwrite(text []byte) error {
	file, err := openRegular(f.path, os.O_WRONLY)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	size := min(info.Size(), int64(len(text)))
	if _, err := file.WriteAt(text[size:], size); err != nil {
		return errors.Join(err, file.Truncate(info.Size()))
	}
	if _, err := file.WriteAt(text[:size], 0); err != nil {
		return err
	}
	if err := file.Truncate(int64(len(text))); err != nil {
		return err
	}
	return file.Sync()
}

func syncFolder(path string) error {
	dir, err := os.Open(path)
	if errors.Is(err, fs.ErrPermission) {
		return nil // a folder that may be written and not read cannot be synced
	}
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
