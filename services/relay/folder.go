package relay

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// folder is the directory that a node serves. Its os.Root ensures that no name and no
// symbolic link leads out of it. Its methods are safe for concurrent use.
type folder struct {
	dir string // absolute; a folder that was deleted and recreated is found by it

	mu   sync.Mutex
	root *os.Root
	info fs.FileInfo // of root
	seen time.Time   // when root was last found at the path
}

// lookEvery is how long recent relies on an earlier check of the path.
const lookEvery = 100 * time.Millisecond

// recent is like current, but does not check the path again within lookEvery.
func (f *folder) recent() (*os.Root, error) {
	f.mu.Lock()
	root, fresh := f.root, time.Since(f.seen) < lookEvery
	f.mu.Unlock()
	if fresh {
		return root, nil
	}
	return f.current()
}

func openFolder(dir string) (*folder, error) {
	f := &folder{dir: dir}
	if abs, err := filepath.Abs(dir); err == nil && dir != "" {
		f.dir = abs
	}
	if err := f.reopenLocked(); err != nil {
		return nil, fmt.Errorf("%w; give the folder to serve with -dir", err)
	}
	return f, nil
}

// reopenLocked opens the directory that is at the folder's path now. It leaves the
// previous root to the garbage collector, since another goroutine may be using it.
func (f *folder) reopenLocked() error {
	root, err := openRoot(f.dir)
	if err == nil {
		err = unix.Access(f.dir, unix.R_OK|unix.X_OK)
		if err != nil {
			root.Close()
		}
	}
	if errors.Is(err, fs.ErrPermission) {
		return mayNotBeRead(f.dir)
	}
	if err != nil {
		return err
	}
	info, err := root.Stat(".")
	if err != nil {
		root.Close()
		return err
	}
	f.root, f.info = root, info
	return nil
}

// mayNotBeRead returns the error for a folder that the process has no permission to
// read. It names the directory that denies access, which may be a parent.
func mayNotBeRead(dir string) error {
	uid := os.Geteuid()
	closed := dir
	for above := filepath.Dir(closed); above != closed; above = filepath.Dir(closed) {
		if _, err := os.Stat(closed); err == nil {
			break
		}
		closed = above
	}
	info, err := os.Stat(closed)
	if err != nil {
		return fmt.Errorf("folder %s: %w for uid %d", dir, fs.ErrPermission, uid)
	}
	owner := info.Sys().(*syscall.Stat_t).Uid
	remedy := "chmod -R a+rX " + dir
	if closed != dir {
		remedy = "chmod a+x " + closed + "; " + remedy
	}
	return fmt.Errorf("folder %s: %w for uid %d, as which this process runs: %s has mode %04o and belongs to uid %d; "+
		"make it readable: %s (in a container: the folder that is mounted there)",
		dir, fs.ErrPermission, uid, closed, info.Mode().Perm(), owner, remedy)
}

// openRoot is os.OpenRoot for directories only, since opening a FIFO would block.
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

// current returns the directory that is at the folder's path now, which may be a new
// one. It returns an error if there is none.
func (f *folder) current() (*os.Root, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen = time.Time{}
	now, err := os.Stat(f.dir)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the folder %s does not exist (%w); create it again", f.dir, errors.Unwrap(err))
	case !os.SameFile(now, f.info):
		if err := f.reopenLocked(); err != nil {
			return nil, err
		}
	case now.Sys().(*syscall.Stat_t).Nlink == 0: // deleted, but mounted here or the working directory
		return nil, fmt.Errorf("the source of the mounted folder %s was deleted; create it again, and restart this node", f.dir)
	}
	f.seen = time.Now()
	return f.root, nil
}

func (f *folder) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.root.Close()
}
