package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	largeSize  = 100<<20 + 4711 // of a file that is worth a few weirs
	largeEarly = 3 << 20        // a part of it
	largeHalf  = largeSize / 2
	largeFile  = "large file.bin"
)

// large makes folders that all hold the large file, and returns its hash.
func (s *swarm) large(names ...string) (hash string, dirs []string) {
	s.t.Helper()
	for i, name := range names {
		dirs = append(dirs, s.folder(name, nil))
		path := filepath.Join(dirs[i], largeFile)
		if i == 0 {
			hash = s.random(path, largeSize, 1)
			continue
		}
		require.NoError(s.t, os.Link(filepath.Join(dirs[0], largeFile), path))
	}
	return hash, dirs
}

// knows has a node find out the hash of a file, if it has not done so before.
func (s *swarm) knows(n *fileNode, name, hash string) {
	s.t.Helper()
	said := asked(s.t, s, n.at, "STAT "+name)
	require.Contains(s.t, said, " "+hash+" "+name)
}

func TestFetchGoesOnElsewhereWhenTheNodeIsKilled(t *testing.T) {
	t.Run("hash not known yet", func(t *testing.T) {
		s := startSwarm(t)
		hash, dirs := s.large("killed", "lives")
		killed, before := s.joinBehind("killed", dirs[0], largeEarly)
		_, after := s.joinBehind("lives", dirs[1], unlimited)
		p := s.fetch([]string{"-o", "."}, largeFile)
		s.holds(before)
		killed.Kill()
		before.opens()
		p.ExitsWithin(fetchTimeout, "fetchTimeout", 0)
		s.saved(p, largeFile, hash)
		s.nothingTwice(before, after)
	})
	t.Run("hash known", func(t *testing.T) { // then both give a part of it at the same time
		s := startSwarm(t)
		hash, dirs := s.large("killed", "lives")
		killed, before := s.joinBehind("killed", dirs[0], largeSize/4)
		lives, after := s.joinBehind("lives", dirs[1], largeSize/4)
		s.knows(killed, largeFile, hash)
		s.knows(lives, largeFile, hash)
		p := s.fetch([]string{"-o", "."}, largeFile)
		s.holds(before)
		s.holds(after)
		killed.Kill()
		before.opens()
		after.opens()
		p.ExitsWithin(fetchTimeout, "fetchTimeout", 0)
		s.saved(p, largeFile, hash)
		s.nothingTwice(before, after)
	})
}

// nothingTwice requires that of a large file no more than a little has been sent
// again after a node had died.
func (s *swarm) nothingTwice(weirs ...*weir) {
	s.t.Helper()
	sent := int64(0)
	for _, w := range weirs {
		sent += w.passed.Load()
	}
	assert.Less(s.t, sent, int64(largeSize*5/4), "bytes for a file of %d", largeSize)
}

func TestFetchSurvivesOneNodeAfterTheOther(t *testing.T) {
	s := startSwarm(t)
	hash, dirs := s.large("first", "second", "third")
	first, one := s.joinBehind("first", dirs[0], largeSize/4)
	second, two := s.joinBehind("second", dirs[1], largeSize/4)
	_, three := s.joinBehind("third", dirs[2], largeSize/4)
	p := s.fetch([]string{"-o", "."}, largeFile)
	s.holds(one)
	first.Kill()
	one.opens()
	s.holds(two)
	second.Kill()
	two.opens()
	three.opens()
	p.ExitsWithin(fetchTimeout, "fetchTimeout", 0)
	s.saved(p, largeFile, hash)
	s.nothingTwice(one, two, three)
}

func TestFetchTakesALargeFileFromAllWhoHaveIt(t *testing.T) {
	s := startSwarm(t)
	hash, dirs := s.large("first", "second")
	first, one := s.joinBehind("first", dirs[0], largeSize/4)
	second, two := s.joinBehind("second", dirs[1], unlimited)
	s.knows(first, largeFile, hash)
	s.knows(second, largeFile, hash)
	p := s.fetch([]string{"-o", "."}, largeFile)
	s.holds(one)
	s.eventuallyWithin(fetchTimeout, "the second helps", func() bool { return two.passed.Load() > largeSize/4 })
	one.opens()
	p.ExitsWithin(fetchTimeout, "fetchTimeout", 0)
	s.saved(p, largeFile, hash)
}
