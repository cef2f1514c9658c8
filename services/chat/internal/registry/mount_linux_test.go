package registry

import (
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"peerlab/services/chat/internal/wire"
)

// mounted runs the test again in a process with mounts of its own, which the shell script makes; $1 is a folder. It returns that
// folder in the new process, and "" in the old one, in which the test is over.
func mounted(t *testing.T, script string) (dir string) {
	t.Helper()
	if dir = os.Getenv("PEERLAB_TEST_MOUNTED"); dir != "" {
		return dir
	}
	if out, err := exec.Command("unshare", "-rm", "true").CombinedOutput(); err != nil {
		t.Skipf("NOT TESTED: this machine allows no mounts: %v: %s", err, out)
	}
	dir = t.TempDir()
	cmd := exec.Command("unshare", "-rm", "sh", "-ec", script+"\nexec \"$2\" -test.v -test.run \"^$3\\$\"", "sh", dir, os.Args[0], t.Name())
	cmd.Env = append(os.Environ(), "PEERLAB_TEST_MOUNTED="+dir)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "--- PASS: "+t.Name())
	return ""
}

// Fault R5: a registry that is mounted as a single file was never written. In two containers it has two folders, and is still
// one registry.
func TestMountedAsASingleFile(t *testing.T) {
	dir := mounted(t, `mkdir "$1/a" "$1/b"; touch "$1/a/r" "$1/b/r"; echo 1 127.0.0.1:6001 >"$1/host"
		mount --bind "$1/host" "$1/a/r"; mount --bind "$1/host" "$1/b/r"`)
	if dir == "" {
		return
	}
	a, b := filepath.Join(dir, "a", "r"), filepath.Join(dir, "b", "r")
	var log recorder
	r, err := Open(a, slog.New(slog.NewTextHandler(&log, nil)))
	require.NoError(t, err)
	defer r.Close()
	for _, name := range []string{"2", "3", "4"} {
		require.NoError(t, r.Put(wire.Name(name), "127.0.0.1:600"+name, never))
		require.NoFileExists(t, a+".tmp")
	}
	require.NoError(t, r.Remove("3"))
	require.Len(t, log.lines(), 1)
	require.Contains(t, log.lines()[0], "in place")
	require.Contains(t, log.lines()[0], "busy")
	text, err := os.ReadFile(filepath.Join(dir, "host"))
	require.NoError(t, err)
	require.Equal(t, "1 127.0.0.1:6001\n2 127.0.0.1:6002\n4 127.0.0.1:6004\n", string(text))

	_, err = Open(b, slog.New(slog.NewTextHandler(io.Discard, nil)))
	require.ErrorIs(t, err, ErrInUse)
	r.Close()
	again, text2 := open(t, b)
	require.Equal(t, "", text2)
	require.Equal(t, "1@127.0.0.1:6001 2@127.0.0.1:6002 4@127.0.0.1:6004", entries(again))
}

// The folder of a registry may be read-only, and the file not.
func TestInAReadOnlyFolder(t *testing.T) {
	dir := mounted(t, `mkdir "$1/a"; touch "$1/host" "$1/a/r"; mount --bind "$1/a" "$1/a"
		mount --bind "$1/host" "$1/a/r"; mount -o remount,bind,ro "$1/a"`)
	if dir == "" {
		return
	}
	path := filepath.Join(dir, "a", "r")
	var log recorder
	r, err := Open(path, slog.New(slog.NewTextHandler(&log, nil)))
	require.NoError(t, err)
	defer r.Close()
	require.NoError(t, r.Put("1", "127.0.0.1:6001", never))
	require.Len(t, log.lines(), 1, "%s", log.lines())
	require.Contains(t, log.lines()[0], "in place")
	_, err = Open(path, slog.New(slog.NewTextHandler(io.Discard, nil)))
	require.ErrorIs(t, err, ErrInUse)
}

// On a full disk the old content stays, whether the file is replaced or written in place.
func TestOnAFullDisk(t *testing.T) {
	dir := mounted(t, `mount -t tmpfs -o size=16k none "$1"; mkdir "$1/a"; touch "$1/host" "$1/a/mounted"
		mount --bind "$1/host" "$1/a/mounted"`)
	if dir == "" {
		return
	}
	for _, name := range []string{"plain", "mounted"} {
		path := filepath.Join(dir, "a", name)
		r, err := Open(path, slog.New(slog.NewTextHandler(io.Discard, nil)))
		require.NoError(t, err)
		require.NoError(t, r.Put("1", "127.0.0.1:6001", never))
		before, err := os.ReadFile(path)
		require.NoError(t, err)

		filler := filepath.Join(dir, "filler")
		f, err := os.Create(filler)
		require.NoError(t, err)
		for err = error(nil); err == nil; {
			_, err = io.WriteString(f, strings.Repeat("x", 4096))
		}
		f.Close()
		r.lines = append(r.lines, line{comment: "#" + strings.Repeat("x", 10_000)})
		require.ErrorContains(t, r.Put("2", "127.0.0.1:6002", never), "no space")
		after, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, string(before), string(after))
		require.NoFileExists(t, path+".tmp")

		require.NoError(t, os.Remove(filler))
		r.lines = r.lines[:2]
		require.NoError(t, r.Put("2", "127.0.0.1:6002", never))
		r.Close()
		r, log := open(t, path)
		require.Equal(t, "", log)
		require.Len(t, r.Entries(), 2)
		r.Close()
	}
}
