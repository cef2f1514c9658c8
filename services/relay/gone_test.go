package relay

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/internal/lines"
	"peerlab/services/internal/memnet"
)

// Fault F3: a node whose folder was removed and created again answered every request
// with notfound, and stayed listed.
func TestAFolderThatIsRemovedAndCreatedAgain(t *testing.T) {
	for name, remove := range map[string]func(dir string) error{
		"removed": os.RemoveAll,
		"moved":   func(dir string) error { return os.Rename(dir, dir+" of yesterday") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLab(t, memnet.New())
				n := l.announced(nil)
				write(t, filepath.Join(n.dir, "a"), "old")
				c := l.client(nil)
				c.gets(t, "a", "old")
				require.NoError(t, remove(n.dir))
				<-time.After(lookEvery)
				require.ErrorContains(t, c.File(t.Context(), "a"), "the folder "+n.dir+" does not exist (no such file or directory); create it again")
				<-time.After(lease / 3)
				synctest.Wait()
				l.relay.leases.lists(t) // it has withdrawn
				require.Len(t, l.log.warnings(), 1)
				require.Contains(t, l.log.warnings()[0], "withdrawn from the relay until the folder is back")

				write(t, filepath.Join(n.dir, "a"), "new")
				<-time.After(time.Second)
				synctest.Wait()
				l.relay.leases.lists(t, n.Addr())
				c.gets(t, "a", "new")
				require.Len(t, l.log.warnings(), 1)
				require.Contains(t, l.log.String(), "the folder is back")
			})
		})
	}
}

// Fault F3, with a folder replaced before the node had noticed that it was missing.
func TestAFolderThatIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t, memnet.New())
		n := l.node("a", "old", "b", "x")
		c := l.client(nil)
		c.gets(t, "a", "old")
		require.NoError(t, os.RemoveAll(n.dir))
		write(t, filepath.Join(n.dir, "a"), "new")
		c.gets(t, "a", "new")
		require.NoError(t, c.List(t.Context()))
		require.Equal(t, n.Addr()+"            3 a\n", c.out.String())
		require.Empty(t, l.log.warnings())
	})
}

// A folder that has been replaced by a file counts as removed.
func TestAFolderThatIsReplacedByAFile(t *testing.T) {
	dir := folderOf(t, "a", "x")
	f, err := openFolder(dir)
	require.NoError(t, err)
	defer f.close()
	require.NoError(t, os.RemoveAll(dir))
	write(t, dir, "")
	_, _, err = f.open("a")
	require.True(t, lines.IsRefusal(err, "failed"), err)
	require.ErrorContains(t, err, "not a directory")
}

// A relative path is resolved once: the folder is found again after the working
// directory has been removed.
func TestAFolderByARelativePath(t *testing.T) {
	dir := folderOf(t, "served/a", "x")
	t.Chdir(filepath.Join(dir, "served"))
	f, err := openFolder(".")
	require.NoError(t, err)
	defer f.close()
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "served")))
	_, _, err = f.open("a")
	require.True(t, lines.IsRefusal(err, "failed"), err)
	write(t, filepath.Join(dir, "served", "a"), "y")
	file, v, err := f.open("a")
	require.NoError(t, err)
	require.NoError(t, file.Close())
	require.Equal(t, int64(1), v.size)
}
