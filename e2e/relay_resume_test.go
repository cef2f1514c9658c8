package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
)

func TestFetchThatIsKilledIsResumed(t *testing.T) {
	s := startSwarm(t)
	hash, dirs := s.large("node")
	_, w := s.joinBehind("node", dirs[0], largeHalf)
	p := s.fetch([]string{"-o", "."}, largeFile)
	s.holds(w)
	s.settles(p.Path(""))
	p.Kill()
	require.NoFileExists(t, p.Path(largeFile))
	w.opens()
	before := w.passed.Load()
	p.Start()
	p.ExitsWithin(fetchTimeout, "fetchTimeout", 0)
	s.saved(p, largeFile, hash)
	assert.Less(t, w.passed.Load()-before, int64(largeSize*3/4), "it has gone on where it stopped")
}

// settles waits until nothing in a folder has changed for a while: whoever writes
// there has nothing more to write for now.
func (s *swarm) settles(dir string) {
	s.t.Helper()
	var before string
	same := 0
	s.Eventually("the files in "+dir+" stay as they are", func() bool {
		entries, err := os.ReadDir(dir)
		require.NoError(s.t, err)
		var now strings.Builder
		for _, e := range entries {
			if info, err := e.Info(); err == nil {
				fmt.Fprintln(&now, info.Name(), info.Size(), info.ModTime())
			}
		}
		if same++; now.String() != before {
			before, same = now.String(), 0
		}
		return same >= 20
	})
}

// Fault U2: a fresh clone has no folder "downloads". Fault U9: a file that is there was
// fetched again, without a word.
func TestFetchMakesItsFolderAndFetchesAFileOnce(t *testing.T) {
	lab.NeedsOwn(t, "fetch")
	s := startSwarm(t)
	hash, dirs := s.large("node")
	_, w := s.joinBehind("node", dirs[0], unlimited)
	p := s.fetch([]string{"-o", "downloads/of today"}, largeFile)
	p.ExitsWithin(fetchTimeout, "fetchTimeout", 0)
	s.saved(p, "downloads/of today/"+largeFile, hash)
	before := w.passed.Load()
	p.StartWith("-v", "-o", "downloads/of today", host(s.asked), port(s.asked), largeFile)
	p.Stderr().Contains("exists already with the same SHA-256")
	p.ExitsWithin(fetchTimeout, "fetchTimeout", 0)
	s.saved(p, "downloads/of today/"+largeFile, hash)
	assert.Less(t, w.passed.Load()-before, int64(largeEarly), "no byte of it is sent again")
}

// A part of another version is no beginning of this one.
func TestFetchResumesOnlyTheSameFile(t *testing.T) {
	s := startSwarm(t)
	_, dirs := s.large("node")
	_, w := s.joinBehind("node", dirs[0], largeHalf)
	p := s.fetch([]string{"-o", "."}, largeFile)
	s.holds(w)
	p.Kill()
	require.NoError(t, os.Remove(filepath.Join(dirs[0], largeFile)))
	hash := s.random(filepath.Join(dirs[0], largeFile), largeSize, 2)
	w.opens()
	p.Start()
	p.ExitsWithin(fetchTimeout, "fetchTimeout", 0)
	s.saved(p, largeFile, hash)
}

// Only one node has it, and that dies.
func TestFetchGivesUpWhenNobodyIsLeft(t *testing.T) {
	s := startSwarm(t)
	hash, dirs := s.large("killed")
	killed, w := s.joinBehind("killed", dirs[0], largeHalf)
	s.join("other", s.folder("other", files{"a.txt": "A\n"}))
	p := s.fetch([]string{"-o", "."}, largeFile)
	s.holds(w)
	killed.Kill()
	w.opens()
	assert.Contains(t, s.fails(p), largeFile)
	require.NoFileExists(t, p.Path(largeFile), "half a file has not its name")

	killed.Start()
	s.waitsFor(killed)
	before := w.passed.Load()
	p.StartWith("-o", ".", host(s.asked), port(s.asked), largeFile)
	p.ExitsWithin(fetchTimeout, "fetchTimeout", 0)
	s.saved(p, largeFile, hash)
	assert.Less(t, w.passed.Load()-before, int64(largeSize*3/4), "it has gone on where it stopped")
}
