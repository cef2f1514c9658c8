package lab

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatAJailHidesAndKeeps(t *testing.T) {
	root := t.TempDir()
	folder := func(path string, mode os.FileMode) string {
		path = filepath.Join(root, path)
		require.NoError(t, os.MkdirAll(path, 0o755))
		require.NoError(t, os.Chmod(path, mode))
		return path
	}
	home, inside, beside := folder("home", 0o755), folder("home/ada/go", 0o755), folder("homes", 0o755)
	link := filepath.Join(root, "link")
	require.NoError(t, os.Symlink(home, link))

	assert.Equal(t, []string{home, beside}, outermost([]string{beside, inside, home, link, "/", filepath.Join(root, "gone")}))

	j := &jail{Hide: []string{home}, Keep: []string{inside, beside, home, filepath.Join(link, "ada")}}
	assert.Equal(t, []string{filepath.Join(home, "ada")}, j.kept(), "what is hidden itself is not kept, nor what is not hidden")

	l := ForStrangers(4711, inside)
	j = l.newJail(7, beside, root)
	assert.Contains(t, j.Hide, "/tmp")
	assert.Equal(t, []string{beside, inside}, j.Keep[:2])
	assert.Empty(t, (&Limits{}).newJail(7, beside, root).Hide, "programs of this user see all that it sees")

	secret := folder("secret/bin", 0o755)
	require.NoError(t, os.Chmod(filepath.Dir(secret), 0o700))
	assert.False(t, forOthers(secret))
	assert.True(t, forOthers("/bin"))
}
