package relay

import (
	"crypto/sha256"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
	"peerlab/e2e/stage"
	"peerlab/lab/wire"
)

const (
	largeFile = "large file.bin"
	largeSize = 40<<20 + 4711
	slowRate  = 5 << 20 // bytes a second: a transfer of the large file takes eight
)

// large returns content that is the same each time.
func large() string {
	content := make([]byte, largeSize)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(content) // never fails
	return string(content)
}

// fetchSlowly starts a client that saves the large file over slow links from these nodes,
// and waits until a part of it is on disk.
func fetchSlowly(t *testing.T, r *stage.Relay, nodes ...string) *lab.Process {
	t.Helper()
	w := r.Wire()
	for _, node := range nodes {
		require.NoError(t, w.Set(node, "fetch1", wire.Fault{Rate: slowRate}))
	}
	p := r.Fetch([]string{"-o", "."}, largeFile)
	p.Eventually("a part of the file is saved", func() bool {
		parts, err := filepath.Glob(p.Path("*"))
		require.NoError(t, err)
		for _, part := range parts {
			if info, err := os.Stat(part); err == nil && info.Size() > 1<<20 {
				return true
			}
		}
		return false
	})
	require.NoFileExists(t, p.Path(largeFile), "a part does not have the file's name")
	return p
}

// saved requires that a client exits with the large file saved, and nothing beside it.
func saved(t *testing.T, p *lab.Process, content string) {
	t.Helper()
	p.ExitsWithin(stage.FetchTimeout, 0)
	got, err := os.ReadFile(p.Path(largeFile))
	require.NoError(t, err)
	assert.Equal(t, sha256.Sum256([]byte(content)), sha256.Sum256(got))
	beside, err := filepath.Glob(p.Path("*"))
	require.NoError(t, err)
	assert.Equal(t, []string{p.Path(largeFile)}, beside)
}

// That little is sent twice, and other versions of the file, are tested in services/relay.
func TestFetchGoesOnElsewhereWhenTheNodeIsKilled(t *testing.T) {
	lab.NeedsOwn(t, "relay", "node", "fetch")
	r, content := stage.StartRelay(t), large()
	killed := r.Join("killed", r.NewFolder("killed", stage.Files{largeFile: content}))
	r.Join("lives", r.NewFolder("lives", stage.Files{largeFile: content}))
	p := fetchSlowly(t, r, "killed", "lives")
	killed.Kill()
	require.NoError(t, r.Wire().Heal())
	saved(t, p, content)
}

func TestFetchThatIsKilledIsResumed(t *testing.T) {
	lab.NeedsOwn(t, "relay", "node", "fetch")
	r, content := stage.StartRelay(t), large()
	r.Join("node", r.NewFolder("node", stage.Files{largeFile: content}))
	p := fetchSlowly(t, r, "node")
	p.Kill()
	require.NoError(t, r.Wire().Heal())
	p.Start()
	saved(t, p, content)
}
