package scripts

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// dealt lists the files in the nodes' folders, NODE/NAME, each with its content.
func dealt(t *testing.T, target string) map[string]string {
	t.Helper()
	all := map[string]string{}
	paths, err := filepath.Glob(filepath.Join(target, "node*", "*"))
	require.NoError(t, err)
	for _, path := range paths {
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		all[strings.TrimPrefix(path, target+"/")] = string(content)
	}
	return all
}

// Fault B11: of a folder given as a link, or with a name that begins with a
// dash, nothing was dealt out, with status 0.
func TestDistributeDealsOutAFolderOfAnyName(t *testing.T) {
	for _, name := range []string{"plain", "-dash", "with blank", "link", "-type", "'quote\""} {
		t.Run(name, func(t *testing.T) {
			s := newScripted(t)
			folder := filepath.Join(s.dir, name)
			if name == "link" {
				require.NoError(t, os.Mkdir(filepath.Join(s.dir, "real"), 0o755))
				require.NoError(t, os.Symlink("real", folder))
			} else {
				require.NoError(t, os.Mkdir(folder, 0o755))
			}
			for file, content := range map[string]string{"big": "333", "-n": "22", "a\nb": "1", ".hidden": ""} {
				require.NoError(t, os.WriteFile(filepath.Join(folder, file), []byte(content), 0o644))
			}
			require.NoError(t, os.Symlink("big", filepath.Join(folder, "link")))
			require.NoError(t, os.Mkdir(filepath.Join(folder, "inner"), 0o755))

			r := s.runs("distribute.sh", name, "2", "-out")
			require.Equal(t, 0, r.status, r.stderr)
			require.Equal(t, map[string]string{
				"node1/big": "333", "node2/link": "333", "node1/-n": "22", "node2/a\nb": "1", "node2/.hidden": "",
			}, dealt(t, filepath.Join(s.dir, "-out")))
			require.Contains(t, r.stderr, "left out, not a file: ")
			require.Contains(t, r.stdout, "node2: 3 files, 4 bytes")
		})
	}
}

// Fault B11: when find failed, the script succeeded.
func TestDistributeFailsWhereFindFails(t *testing.T) {
	s := newScripted(t)
	s.file("find", "#!/bin/sh\necho find: no such disk >&2\nexit 1\n", 0o755)
	require.NoError(t, os.Mkdir(filepath.Join(s.dir, "folder"), 0o755))
	r := s.runs("distribute.sh", "folder", "2", "out")
	require.Equal(t, 1, r.status)
	require.Contains(t, r.stderr, "no such disk")
	require.NoDirExists(t, filepath.Join(s.dir, "out"))
}

func TestDistributeFailsWhereThereIsNoFile(t *testing.T) {
	s := newScripted(t)
	require.NoError(t, os.MkdirAll(filepath.Join(s.dir, "folder", "inner"), 0o755))
	r := s.runs("distribute.sh", "folder", "2", "out")
	require.Equal(t, 1, r.status)
	require.Contains(t, r.stderr, "folder has no files")
}

func TestDistributeCopiesNothingIfOneFileExists(t *testing.T) {
	s := newScripted(t)
	require.NoError(t, os.MkdirAll(filepath.Join(s.dir, "folder"), 0o755))
	require.NoError(t, os.MkdirAll(filepath.Join(s.dir, "out", "node2"), 0o755))
	for _, file := range []string{"folder/a", "folder/b", "out/node2/b"} {
		s.file(file, file, 0o644)
	}
	r := s.runs("distribute.sh", "folder", "2", "out")
	require.Equal(t, 1, r.status)
	require.Contains(t, r.stderr, "out/node2/b exists")
	require.Equal(t, map[string]string{"node2/b": "out/node2/b"}, dealt(t, filepath.Join(s.dir, "out")))
}
