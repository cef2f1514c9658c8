package lockedfile

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// kinds make what is not a regular file.
var kinds = map[string]func(t *testing.T, path string){
	"a named pipe": func(t *testing.T, path string) { require.NoError(t, syscall.Mkfifo(path, 0o644)) },
	"a folder":     func(t *testing.T, path string) { require.NoError(t, os.Mkdir(path, 0o755)) },
	"a symbolic link": func(t *testing.T, path string) {
		target := filepath.Join(t.TempDir(), "target")
		require.NoError(t, os.WriteFile(target, []byte("not to be written\n"), 0o644))
		require.NoError(t, os.Symlink(target, path))
		t.Cleanup(func() {
			text, err := os.ReadFile(target)
			require.NoError(t, err)
			require.Equal(t, "not to be written\n", string(text))
		})
	},
	"a socket": func(t *testing.T, path string) {
		fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
		require.NoError(t, err)
		defer syscall.Close(fd)
		t.Chdir(filepath.Dir(path)) // the name of a socket must be short
		require.NoError(t, syscall.Bind(fd, &syscall.SockaddrUnix{Name: filepath.Base(path)}))
	},
}

// Fault R2: a file that is a named pipe was waited for, for ever.
func TestThatIsNoFile(t *testing.T) {
	for kind, make := range kinds {
		if kind == "a symbolic link" {
			continue // see below
		}
		t.Run(kind, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "f")
			make(t, path)
			_, _, err := Open(path, maxSize, nil)
			require.EqualError(t, err, path+" is "+kind+", not a regular file")
			require.NoFileExists(t, path+".lock")
		})
	}
	_, _, err := Open("/dev/null", maxSize, nil)
	require.ErrorContains(t, err, "/dev/null is a device")
	dir := t.TempDir()
	_, _, err = Open(dir+"/", maxSize, nil)
	require.ErrorContains(t, err, dir+" is a folder")
}

// Faults R2 and R3: what is in the way of a file beside FILE is neither written nor waited for, and is named.
func TestWithSomethingInTheWay(t *testing.T) {
	for kind, make := range kinds {
		t.Run(kind, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "f")
			require.NoError(t, os.WriteFile(path, []byte("1\n"), 0o644))
			for _, suffix := range []string{".lock", ".tmp", ".bad"} {
				make(t, path+suffix)
			}
			f := open(t, path)
			require.Equal(t, "1\n", f.content)
			require.Equal(t, []Warning{NoLockFile}, f.warned)
			require.ErrorContains(t, f.why[0], path+".lock is "+kind)
			requireInUse(t, path) // although it has no lock file
			require.ErrorContains(t, f.WriteBeside(".bad", nil), path+".bad is "+kind+", not a regular file; move it away")

			require.ErrorContains(t, f.Write([]byte("2\n")), path+".tmp is "+kind+", not a regular file; move it away")
			requireContent(t, path, "1\n")
			require.NoError(t, os.Remove(path+".tmp"))
			require.NoError(t, f.Write([]byte("3\n")))
			requireContent(t, path, "3\n")
			for _, suffix := range []string{".lock", ".bad"} {
				info, err := os.Lstat(path + suffix)
				require.NoError(t, err)
				require.False(t, info.Mode().IsRegular())
			}
			requireInUse(t, path) // the new version is locked, too
		})
	}
}

// A new file, too, is locked if there can be no lock file.
func TestNewWithoutALockFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	kinds["a named pipe"](t, path+".lock")
	f := open(t, path)
	require.Equal(t, []Warning{NoLockFile}, f.warned)
	require.ErrorContains(t, f.why[0], path+".lock is a named pipe")
	requireInUse(t, path)
}

// Something that takes the place of the file while it is open is left alone.
func TestWhosePlaceIsTaken(t *testing.T) {
	for kind, make := range kinds {
		t.Run(kind, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "f")
			f := open(t, path)
			require.NoError(t, f.Write([]byte("1\n")))
			require.NoError(t, os.Remove(path))
			make(t, path)
			require.ErrorContains(t, f.Write([]byte("2\n")), path+" is "+kind)
			require.NoFileExists(t, path+".tmp")
			require.NoError(t, os.Remove(path))
			require.NoError(t, f.Write([]byte("2\n")))
			requireContent(t, path, "2\n")
		})
	}
}

// A file that a killed process left at FILE.tmp or FILE.bad is replaced, and not written through its other names.
func TestReplacesWhatAProcessLeft(t *testing.T) {
	dir := t.TempDir()
	path, other := filepath.Join(dir, "f"), filepath.Join(dir, "other")
	require.NoError(t, os.WriteFile(other, []byte("not to be written\n"), 0o644))
	require.NoError(t, os.Link(other, path+".tmp"))
	require.NoError(t, os.Link(other, path+".bad"))
	f := open(t, path)
	require.NoError(t, f.WriteBeside(".bad", []byte("bad\n")))
	require.NoError(t, f.Write([]byte("1\n")))
	require.NoFileExists(t, path+".tmp")
	requireContent(t, other, "not to be written\n")
	requireContent(t, path+".bad", "bad\n")
}

// Fault R4: a link to a file was replaced by a file, and another link to the same one was another file.
func TestBehindLinks(t *testing.T) {
	for _, exists := range []bool{true, false} {
		dir := t.TempDir()
		share := filepath.Join(dir, "share")
		path, again, file := filepath.Join(dir, "clients.txt"), filepath.Join(dir, "again.txt"), filepath.Join(share, "c.txt")
		require.NoError(t, os.MkdirAll(filepath.Join(share, "deep"), 0o755))
		if exists {
			require.NoError(t, os.WriteFile(file, nil, 0o644))
		}
		require.NoError(t, os.Symlink("share/c.txt", path))
		require.NoError(t, os.Symlink("share/deep", filepath.Join(dir, "folder")))
		require.NoError(t, os.Symlink("folder/../../clients.txt", again))
		f := open(t, path)
		for _, name := range []string{file, again, dir + "/folder/../c.txt", dir + "//share/c.txt"} {
			requireInUse(t, name)
		}
		require.NoError(t, f.Write([]byte("1\n")))
		f.Close()
		info, err := os.Lstat(path)
		require.NoError(t, err)
		require.Equal(t, fs.ModeSymlink, info.Mode().Type())
		require.Equal(t, "1\n", open(t, file).content)
		names, err := filepath.Glob(filepath.Join(dir, "*.*"))
		require.NoError(t, err)
		require.ElementsMatch(t, []string{path, again}, names, "the files beside it are in its own folder")
	}
}

func TestBehindALinkToItself(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	require.NoError(t, os.Symlink("f", path))
	_, _, err := Open(path, maxSize, nil)
	require.ErrorContains(t, err, "symbolic links")
}

// Two names of one file have one lock.
func TestWithTwoNames(t *testing.T) {
	dir := t.TempDir()
	one, two := filepath.Join(dir, "one"), filepath.Join(dir, "two")
	require.NoError(t, os.WriteFile(one, nil, 0o644))
	require.NoError(t, os.Link(one, two))
	open(t, one)
	requireInUse(t, two)
}

// Fault R6: a file that only its owner may read could be read by all after the first Write.
func TestKeepsModeAndOwner(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	require.NoError(t, os.WriteFile(path, nil, 0o644))
	require.NoError(t, os.Chmod(path, 0o620))
	root := os.Getuid() == 0
	if root {
		require.NoError(t, os.Chown(path, 12345, 54321))
	} else {
		t.Log("NOT TESTED: the owner; only root can give a file another")
	}
	f := open(t, path)
	require.NoError(t, f.WriteBeside(".bad", nil))
	require.NoError(t, f.Write([]byte("1\n")))
	for _, file := range []string{path, path + ".bad"} {
		info, err := os.Stat(file)
		require.NoError(t, err)
		require.Equal(t, fs.FileMode(0o620), info.Mode(), file)
		if stat := info.Sys().(*syscall.Stat_t); root {
			require.Equal(t, []uint32{12345, 54321}, []uint32{stat.Uid, stat.Gid}, file)
		}
	}
}

// A name that leaves no room for ".tmp" behind it is written in place.
func TestWithALongName(t *testing.T) {
	path := filepath.Join(t.TempDir(), strings.Repeat("f", 255))
	f := open(t, path)
	require.Empty(t, f.warned)
	for _, content := range []string{"1\n", "2\n2\n", "3\n"} {
		require.NoError(t, f.Write([]byte(content)))
		requireContent(t, path, content)
		requireInUse(t, path)
	}
	require.Equal(t, []Warning{InPlace}, f.warned)
	require.ErrorIs(t, f.why[0], syscall.ENAMETOOLONG)
}
