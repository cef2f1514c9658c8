package relay

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
)

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

// open opens the file of that name, if the folder offers it. The refusal is name,
// notfound, or failed if the file or the folder may not be read. A file that
// changes after it was opened, even at once, is of another version.
func (f *folder) open(name string) (*os.File, version, error) {
	if err := CheckName(name); err != nil {
		return nil, version{}, refuse("name", "%v", err)
	}
	root, err := f.recent()
	if err != nil {
		return nil, version{}, refuse("failed", "%v", err)
	}
	file, v, err := offered(root, name)
	if err == nil {
		return file, v, nil
	}
	now, gone := f.current() // perhaps that is why
	switch {
	case gone != nil:
		return nil, version{}, refuse("failed", "%v", gone)
	case now != root:
		return offered(now, name)
	}
	return nil, version{}, err
}

// offered opens a file if it is offered. This is the one rule for what is listed
// and what can be fetched: a name that CheckName accepts, of a regular file that
// this process may read, or of a link to one within the folder; in no folder that
// is reached by a link; and no unfinished download. Only regular files are opened:
// to open a FIFO would unblock its writer, and lose what that writes. O_NONBLOCK
// covers a FIFO that replaces the file after Stat.
func offered(root *os.Root, name string) (*os.File, version, error) {
	missing := refuse("notfound", "no file %s here", quoted(name))
	info, err := root.Stat(name)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nil, version{}, unreadable(name)
	case err != nil, !info.Mode().IsRegular(): // also for a path that leads out
		return nil, version{}, missing
	case isBehindLink(root, name):
		return nil, version{}, refuse("notfound", "%s is in a folder that is a link, which is not followed", quoted(name))
	}
	return openRegular(root, name)
}

// openRegular is offered for a name that was of a regular file a moment ago.
func openRegular(root *os.Root, name string) (*os.File, version, error) {
	missing := refuse("notfound", "no file %s here", quoted(name))
	if isUnfinished(root, name) {
		return nil, version{}, refuse("notfound", "%s is an unfinished download", quoted(name))
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

// unreadable is the refusal of a file that this process may not read.
func unreadable(name string) error {
	return refuse("failed", "%s may not be read by uid %d, as which the node runs; make it readable there: chmod a+r", quoted(name), os.Geteuid())
}

// isUnfinished reports whether a file is a download of fetch -o that is not
// complete, or the mark beside it: NAME.part and NAME.part.at.
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

// isBehindLink reports whether one of the folders in a name is a link.
func isBehindLink(root *os.Root, name string) bool {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if info, err := root.Lstat(dir); err != nil || !info.IsDir() {
			return true
		}
	}
	return false
}

// folders is a file system of folders alone. What has just taken the place of one
// is not opened, let alone waited for.
type folders struct{ root *os.Root }

func (f folders) Open(name string) (fs.File, error) {
	return f.root.OpenFile(name, os.O_RDONLY|syscall.O_DIRECTORY, 0)
}

// errEnough ends a walk.
var errEnough = errors.New("enough")

// list calls see for the files that are offered and come after the name after, ""
// for all, in the order of compareNames, for at most maxFiles of them. It calls
// leftOut with the reason for each that looks like a file and is not offered.
func (f *folder) list(after string, see func(name string, v version), leftOut func(name string, why error)) error {
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
			leftOut(name, err)
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
			leftOut(name, refuse("notfound", "%s is a link, and not to a file in this folder", quoted(name)))
		case !isUnfinished(root, name):
			leftOut(name, why)
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// offer returns the version of a file that is offered. A walk has found it, and so
// in no folder that is reached by a link.
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

// compareNames compares two names in the order of lists: part by part.
func compareNames(a, b string) int {
	return slices.Compare(strings.Split(a, "/"), strings.Split(b, "/"))
}
