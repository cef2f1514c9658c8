package lockedfile

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const maxSize = 1 << 20

// opened is a File, what it was opened with, and its warnings so far.
type opened struct {
	*File
	content string
	warned  []Warning
	why     []error
}

func (o *opened) warn(w Warning, err error) {
	o.warned = append(o.warned, w)
	o.why = append(o.why, err)
}

func open(t *testing.T, path string) *opened {
	t.Helper()
	var o opened
	f, content, err := Open(path, maxSize, o.warn)
	require.NoError(t, err)
	t.Cleanup(f.Close)
	o.File, o.content = f, string(content)
	return &o
}

// requireInUse requires that another process cannot open the file.
func requireInUse(t *testing.T, path string) {
	t.Helper()
	_, _, err := Open(path, maxSize, nil)
	require.ErrorIs(t, err, ErrInUse)
}

func requireContent(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, want, string(got))
}

func TestIsLockedUntilClosed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	first := open(t, path)
	require.Empty(t, first.content)
	requireInUse(t, path)
	require.NoError(t, first.Write([]byte("one\n")))
	requireInUse(t, path)
	require.NoError(t, first.Write([]byte("two\n")))
	requireInUse(t, path)
	first.Close()
	second := open(t, path)
	require.Equal(t, "two\n", second.content)
	require.Empty(t, second.warned)
}

func TestInAFolderThatIsMadeLater(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "later")
	path := filepath.Join(dir, "f")
	f := open(t, path)
	require.Equal(t, []Warning{Unwritable}, f.warned)
	require.ErrorIs(t, f.why[0], os.ErrNotExist)
	require.ErrorIs(t, f.Write([]byte("1\n")), os.ErrNotExist)
	require.NoError(t, os.Mkdir(dir, 0o755))
	require.NoError(t, f.Write([]byte("2\n")))
	requireContent(t, path, "2\n")
	requireInUse(t, path)
	require.Len(t, f.warned, 1)
}

// A file that is too large is not read, and stays as it is.
func TestThatIsTooLarge(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	require.NoError(t, os.WriteFile(path, bytes.Repeat([]byte("x"), 11), 0o644))
	_, _, err := Open(path, 10, nil)
	require.EqualError(t, err, "it has more than 10 bytes")
	f, content, err := Open(path, 11, nil)
	require.NoError(t, err, "the lock was released")
	require.Len(t, content, 11)
	f.Close()
}

// TestSurvivesKill kills a process that does nothing but write its file, again and again, and reads what is left each time.
func TestSurvivesKill(t *testing.T) {
	path := os.Getenv("PEERLAB_TEST_LOCKEDFILE")
	if path != "" {
		writeForEver(path)
	}
	path = filepath.Join(t.TempDir(), "f")
	for range 200 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestSurvivesKill$")
		cmd.Env = append(os.Environ(), "PEERLAB_TEST_LOCKEDFILE="+path)
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		_, err = bufio.NewReader(out).ReadString('\n') // it has begun
		require.NoError(t, err)
		<-time.After(time.Duration(rand.IntN(2000)) * time.Microsecond)
		require.NoError(t, cmd.Process.Kill())
		_ = cmd.Wait() // killed, as it should be

		f := open(t, path)
		require.Empty(t, f.warned)
		lines := bytes.SplitAfter([]byte(f.content), []byte("\n"))
		require.Len(t, lines, 51)
		for _, line := range lines[:50] {
			require.Equal(t, string(lines[0]), string(line), "half a version")
		}
		f.Close()
	}
}

func writeForEver(path string) {
	f, _, err := Open(path, maxSize, func(_ Warning, err error) { panic(err) })
	if err != nil {
		panic(err)
	}
	for n := 1; ; n++ {
		if err := f.Write(bytes.Repeat(fmt.Appendf(nil, "version %d\n", n), 50)); err != nil {
			panic(err)
		}
		if n == 1 {
			fmt.Println("writing")
		}
	}
}
