package registry

import (
	"io"
	"io/fs"
	"log/slog"
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

// Fault R2: a registry that is a named pipe was waited for, for ever.
func TestThatIsNoFile(t *testing.T) {
	for kind, make := range kinds {
		if kind == "a symbolic link" {
			continue // see below
		}
		t.Run(kind, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "r")
			make(t, path)
			_, err := Open(path, slog.New(slog.NewTextHandler(io.Discard, nil)))
			require.ErrorContains(t, err, path+" is "+kind)
			require.ErrorContains(t, err, "-registry")
			require.NoFileExists(t, path+".lock")
		})
	}
	_, err := Open("/dev/null", slog.New(slog.NewTextHandler(io.Discard, nil)))
	require.ErrorContains(t, err, "/dev/null is a device")
	require.ErrorContains(t, err, "-registry ''")
	dir := t.TempDir()
	_, err = Open(dir+"/", slog.New(slog.NewTextHandler(io.Discard, nil)))
	require.ErrorContains(t, err, dir+" is a folder")
}

// Faults R2 and R3: what is in the way of a file beside the registry is neither written nor waited for, and is named.
func TestWithSomethingInTheWay(t *testing.T) {
	for kind, make := range kinds {
		t.Run(kind, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "r")
			require.NoError(t, os.WriteFile(path, []byte("1 127.0.0.1:6001\nbad\n"), 0o644))
			for _, suffix := range []string{".lock", ".tmp", ".bad"} {
				make(t, path+suffix)
			}
			r, log := open(t, path)
			require.Contains(t, log, path+".lock is "+kind)
			require.Contains(t, log, path+".bad is "+kind)
			require.Equal(t, "1@127.0.0.1:6001", entries(r))
			_, err := Open(path, slog.New(slog.NewTextHandler(io.Discard, nil)))
			require.ErrorIs(t, err, ErrInUse, "it is locked all the same")

			require.ErrorContains(t, r.Put("2", "127.0.0.1:6002", never), path+".tmp is "+kind+", not a regular file; move it away")
			require.NoError(t, os.Remove(path+".tmp"))
			require.NoError(t, r.Put("3", "127.0.0.1:6003", never))
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, "1 127.0.0.1:6001\n2 127.0.0.1:6002\n3 127.0.0.1:6003\n", string(text))
			for _, suffix := range []string{".lock", ".bad"} {
				info, err := os.Lstat(path + suffix)
				require.NoError(t, err)
				require.False(t, info.Mode().IsRegular())
			}
			_, err = Open(path, slog.New(slog.NewTextHandler(io.Discard, nil)))
			require.ErrorIs(t, err, ErrInUse, "the new version is locked, too")
		})
	}
}

// A new registry, too, is locked if there can be no lock file.
func TestNewWithoutALockFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r")
	kinds["a named pipe"](t, path+".lock")
	_, log := open(t, path)
	require.Contains(t, log, path+".lock is a named pipe")
	_, err := Open(path, slog.New(slog.NewTextHandler(io.Discard, nil)))
	require.ErrorIs(t, err, ErrInUse)
}

// Something that takes the place of the registry while the server runs is left alone.
func TestWhosePlaceIsTaken(t *testing.T) {
	for kind, make := range kinds {
		t.Run(kind, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "r")
			r, _ := open(t, path)
			require.NoError(t, r.Put("1", "127.0.0.1:6001", never))
			require.NoError(t, os.Remove(path))
			make(t, path)
			require.ErrorContains(t, r.Put("2", "127.0.0.1:6002", never), path+" is "+kind)
			require.NoFileExists(t, path+".tmp")
			require.NoError(t, os.Remove(path))
			require.NoError(t, r.Put("2", "127.0.0.1:6002", never))
		})
	}
}

// A file that a killed server left at FILE.tmp or FILE.bad is replaced, and not written through its other names.
func TestReplacesWhatAServerLeft(t *testing.T) {
	dir := t.TempDir()
	path, other := filepath.Join(dir, "r"), filepath.Join(dir, "other")
	require.NoError(t, os.WriteFile(path, []byte("bad\n"), 0o644))
	require.NoError(t, os.WriteFile(other, []byte("not to be written\n"), 0o644))
	require.NoError(t, os.Link(other, path+".tmp"))
	require.NoError(t, os.Link(other, path+".bad"))
	r, _ := open(t, path)
	require.NoError(t, r.Put("1", "127.0.0.1:6001", never))
	require.NoFileExists(t, path+".tmp")
	for file, want := range map[string]string{other: "not to be written\n", path + ".bad": "bad\n"} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, want, string(text))
	}
}

// Fault R4: a link to a registry was replaced by a file, and another link to the same one was another registry.
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
		r, _ := open(t, path)
		for _, name := range []string{file, again, dir + "/folder/../c.txt", dir + "//share/c.txt"} {
			_, err := Open(name, slog.New(slog.NewTextHandler(io.Discard, nil)))
			require.ErrorIs(t, err, ErrInUse)
			require.ErrorContains(t, err, name)
		}
		require.NoError(t, r.Put("1", "127.0.0.1:6001", never))
		r.Close()
		info, err := os.Lstat(path)
		require.NoError(t, err)
		require.Equal(t, fs.ModeSymlink, info.Mode().Type())
		r, _ = open(t, file)
		require.Equal(t, "1@127.0.0.1:6001", entries(r))
		names, err := filepath.Glob(filepath.Join(dir, "*.*"))
		require.NoError(t, err)
		require.ElementsMatch(t, []string{path, again}, names, "the files beside it are in its own folder")
	}
}

func TestBehindALinkToItself(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r")
	require.NoError(t, os.Symlink("r", path))
	_, err := Open(path, slog.New(slog.NewTextHandler(io.Discard, nil)))
	require.ErrorContains(t, err, "symbolic links")
}

// Two names of one file are one registry.
func TestWithTwoNames(t *testing.T) {
	dir := t.TempDir()
	one, two := filepath.Join(dir, "one"), filepath.Join(dir, "two")
	require.NoError(t, os.WriteFile(one, nil, 0o644))
	require.NoError(t, os.Link(one, two))
	open(t, one)
	_, err := Open(two, slog.New(slog.NewTextHandler(io.Discard, nil)))
	require.ErrorIs(t, err, ErrInUse)
}

// Fault R6: a registry that only its owner may read could be read by all after the first save.
func TestKeepsModeAndOwner(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r")
	require.NoError(t, os.WriteFile(path, []byte("bad\n"), 0o644))
	require.NoError(t, os.Chmod(path, 0o620))
	root := os.Getuid() == 0
	if root {
		require.NoError(t, os.Chown(path, 12345, 54321))
	} else {
		t.Log("NOT TESTED: the owner; only root can give a file another")
	}
	r, _ := open(t, path)
	require.NoError(t, r.Put("1", "127.0.0.1:6001", never))
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
	path := filepath.Join(t.TempDir(), strings.Repeat("r", 255))
	r, log := open(t, path)
	require.Equal(t, "", log)
	require.NoError(t, r.Put("1", "127.0.0.1:6001", never))
	_, err := Open(path, slog.New(slog.NewTextHandler(io.Discard, nil)))
	require.ErrorIs(t, err, ErrInUse)
	r.Close()
	again, _ := open(t, path)
	require.Equal(t, "1@127.0.0.1:6001", entries(again))
}
