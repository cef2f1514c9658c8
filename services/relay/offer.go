package relay

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"

	"peerlab/services/internal/lines"
)

// version identifies one state of a file.
type version struct {
	dev, ino     uint64
	size         int64
	mtime, ctime int64 // Unix nanoseconds
}

func versionOf(info fs.FileInfo) version {
	st := info.Sys().(*syscall.Stat_t) // as package os documents for Unix
	return version{uint64(st.Dev), st.Ino, info.Size(), info.ModTime().UnixNano(), changed(st)}
}

// open opens the file of that name if the folder offers it. Otherwise it returns a
// refusal: name, notfound, or failed if the file or the folder is not readable. Any
// change after open has returned changes the file's version.
func (f *folder) open(name string) (*os.File, version, error) {
	if err := CheckName(name); err != nil {
		return nil, version{}, lines.Refuse("name", "%v", err)
	}
	root, err := f.recent()
	if err != nil {
		return nil, version{}, lines.Refuse("failed", "%v", err)
	}
	file, v, err := offered(root, name)
	if err == nil {
		return file, v, nil
	}
	now, gone := f.current() // the folder may have been deleted or replaced
	switch {
	case gone != nil:
		return nil, version{}, lines.Refuse("failed", "%v", gone)
	case now != root:
		return offered(now, name)
	}
	return nil, version{}, err
}

// offered opens a file if it is offered. LIST and GET share this rule: the name
// passes CheckName; it is a regular file that this process may read, or a symbolic
// link to one inside the folder; no directory in its path is a symbolic link; and it
// is not an unfinished download. Only regular files are opened: opening a FIFO would
// unblock its writer and lose its data. O_NONBLOCK covers a FIFO that replaces the
// file after Stat.
func offered(root *os.Root, name string) (*os.File, version, error) {
	missing := lines.Refuse("notfound", "no file %s here", quoted(name))
	info, err := root.Stat(name)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nil, version{}, unreadable(name)
	case err != nil, !info.Mode().IsRegular(): // also if the path leaves the root
		return nil, version{}, missing
	case isBehindLink(root, name):
		return nil, version{}, lines.Refuse("notfound", "%s is behind a symbolic link to a folder; such links are not followed", quoted(name))
	}
	return openRegular(root, name)
}

// openRegular is offered for a name that Stat has found to be a regular file.
func openRegular(root *os.Root, name string) (*os.File, version, error) {
	missing := lines.Refuse("notfound", "no file %s here", quoted(name))
	if isUnfinished(root, name) {
		return nil, version{}, lines.Refuse("notfound", "%s is an unfinished download", quoted(name))
	}
	file, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nil, version{}, unreadable(name)
	case err != nil:
		return nil, version{}, missing
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

// unreadable returns the refusal for a file that this process may not read.
func unreadable(name string) error {
	return lines.Refuse("failed", "%s is not readable by the node, which runs as uid %d; make it readable: chmod a+r", quoted(name), os.Geteuid())
}

// isUnfinished reports whether a file belongs to an incomplete download of fetch -o:
// NAME.part or its mark, NAME.part.at.
func isUnfinished(root *os.Root, name string) bool {
	part, isMark := strings.CutSuffix(name, markSuffix)
	if !strings.HasSuffix(part, partSuffix) {
		return false
	}
	if !isMark {
		info, err := root.Lstat(part + markSuffix)
		return err == nil && isMarkFile(info)
	}
	info, err := root.Lstat(name)
	if err != nil || !isMarkFile(info) {
		return false
	}
	_, err = root.Lstat(part)
	return err == nil
}

func isMarkFile(info fs.FileInfo) bool { return info.Mode().IsRegular() && info.Size() == markSize }

// isBehindLink reports whether a directory in the path is a symbolic link.
func isBehindLink(root *os.Root, name string) bool {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if info, err := root.Lstat(dir); err != nil || !info.IsDir() {
			return true
		}
	}
	return false
}

// folders is a file system that opens directories only. O_DIRECTORY covers a FIFO
// that replaces a directory during the walk.
type folders struct{ root *os.Root }

func (f folders) Open(name string) (fs.File, error) {
	return f.root.OpenFile(name, os.O_RDONLY|syscall.O_DIRECTORY, 0)
}

// errEnough stops a walk.
var errEnough = errors.New("enough")

// list calls see for each offered file whose name follows after ("": every file), in
// the order of compareNames, up to maxFiles. It calls skip with the reason for each
// other file and symbolic link.
func (f *folder) list(after string, see func(name string, v version), skip func(name string, why error)) error {
	root, err := f.current()
	if err != nil {
		return err
	}
	seen := 0
	err = fs.WalkDir(folders{root}, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && name == ".":
			return err
		case err != nil:
			skip(name, err)
			return nil
		case d.IsDir():
			if name != "." && compareNames(name, after) < 0 && !strings.HasPrefix(after, name+"/") {
				return fs.SkipDir
			}
			return nil
		case compareNames(name, after) <= 0, !d.Type().IsRegular() && d.Type() != fs.ModeSymlink:
			return nil
		}
		if seen == maxFiles {
			return errEnough
		}
		v, why := offer(root, name, d.Type())
		switch {
		case why == nil:
			seen++
			see(name, v)
		case d.Type() == fs.ModeSymlink:
			skip(name, lines.Refuse("notfound", "%s is a symbolic link, and its target is not a file in this folder", quoted(name)))
		case !isUnfinished(root, name):
			skip(name, why)
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// offer returns the version of a file that a walk has found, if it is offered. A walk
// follows no symbolic links, so that isBehindLink need not be called.
func offer(root *os.Root, name string, kind fs.FileMode) (version, error) {
	if err := CheckName(name); err != nil {
		return version{}, err
	}
	open := openRegular
	if !kind.IsRegular() {
		open = offered
	}
	file, v, err := open(root, name)
	if err != nil {
		return version{}, err
	}
	file.Close()
	return v, nil
}

// compareNames compares two names part by part, which is the order of LIST.
func compareNames(a, b string) int {
	return slices.Compare(strings.Split(a, "/"), strings.Split(b, "/"))
}
