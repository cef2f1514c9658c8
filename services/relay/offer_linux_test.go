package relay

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"peerlab/services/internal/lines"

	"github.com/stretchr/testify/require"
)

// Fault F5: a node listed a file that it could not read, and no client could fetch it.
// TempDir creates folders that only their owner may enter.
func TestAnUnreadableFileIsNotOffered(t *testing.T) {
	dir := folderOf(t, "open", "x", "closed", "x", "shut/a", "x", "unlisted/a", "x")
	for path, mode := range map[string]os.FileMode{
		dir: 0o755, filepath.Dir(dir): 0o755, dir + "/closed": 0o600, dir + "/shut": 0o700, dir + "/unlisted": 0o711,
	} {
		require.NoError(t, os.Chmod(path, mode))
	}
	if os.Geteuid() != 0 { // the modes above still let the owner read
		require.NoError(t, os.Chmod(dir+"/closed", 0))
		require.NoError(t, os.Chmod(dir+"/shut", 0))
		require.NoError(t, os.Chmod(dir+"/unlisted", 0o100))
		t.Cleanup(func() {
			_ = os.Chmod(dir+"/shut", 0o700)
			_ = os.Chmod(dir+"/unlisted", 0o700)
		})
	}
	f, err := openFolder(dir)
	require.NoError(t, err)
	defer f.close()
	ordinary(t)
	var names []string
	why := map[string]string{}
	require.NoError(t, f.list("", func(name string, _ version) { names = append(names, name) },
		func(name string, err error) { why[name] = err.Error() }))
	require.Equal(t, []string{"open"}, names)
	require.Len(t, why, 3)
	require.Contains(t, why["closed"], fmt.Sprintf(`"closed" is not readable by the node, which runs as uid %d; make it readable: chmod a+r`, os.Geteuid()))
	require.Contains(t, why["shut"], "permission denied")
	require.Contains(t, why["unlisted"], "permission denied")
	for _, name := range []string{"closed", "shut/a"} {
		_, _, err = f.open(name)
		require.True(t, lines.IsRefusal(err, "failed"), "%s: %v", name, err)
		require.ErrorContains(t, err, "is not readable")
	}
}

// Fault B8: the hint for an unreadable folder was to give another folder.
func TestTheHintForAnUnreadableFolder(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: only another user's folder belongs to another user")
	}
	above := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(above), 0o755))
	dir := filepath.Join(above, "files", "node1")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	for closed, remedy := range map[string]string{
		dir:               "chmod -R a+rX " + dir,
		filepath.Dir(dir): "chmod a+x " + filepath.Dir(dir) + "; chmod -R a+rX " + dir,
		above:             "chmod a+x " + above + "; chmod -R a+rX " + dir,
	} {
		require.NoError(t, os.Chmod(above, 0o755))
		require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
		require.NoError(t, os.Chmod(dir, 0o755))
		require.NoError(t, os.Chmod(closed, 0o700))
		t.Run(strings.TrimPrefix(closed, above), func(t *testing.T) {
			ordinary(t)
			_, err := openFolder(dir)
			require.ErrorContains(t, err, fmt.Sprintf(
				"folder %s: permission denied for uid 0, as which this process runs: %s has mode 0700 and belongs to uid 0; "+
					"make it readable: %s (in a container: the folder that is mounted there)", dir, closed, remedy))
		})
	}
}
