package registry

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// notRegularError says that a name that should belong to a regular file belongs to something else.
type notRegularError struct {
	path string
	mode fs.FileMode
}

func (e *notRegularError) Error() string {
	kind := "something else"
	switch e.mode.Type() {
	case fs.ModeDir:
		kind = "a folder"
	case fs.ModeSymlink:
		kind = "a symbolic link"
	case fs.ModeNamedPipe:
		kind = "a named pipe"
	case fs.ModeSocket:
		kind = "a socket"
	case fs.ModeDevice, fs.ModeDevice | fs.ModeCharDevice:
		kind = "a device"
	}
	return fmt.Sprintf("%s is %s, not a regular file", e.path, kind)
}

// openRegular opens a regular file, and nothing else: it follows no symbolic link and waits for no writer of a named pipe. A file
// that it creates has the mode newMode.
func openRegular(path string, flag int) (*os.File, error) {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return nil, &notRegularError{path, info.Mode()}
	}
	file, err := os.OpenFile(path, flag|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, newMode)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() { // it has been replaced a moment ago
		err = &notRegularError{path, info.Mode()}
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// openLocked opens a regular file and locks it until it is closed. The error is ErrInUse if another process has it
// locked. A file system without locks is no error.
func openLocked(path string, flag int) (*os.File, error) {
	file, err := openRegular(path, flag)
	if err != nil {
		return nil, err
	}
	conn, err := file.SyscallConn()
	if err == nil {
		_ = conn.Control(func(fd uintptr) { err = syscall.Flock(int(fd), syscall.LOCK_EX|syscall.LOCK_NB) }) // not closed, so it is called
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		file.Close()
		return nil, ErrInUse
	}
	return file, nil
}
