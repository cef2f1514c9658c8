package e2e

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/lab"
)

// versionSize is that of a file with several versions, some of them there only
// from a place on at which a transfer is stopped.
const versionSize = 32<<20 + 4711

func TestFetchTakesTheFirstOfSeveralVersions(t *testing.T) {
	lab.NeedsOwn(t, "fetch")
	s := startSwarm(t)
	s.join("first", s.folder("first", files{"a.txt": "the first\n", "same.txt": "same\n"}))
	second := s.join("second", s.folder("second", files{"a.txt": "the other\n", "same.txt": "same\n"}))
	third := s.join("third", s.folder("third", files{"a.txt": "the third, which is longer\n"}))

	p := s.fetched("a.txt", "the first\n")
	for _, n := range []*fileNode{second, third} {
		p.Stderr().Contains(n.at) // it tells of each
	}
	assert.Contains(t, complaints(p), "a.txt")
	assert.Empty(t, complaints(s.fetched("same.txt", "same\n")), "nothing to tell")

	content := s.fetch([]string{"-first"}, "a.txt")
	content.Exits(0)
	s.printed(content, "the first\n")
	assert.Empty(t, complaints(content))

	saves := s.fetch([]string{"-o", "."}, "a.txt")
	saves.Exits(0)
	s.saved(saves, "a.txt", hashOf("the first\n"))
	saves.Stderr().Contains(second.at)
}

// What has come of one version is no part of another.
func TestFetchMixesNoVersions(t *testing.T) {
	for name, differs := range map[string]struct {
		from  int64
		known bool // the hash of the first version
	}{
		"before what has come":              {100, false},
		"before what has come, hash known":  {100, true},
		"behind what has come, hash known":  {versionSize / 2, true},
		"behind what has come, and unknown": {versionSize / 2, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := startSwarm(t)
			here, path := filepath.Join(s.folder("killed", nil), largeFile), filepath.Join(s.folder("other", nil), largeFile)
			hash := s.random(here, versionSize, 1)
			killed, w := s.joinBehind("killed", filepath.Dir(here), largeEarly)
			s.random(path, versionSize, 1)
			require.NoError(t, overwrite(path, differs.from))
			s.join("other", filepath.Dir(path))
			if differs.known {
				s.knows(killed, largeFile, hash)
			}
			p := s.fetch([]string{"-o", "."}, largeFile)
			s.holds(w)
			killed.Kill()
			w.opens()
			p.ExitsWithin(fetchTimeout, "fetchTimeout", 0)
			s.saved(p, largeFile, s.hashed(path))
		})
	}
}

// overwrite writes a few bytes into a file.
func overwrite(path string, at int64) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteAt([]byte("not what it was"), at)
	return errors.Join(err, file.Close())
}

func TestFetchNoticesThatAFileChanges(t *testing.T) {
	change := map[string]func(path string) error{
		"rewritten": func(path string) error { return overwrite(path, versionSize-100) },
		"cut":       func(path string) error { return os.Truncate(path, versionSize/2) },
		"longer":    func(path string) error { return os.Truncate(path, versionSize+1) },
		"removed":   os.Remove,
	}
	for name, change := range change {
		t.Run(name, func(t *testing.T) {
			s := startSwarm(t)
			here, path := filepath.Join(s.folder("changes", nil), largeFile), filepath.Join(s.folder("stays", nil), largeFile)
			s.random(here, versionSize, 1)
			_, w := s.joinBehind("changes", filepath.Dir(here), largeEarly)
			stays := s.random(path, versionSize, 1)
			s.join("stays", filepath.Dir(path))
			p := s.fetch([]string{"-o", "."}, largeFile)
			s.holds(w)
			require.NoError(t, change(here))
			w.opens()
			p.ExitsWithin(fetchTimeout, "fetchTimeout", 0)
			hash := s.hashed(p.Path(largeFile))
			s.saved(p, largeFile, hash)
			allowed := []string{stays}
			if name != "removed" {
				allowed = append(allowed, s.hashed(here))
			}
			assert.Contains(t, allowed, hash, "one version or the other, and no mixture")
		})
	}
}
