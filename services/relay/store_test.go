package relay

import (
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every store returns the file after its parts have been written in any order.
func TestStoresAcceptPartsInAnyOrder(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	content := noise(inMemory, 1)
	for name, create := range map[string]func(t *testing.T) store{
		"memory": func(*testing.T) store { return make(memory, inMemory) },
		"spool": func(t *testing.T) store {
			s, err := spool()
			require.NoError(t, err)
			return s
		},
		"saved": func(t *testing.T) store {
			s, err := newSaved(rootOf(t, t.TempDir()), "a")
			require.NoError(t, err)
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := create(t)
			defer s.drop(false)
			require.NoError(t, s.checkSpace(int64(len(content))))
			const part = 4096
			for _, i := range rand.Perm(len(content) / part) {
				n, err := s.WriteAt([]byte(content[i*part:(i+1)*part]), int64(i*part))
				require.NoError(t, err)
				require.Equal(t, part, n)
			}
			got, err := io.ReadAll(io.NewSectionReader(s, 0, int64(len(content))))
			require.NoError(t, err)
			require.True(t, string(got) == content)
			n, err := s.ReadAt(got[:10], int64(len(content))-4)
			require.Equal(t, 4, n)
			require.Equal(t, io.EOF, err)
			n, err = s.ReadAt(got[:10], int64(len(content))+4)
			require.Zero(t, n)
			require.Equal(t, io.EOF, err)
			sum, err := sumOf(s, span{100, 200})
			require.NoError(t, err)
			require.Equal(t, hashed(content[100:200]), sum)
		})
	}
}

func TestStoresRefuseTooLargeASize(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	require.ErrorContains(t, make(memory, 10).checkSpace(11), "11 more bytes do not fit: memory is reserved for 10")
	s, err := spool()
	require.NoError(t, err)
	defer s.drop(false)
	require.ErrorContains(t, s.checkSpace(1<<62), "4611686018427387904 more bytes do not fit: the disk has ")
	require.ErrorContains(t, s.checkSpace(1<<62), "free some space, or use another folder (-o DIR, or TMPDIR")
}

func TestSpoolLeavesNoFile(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	s, err := printed(inMemory + 1)
	require.NoError(t, err)
	require.IsType(t, disk{}, s)
	_, err = s.WriteAt([]byte("x"), 10<<20)
	require.NoError(t, err)
	require.Empty(t, filesIn(t, dir), "a spool has no name while it is in use: SIGKILL leaves no file")
	s.drop(false)
	s, err = printed(inMemory)
	require.NoError(t, err)
	require.IsType(t, memory{}, s)
}

func TestSpoolErrorNamesTheRemedy(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()+"/missing")
	_, err := spool()
	require.ErrorContains(t, err, "missing")
	require.ErrorContains(t, err, "set TMPDIR")
}

func rootOf(t *testing.T, dir string) *os.Root {
	t.Helper()
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	t.Cleanup(func() { root.Close() })
	return root
}

// filesIn returns the names of all regular files below dir.
func filesIn(t testing.TB, dir string) []string {
	t.Helper()
	names := []string{}
	require.NoError(t, fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			names = append(names, name)
		}
		return err
	}))
	return names
}
