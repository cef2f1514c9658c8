package lockedfile

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
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

// Fault R5: a file that is mounted by itself was never written. In two containers it has two folders, and is still one file.
func TestMountedAsASingleFile(t *testing.T) {
	dir := mounted(t, `mkdir "$1/a" "$1/b"; touch "$1/a/f" "$1/b/f"; echo 1 >"$1/host"
		mount --bind "$1/host" "$1/a/f"; mount --bind "$1/host" "$1/b/f"`)
	if dir == "" {
		return
	}
	a, b := filepath.Join(dir, "a", "f"), filepath.Join(dir, "b", "f")
	f := open(t, a)
	require.Equal(t, "1\n", f.content)
	for _, content := range []string{"1\n2\n", "1\n2\n3\n", "1\n2\n3\n4\n", "1\n4\n"} {
		require.NoError(t, f.Write([]byte(content)))
		require.NoFileExists(t, a+".tmp")
		requireContent(t, filepath.Join(dir, "host"), content)
	}
	require.Equal(t, []Warning{InPlace}, f.warned)
	require.ErrorContains(t, f.why[0], "busy")

	requireInUse(t, b)
	f.Close()
	again := open(t, b)
	require.Empty(t, again.warned)
	require.Equal(t, "1\n4\n", again.content)
}

// The folder of a file may be read-only, and the file not.
func TestInAReadOnlyFolder(t *testing.T) {
	dir := mounted(t, `mkdir "$1/a"; touch "$1/host" "$1/a/f"; mount --bind "$1/a" "$1/a"
		mount --bind "$1/host" "$1/a/f"; mount -o remount,bind,ro "$1/a"`)
	if dir == "" {
		return
	}
	path := filepath.Join(dir, "a", "f")
	f := open(t, path)
	require.NoError(t, f.Write([]byte("1\n")))
	require.Equal(t, []Warning{InPlace}, f.warned)
	requireInUse(t, path)
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
		f := open(t, path)
		require.NoError(t, f.Write([]byte("1\n")))

		filler := filepath.Join(dir, "filler")
		full, err := os.Create(filler)
		require.NoError(t, err)
		for err = error(nil); err == nil; {
			_, err = io.WriteString(full, strings.Repeat("x", 4096))
		}
		full.Close()
		require.ErrorContains(t, f.Write(bytes.Repeat([]byte("x"), 10_000)), "no space")
		requireContent(t, path, "1\n")
		require.NoFileExists(t, path+".tmp")

		require.NoError(t, os.Remove(filler))
		require.NoError(t, f.Write([]byte("2\n")))
		f.Close()
		again := open(t, path)
		require.Empty(t, again.warned)
		require.Equal(t, "2\n", again.content)
		again.Close()
	}
}
