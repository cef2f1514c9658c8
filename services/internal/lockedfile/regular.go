package lockedfile

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// NotRegularError says that a name that should belong to a regular file belongs to
// something else.
type NotRegularError struct {
	path string
	mode fs.FileMode
}

var kindNames = map[fs.FileMode]string{
	fs.ModeDir:                        "a folder",
	fs.ModeSymlink:                    "a symbolic link",
	fs.ModeNamedPipe:                  "a named pipe",
	fs.ModeSocket:                     "a socket",
	fs.ModeDevice:                     "a device",
	fs.ModeDevice | fs.ModeCharDevice: "a device",
}

func (e *NotRegularError) Error() string {
	return fmt.Sprintf("%s is %s, not a regular file", e.path, cmp.Or(kindNames[e.mode.Type()], "something else"))
}

// openRegular opens a regular file, and nothing else: it follows no symbolic link and
// waits for no writer of a named pipe.
func openRegular(path string, flag int) (*os.File, error) {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return nil, &NotRegularError{path, info.Mode()}
	}
	file, err := os.OpenFile(path, flag|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0o644)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() { // it has been replaced a moment ago
		err = &NotRegularError{path, info.Mode()}
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// openLocked opens and locks a regular file.
func openLocked(path string, flag int) (*os.File, error) {
	file, err := openRegular(path, flag)
	if err != nil {
		return nil, err
	}
	if err := lock(file); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// lock locks a file until it is closed. The error is ErrInUse if another process has
// locked it. A file system without locks is no error.
func lock(file *os.File) error {
	conn, err := file.SyscallConn()
	if err == nil {
		_ = conn.Control(func(fd uintptr) { err = syscall.Flock(int(fd), syscall.LOCK_EX|syscall.LOCK_NB) }) // not closed, so it is called
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return ErrInUse
	}
	return nil
}
