package swarm

import (
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"peerlab/e2e/stage"
)

const (
	bigFile  = "big"
	bigBytes = 1 << 30
	bigSteps = 16 // each within the time limit of Eventually
)

// A file of 1 GiB is fetched from two machines, and one of them is switched off in the middle.
func TestFetchWhileANodeGoes(t *testing.T) {
	s := stage.StartSwarm(t, 1, "fetch=host1", "node1=host2", "node2=host3")
	want := writeBig(t, filepath.Join(s.Volume("host2", "node1"), bigFile))
	require.NoError(t, os.Link(filepath.Join(s.Volume("host2", "node1"), bigFile), filepath.Join(s.Volume("host3", "node2"), bigFile)))

	target := s.Volume("host1", "fetched")
	s.Sit("fetch", nil, "scripts/attach.sh", "fetch").Types("save " + bigFile + "\r")
	fetched := func(step int) {
		t.Helper()
		s.Eventually(fmt.Sprintf("%d of %d parts of the file are there", step, bigSteps), func() bool {
			return onDisk(t, target) >= bigBytes/bigSteps*int64(step)
		})
	}
	fetched(1)
	s.PowerOff("host3")
	require.NoFileExists(t, filepath.Join(target, bigFile), "the fetch ended before the machine was switched off")
	for step := range bigSteps {
		fetched(step + 1)
	}
	s.Eventually("the file is verified", func() bool {
		_, err := os.Stat(filepath.Join(target, bigFile))
		return err == nil
	})
	got, err := os.Open(filepath.Join(target, bigFile))
	require.NoError(t, err)
	defer got.Close()
	require.Equal(t, want, sum(t, got))
}

// writeBig writes a file whose parts all differ, and returns its hash.
func writeBig(t *testing.T, path string) []byte {
	t.Helper()
	file, err := os.Create(path)
	require.NoError(t, err)
	defer file.Close()
	return sum(t, io.TeeReader(io.LimitReader(rand.NewChaCha8([32]byte{1}), bigBytes), file))
}

func sum(t *testing.T, r io.Reader) []byte {
	t.Helper()
	hash := sha256.New()
	_, err := io.CopyBuffer(hash, r, make([]byte, 1<<20))
	require.NoError(t, err)
	return hash.Sum(nil)
}

// onDisk returns how many bytes the files of a folder take up.
func onDisk(t *testing.T, dir string) (bytes int64) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	for _, path := range paths {
		var info syscall.Stat_t
		if syscall.Stat(path, &info) == nil { // else it was renamed
			bytes += info.Blocks * 512
		}
	}
	return bytes
}
