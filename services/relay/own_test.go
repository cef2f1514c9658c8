package relay

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPartsOfLongNamesDiffer(t *testing.T) {
	long := strings.Repeat("n", 254)
	require.NotEqual(t, partOf(long+"a"), partOf(long+"b"))
	require.Equal(t, "d/a.part", partOf("d/a"))
	for _, name := range []string{long + "a", strings.Repeat("ü", 127), strings.Repeat("語", 85), strings.Repeat("n", 248)} {
		require.LessOrEqual(t, len(markOf(name)), 255)
		require.NoError(t, CheckName(markOf(name)), "a name is not cut within a character")
	}
}

func TestSavedWithAnInvalidMark(t *testing.T) {
	for _, mark := range []string{"", "x", "-1", "5", "99999999999999999999", "4 4", "\x00"} {
		dir := folderOf(t, "a.part", "half", "a.part.at", mark)
		s, here, err := resume(rootOf(t, dir), "a")
		require.NoError(t, err, "%q", mark)
		require.Zero(t, here, "%q", mark)
		s.drop(false)
		require.Empty(t, filesIn(t, dir), "the number of correct bytes is unknown")
	}
}

// The path of a file, its part or its mark may be a FIFO. fetch must not block until
// another process opens the other end.
func TestOpenOwnDoesNotBlockOnAFIFO(t *testing.T) {
	for _, there := range []string{"a", "a.part", "a.part.at"} {
		for name, puts := range map[string]func(path string) error{
			"a FIFO":   func(path string) error { return syscall.Mkfifo(path, 0o644) },
			"a folder": func(path string) error { return os.Mkdir(path, 0o755) },
			"a device": func(path string) error { return os.Symlink("/dev/zero", path) },
			"a link to a FIFO": func(path string) error {
				if err := syscall.Mkfifo(filepath.Join(filepath.Dir(path), "fifo"), 0o644); err != nil {
					return err
				}
				return os.Symlink("fifo", path)
			},
			"a link to another file": func(path string) error { return os.Symlink("theirs", path) },
			"a link to nothing":      func(path string) error { return os.Symlink("nothing", path) },
		} {
			for _, part := range []string{"", "half"} {
				dir := folderOf(t, "theirs", "theirs")
				if part != "" && there != "a.part" {
					write(t, filepath.Join(dir, "a.part"), part)
				}
				require.NoError(t, puts(filepath.Join(dir, there)))
				before := filesIn(t, dir)
				root := rootOf(t, dir)
				err := atOnce(t, func() error {
					_, _, err := resume(root, "a")
					return err
				})
				require.ErrorContains(t, err, quoted(there)+" exists and ", "%s, %s", there, name)
				require.ErrorContains(t, err, "; remove it, or give another folder with -o")
				require.Equal(t, before, filesIn(t, dir), "%s, %s", there, name)
				require.Equal(t, "theirs", readFile(t, dir, "theirs"))
			}
		}
	}
}

// A FIFO may replace the mark during a fetch.
func TestOpenOwnDoesNotBlockOnANewFIFO(t *testing.T) {
	dir := t.TempDir()
	s, err := newSaved(rootOf(t, dir), "a")
	require.NoError(t, err)
	put(t, s, "half")
	require.NoError(t, os.Remove(filepath.Join(dir, "a.part.at")))
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "a.part.at"), 0o644))
	for _, flag := range []int{os.O_RDONLY, os.O_WRONLY | os.O_CREATE} {
		err := atOnce(t, func() error {
			_, err := openOwn(s.root, "a.part.at", flag)
			return err
		})
		require.ErrorContains(t, err, `"a.part.at" exists and was not created by fetch`)
	}
	require.NoError(t, atOnce(t, func() error {
		s.checkpoint(segment)
		s.drop(false)
		return nil
	}))
	require.Equal(t, []string{"a.part"}, filesIn(t, dir))
}

// atOnce returns the result of f and requires that f does not block.
func atOnce(t *testing.T, f func() error) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-time.After(testTime):
		t.Fatalf("not done after %v", testTime)
		return nil
	}
}

// markIn returns the number in the mark of a file.
func markIn(t testing.TB, dir, name string) int {
	t.Helper()
	at, err := strconv.Atoi(strings.TrimSpace(readFile(t, dir, markOf(name))))
	require.NoError(t, err)
	return at
}
