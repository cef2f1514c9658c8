package registry

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

const (
	maxLinks = 40       // symbolic links on the way to FILE, as for the kernel
	maxAside = 16 << 20 // bytes of a file that is copied to FILE.bad
	newMode  = 0o644    // of a new file, before the umask
)

// file is the file of a registry on disk, FILE, and the files beside it: FILE.lock, FILE.tmp and FILE.bad. FILE may be
// a symbolic link; the link is resolved once, and all four names are those of its target. Beyond that no link is followed, and
// a name that belongs to anything but a regular file is reported and left alone. No call blocks on a named pipe or a device.
type file struct {
	path    string // with symbolic links resolved
	log     *slog.Logger
	beside  *os.File // FILE.lock, locked; nil: it could not be
	itself  *os.File // FILE, locked; nil: it does not exist yet
	inPlace bool     // FILE cannot be replaced by a renamed file
}

// openFile resolves path and locks the file, which need not exist. A missing lock is no error unless another server has
// it: the log has a warning then. close must be called in the end.
func openFile(path string, log *slog.Logger) (*file, error) {
	resolved, err := resolve(path)
	if err != nil {
		return nil, err
	}
	f := &file{path: resolved, log: log}
	beside, err := f.lock()
	if err != nil {
		f.close()
		return nil, err
	}
	switch {
	case beside == nil:
	case f.writable() != nil:
		log.Warn("the registry "+path+" cannot be written; the chat goes on, but a restarted server will not find its clients: "+
			"see that its folder exists and is writable, or give another file with -registry", "err", beside)
	case errors.As(beside, new(*notRegularError)):
		log.Warn("registry "+path+": locked without its lock file; move away what is in its place", "err", beside)
	}
	return f, nil
}

// resolve returns the path of the file that path names, which need not exist: the target of a symbolic link, and of the next.
// What else is wrong with the path is found when it is opened.
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

// lock acquires two locks: FILE.lock, and FILE itself, because FILE.lock cannot be created in every folder, and because a file
// that is mounted in two containers has a FILE.lock in each. The system releases both when the process ends, however it ends.
// The error is ErrInUse, or why FILE cannot be opened; beside is why there is no FILE.lock.
func (f *file) lock() (beside, err error) {
	if f.itself == nil {
		f.itself, err = openLocked(f.path, os.O_RDONLY)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
		return nil, err
	}
	if f.beside == nil {
		f.beside, beside = openLocked(f.path+".lock", os.O_RDWR|os.O_CREATE)
	}
	if errors.Is(beside, ErrInUse) {
		return nil, beside
	}
	if f.itself == nil && beside != nil {
		f.itself, err = openLocked(f.path, os.O_RDONLY|os.O_CREATE)
	}
	if _, missing := os.Lstat(f.path); missing != nil {
		err = nil
	}
	return beside, err
}

func (f *file) writable() error {
	file, err := openRegular(f.path, os.O_WRONLY)
	if err == nil {
		file.Close()
	}
	return err
}

func (f *file) close() {
	for _, file := range []*os.File{f.beside, f.itself} {
		if file != nil {
			file.Close()
		}
	}
}

// read returns the whole file; a missing file is empty.
func (f *file) read() ([]byte, error) {
	if f.itself == nil {
		return nil, nil
	}
	text, err := io.ReadAll(io.LimitReader(f.itself, maxAside+1))
	if err == nil && len(text) > maxAside {
		err = fmt.Errorf("it has more than %d bytes and is no registry", maxAside)
	}
	return text, err
}

// keepAside copies text, which was read from the file, to FILE.bad, with the mode and owner of FILE.
func (f *file) keepAside(text []byte) error {
	bad, err := f.create(".bad")
	if err != nil {
		return err
	}
	return f.finish(bad, text)
}

// write replaces the content of the file. A reader finds, at any time and after any crash, either the old version or the new one,
// whole: FILE.tmp is written, synced and renamed to FILE, and the folder is synced. Where FILE cannot be replaced it is
// overwritten, which is weaker; the log has one warning.
func (f *file) write(text []byte) error {
	if _, err := f.lock(); err != nil {
		return err
	}
	if f.inPlace {
		if err := f.overwrite(text); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	err := f.replace(text)
	if !cannotReplace(err) {
		return err
	}
	why := err
	err = f.overwrite(text)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return why
	case cannotReplace(err): // such as a single file that is mounted read-only: this is the reason to mend
		return err
	}
	f.inPlace = true
	f.log.Warn("the registry "+f.path+" can only be written in place: if this machine crashes, or the server is killed, "+
		"in the middle of that, the file may be torn; mount its folder rather than the file alone, or make the folder writable", "err", why)
	return err
}

// cannotReplace reports whether err says that no file can be created beside FILE, or none renamed to FILE, although FILE itself
// may be writable: because it is a mount point, or for the permissions of its folder, or for the length of its name.
func cannotReplace(err error) bool {
	for _, why := range []error{syscall.EBUSY, syscall.EXDEV, syscall.EACCES, syscall.EPERM, syscall.EROFS, syscall.ENAMETOOLONG} {
		if errors.Is(err, why) {
			return true
		}
	}
	return false
}

func (f *file) replace(text []byte) error {
	tmp, err := f.create(".tmp")
	if err != nil {
		return err
	}
	if err := f.finish(tmp, text); err != nil {
		return err
	}
	itself, err := openLocked(tmp.Name(), os.O_RDONLY) // FILE stays locked
	if err == nil {
		if err = os.Rename(tmp.Name(), f.path); err != nil {
			itself.Close()
		}
	}
	if err != nil {
		os.Remove(tmp.Name())
		return err
	}
	if f.itself != nil {
		f.itself.Close()
	}
	f.itself = itself
	return syncFolder(filepath.Dir(f.path))
}

// create creates a file beside FILE, with the mode and owner of FILE if that exists. A regular file of that name, which a
// process left that was killed, is removed first.
func (f *file) create(suffix string) (*os.File, error) {
	like, err := os.Lstat(f.path)
	if err != nil {
		like = nil
	} else if !like.Mode().IsRegular() {
		return nil, &notRegularError{f.path, like.Mode()}
	}
	path := f.path + suffix
	file, err := openRegular(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	if errors.Is(err, fs.ErrExist) {
		if err = os.Remove(path); err == nil {
			file, err = openRegular(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
		}
	}
	if errors.As(err, new(*notRegularError)) {
		err = fmt.Errorf("%w; move it away", err)
	}
	if err == nil && like != nil {
		if err = keepModeAndOwner(file, like); err != nil {
			file.Close()
			os.Remove(path)
		}
	}
	return file, err
}

// keepModeAndOwner gives a file the mode of another, and its owner and group as far as this process may.
func keepModeAndOwner(file *os.File, like fs.FileInfo) error {
	if stat, ok := like.Sys().(*syscall.Stat_t); ok && file.Chown(int(stat.Uid), int(stat.Gid)) != nil {
		_ = file.Chown(-1, int(stat.Gid)) // the file is this process's own then
	}
	return file.Chmod(like.Mode().Perm())
}

// finish writes, syncs and closes a file that create has returned; if that fails, the file is removed.
func (f *file) finish(file *os.File, text []byte) error {
	_, err := file.Write(text)
	if err == nil {
		err = file.Sync()
	}
	if e := file.Close(); err == nil {
		err = e
	}
	if err != nil {
		os.Remove(file.Name())
	}
	return err
}

// overwrite writes FILE in place. What makes it longer is written first, behind the old content: on a full disk that fails, and
// the old content is still whole.
func (f *file) overwrite(text []byte) error {
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

// whole returns the lines of text that fit into max bytes, whole ones only.
func whole(text []byte, max int) []byte {
	if len(text) <= max {
		return text
	}
	return text[:bytes.LastIndexByte(text[:max], '\n')+1]
}
