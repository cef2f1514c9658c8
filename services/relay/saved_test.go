package relay

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func put(t *testing.T, s *saved, content string) {
	t.Helper()
	_, err := s.WriteAt([]byte(content), 0)
	require.NoError(t, err)
	s.checkpoint(int64(len(content)))
}

func TestSavedIsKept(t *testing.T) {
	for _, name := range []string{
		"a", "folder/below/a b \"c\" Ü.txt", "a.part", "a.part.at",
		strings.Repeat("n", 255), strings.Repeat("ü", 127), "x/" + strings.Repeat("語", 85),
	} {
		dir := t.TempDir()
		root := rootOf(t, dir)
		s, here, err := resume(root, name)
		require.NoError(t, err)
		require.Nil(t, s)
		require.Zero(t, here)
		require.Empty(t, filesIn(t, dir), "resume creates no file")
		s, err = newSaved(root, name)
		require.NoError(t, err, name)
		put(t, s, "all of it, and more")
		require.NoError(t, s.keep(9))
		s.drop(false)
		require.Equal(t, []string{name}, filesIn(t, dir))
		got, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Equal(t, "all of it", string(got))
	}
}

func TestSavedIsResumed(t *testing.T) {
	root := rootOf(t, t.TempDir())
	s, err := newSaved(root, "a")
	require.NoError(t, err)
	put(t, s, "half")
	s.drop(false)
	s, here, err := resume(root, "a")
	require.NoError(t, err)
	require.Equal(t, int64(4), here)
	sum, err := sumOf(s, span{0, here})
	require.NoError(t, err)
	require.Equal(t, hashed("half"), sum)
	s.drop(false)
	_, here, err = resume(root, "a")
	require.NoError(t, err)
	require.Equal(t, int64(4), here, "an attempt without new bytes keeps the part")
}

// The mark is written every few megabytes, for a process that is killed.
func TestSavedWritesItsMarkRegularly(t *testing.T) {
	dir := t.TempDir()
	root := rootOf(t, dir)
	s, err := newSaved(root, "a")
	require.NoError(t, err)
	defer s.drop(false)
	require.Zero(t, markIn(t, dir, "a"))
	s.checkpoint(segment/2 - 1)
	require.Zero(t, markIn(t, dir, "a"), "the mark is not written for every byte")
	s.checkpoint(segment / 2)
	require.Equal(t, segment/2, markIn(t, dir, "a"))
}

func TestSavedRemovesItsFiles(t *testing.T) {
	for name, test := range map[string]struct {
		content string
		spoilt  bool
		left    []string
	}{
		"no bytes":        {"", false, []string{}},
		"correct bytes":   {"x", false, []string{"a.part", "a.part.at"}},
		"wrong bytes":     {"x", true, []string{}},
		"no bytes, wrong": {"", true, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s, err := newSaved(rootOf(t, dir), "a")
			require.NoError(t, err)
			put(t, s, test.content)
			s.drop(test.spoilt)
			require.Equal(t, test.left, filesIn(t, dir))
		})
	}
}

func TestSavedKeepsFilesOfOthers(t *testing.T) {
	dir := folderOf(t, "a.part", "my part in a play")
	_, _, err := resume(rootOf(t, dir), "a")
	require.ErrorContains(t, err, `"a.part" exists and was not created by fetch; remove it`)
	require.Equal(t, []string{"a.part"}, filesIn(t, dir))

	dir = folderOf(t, "a/b", "")
	_, _, err = resume(rootOf(t, dir), "a")
	require.ErrorContains(t, err, `"a" exists and is not a regular file; remove it`)

	dir = t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "a.part"), 0o755))
	_, _, err = resume(rootOf(t, dir), "a")
	require.ErrorContains(t, err, "a.part")

	dir = t.TempDir()
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "a.part"), 0o644))
	_, _, err = resume(rootOf(t, dir), "a")
	require.ErrorContains(t, err, `"a.part" exists and was not created by fetch; remove it`)

	dir = folderOf(t, "b", "keep me")
	require.NoError(t, os.Symlink("b", filepath.Join(dir, "a.part")))
	_, _, err = resume(rootOf(t, dir), "a")
	require.Error(t, err)
	got, err := os.ReadFile(filepath.Join(dir, "b"))
	require.NoError(t, err)
	require.Equal(t, "keep me", string(got))
}

func TestSavedStaysInItsFolder(t *testing.T) {
	outside := folderOf(t, "a", "theirs")
	dir := t.TempDir()
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "out")))
	_, err := newSaved(rootOf(t, dir), "out/a")
	require.Error(t, err)
	require.Equal(t, []string{"a"}, filesIn(t, outside))
}

func TestTwoFetchesDoNotSaveTheSameFile(t *testing.T) {
	dir := t.TempDir()
	first, err := newSaved(rootOf(t, dir), "a")
	require.NoError(t, err)
	put(t, first, "first")
	for range 2 {
		_, _, err = resume(rootOf(t, dir), "a")
		require.ErrorContains(t, err, "if another fetch is saving the file, wait for it")
	}
	require.NoError(t, first.keep(5))
	second, err := newSaved(rootOf(t, dir), "a")
	require.NoError(t, err, "the first fetch has renamed its part")
	put(t, second, "2nd")
	first.drop(false)
	got, err := os.ReadFile(filepath.Join(dir, "a"))
	require.NoError(t, err)
	require.Equal(t, "first", string(got))
	require.NoError(t, second.keep(3))
	second.drop(false)
	require.Equal(t, []string{"a"}, filesIn(t, dir))
}

// Another fetch may rename or remove a part between open and lock. claim then reports
// that the part must be opened again.
func TestSavedIsClaimedOnlyUnderItsName(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"finished": func(path string) error { return os.Rename(path, strings.TrimSuffix(path, ".part")) },
		"dropped":  os.Remove,
		"recreated": func(path string) error {
			if err := os.Remove(path); err != nil {
				return err
			}
			return os.WriteFile(path, nil, 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := folderOf(t, "a.part", "x", "a.part.at", "1")
			path := filepath.Join(dir, "a.part")
			file, err := os.OpenFile(path, os.O_RDWR, 0)
			require.NoError(t, err)
			defer file.Close()
			s := &saved{disk: disk{file}, root: rootOf(t, dir), name: "a"}
			require.NoError(t, change(path))
			again, err := s.claim()
			require.NoError(t, err)
			require.True(t, again)
		})
	}
}

func TestSavedInAnUnwritableFolder(t *testing.T) {
	dir := folderOf(t, "a", "")
	_, err := newSaved(rootOf(t, dir), "a/b")
	require.Error(t, err, "a is a file")
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o644))
	require.Error(t, atOnce(t, func() error {
		_, err := newSaved(rootOf(t, dir), "fifo/b")
		return err
	}))
	root := rootOf(t, dir)
	require.NoError(t, os.RemoveAll(dir))
	_, err = newSaved(root, "b")
	require.ErrorIs(t, err, fs.ErrNotExist)
}
