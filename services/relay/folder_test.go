package relay

import (
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"peerlab/services/internal/lines"

	"github.com/stretchr/testify/require"
)

// manyFolders returns a folder with every type of file. A node may serve only the
// names that begin with "good", whose content is their name, empty and inside, a
// link to good.
func manyFolders(t *testing.T) string {
	t.Helper()
	names := []string{
		"good", "good folder/good file", `good "quoted" 'name'`, "good-Ü-文件", "good" + strings.Repeat("n", 251),
		"good ", "good\u00a0", ".good", "-good", "good.part",
	}
	var files []string
	for _, name := range names {
		files = append(files, name, name)
	}
	dir := folderOf(t, append(files, "empty", "", "bad\\slash", "x", "bad\x1b[2J", "x", "bad\xff", "x")...)
	outside := folderOf(t, "secret", "secret")
	at := func(name string) string { return filepath.Join(dir, name) }
	require.NoError(t, syscall.Mkfifo(at("fifo"), 0o644))
	require.NoError(t, os.Mkdir(at("folder"), 0o755))
	ln, err := net.Listen("unix", at("socket"))
	require.NoError(t, err)
	t.Cleanup(func() { ln.Close() })
	require.NoError(t, os.Symlink(filepath.Join(outside, "secret"), at("absolute")))
	require.NoError(t, os.Symlink(outside, at("out")))
	require.NoError(t, os.Symlink("../"+filepath.Base(outside)+"/secret", at("relative")))
	require.NoError(t, os.Symlink("good", at("inside")))
	require.NoError(t, os.Symlink("loop", at("loop")))
	require.NoError(t, os.Symlink("nothing", at("dangling")))
	require.NoError(t, os.Symlink("/dev/zero", at("device")))
	return dir
}

func TestFolderOpensRegularFilesInside(t *testing.T) {
	f, err := openFolder(manyFolders(t))
	require.NoError(t, err)
	defer f.close()
	var names []string
	require.NoError(t, f.list("", func(name string, v version) {
		names = append(names, name)
		file, w, err := f.open(name)
		require.NoError(t, err, name)
		defer file.Close()
		require.Equal(t, v, w, "list and open return the same version")
		if name == "empty" {
			require.Zero(t, v.size)
			return
		}
		content, err := io.ReadAll(file)
		require.NoError(t, err)
		if name == "inside" { // a link within the folder is served as the file
			name = "good"
		}
		require.Equal(t, name, string(content))
	}, func(string, error) {}))
	require.Len(t, names, 12)
	for name, code := range map[string]string{
		"fifo": "notfound", "folder": "notfound", "absolute": "notfound", "out/secret": "notfound", "relative": "notfound",
		"socket": "notfound", "loop": "notfound", "dangling": "notfound", "device": "notfound", "missing": "notfound", "good/x": "notfound",
		"../secret": "name", "/etc/passwd": "name", "a/../good": "name", `bad\slash`: "name", "good\x00": "name", "": "name", ".": "name",
		"bad\x1b[2J": "name", "bad\xff": "name",
	} {
		_, _, err := f.open(name)
		require.True(t, lines.IsRefusal(err, code), "%q: %v", name, err)
	}
}

// A writer waits for a reader of a FIFO. A node never opens a FIFO, not even for a
// moment: bytes written in that moment would be lost.
func TestFolderLeavesAFIFOAlone(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o644))
	f, err := openFolder(dir)
	require.NoError(t, err)
	defer f.close()
	written := make(chan error, 1)
	go func() { written <- os.WriteFile(filepath.Join(dir, "fifo"), []byte("not lost"), 0) }()
	for range 1000 { // the writer opens the FIFO during these
		_, _, err := f.open("fifo")
		require.True(t, lines.IsRefusal(err, "notfound"), err)
	}
	reader, err := os.OpenFile(filepath.Join(dir, "fifo"), os.O_RDWR|syscall.O_NONBLOCK, 0)
	require.NoError(t, err)
	defer reader.Close()
	require.NoError(t, reader.SetReadDeadline(time.Now().Add(testTime)))
	got := make([]byte, len("not lost"))
	_, err = io.ReadFull(reader, got)
	require.NoError(t, err)
	require.Equal(t, "not lost", string(got))
	require.NoError(t, <-written)
}

func TestFolderOpensNoDevice(t *testing.T) {
	f, err := openFolder("/dev")
	require.NoError(t, err)
	defer f.close()
	for _, name := range []string{"zero", "null", "tty"} {
		_, _, err := f.open(name)
		require.True(t, lines.IsRefusal(err, "notfound"), "%s: %v", name, err)
	}
}

func TestOpenFolderOfAnInvalidPath(t *testing.T) {
	_, err := openFolder(t.TempDir() + "/missing")
	require.ErrorContains(t, err, "missing")
	require.ErrorContains(t, err, "-dir")
	_, err = openFolder(filepath.Join(folderOf(t, "a", ""), "a"))
	require.ErrorContains(t, err, "not a directory; give the folder to serve with -dir")
	fifo := filepath.Join(t.TempDir(), "fifo")
	require.NoError(t, syscall.Mkfifo(fifo, 0o644))
	for _, open := range []func() error{
		func() error { _, err := openFolder(fifo); return err },
		func() error { _, err := NewFetch(FetchConfig{Dir: fifo}); return err },
	} {
		require.ErrorContains(t, atOnce(t, open), "fifo: not a directory")
	}
	_, err = openFolder("")
	require.ErrorIs(t, err, fs.ErrNotExist)
}

// The walk does not block on a FIFO that has just replaced a folder.
func TestFolderListDoesNotBlock(t *testing.T) {
	dir := folderOf(t, "a", "")
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o644))
	f, err := openFolder(dir)
	require.NoError(t, err)
	defer f.close()
	for _, name := range []string{"fifo", "a"} {
		require.ErrorIs(t, atOnce(t, func() error { _, err := folders{f.root}.Open(name); return err }), syscall.ENOTDIR)
	}
}

func TestFolderThatIsRemoved(t *testing.T) {
	dir := folderOf(t, "a", "x")
	f, err := openFolder(dir)
	require.NoError(t, err)
	require.NoError(t, os.RemoveAll(dir))
	_, _, err = f.open("a")
	require.True(t, lines.IsRefusal(err, "failed"), err)
	require.ErrorContains(t, err, "the folder "+dir+" does not exist (no such file or directory); create it again")
	f.close()
	require.Error(t, f.list("", func(string, version) {}, nil), "a removed folder is not listed as an empty one")
}

func TestFolderListIsBounded(t *testing.T) {
	dir := folderOf(t, "0", "x")
	for i := range maxFiles + 10 {
		require.NoError(t, os.Link(filepath.Join(dir, "0"), filepath.Join(dir, strconv.Itoa(i+1))))
	}
	f, err := openFolder(dir)
	require.NoError(t, err)
	defer f.close()
	seen := 0
	require.NoError(t, f.list("", func(string, version) { seen++ }, nil))
	require.Equal(t, maxFiles, seen)
}
