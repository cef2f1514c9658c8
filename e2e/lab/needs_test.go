package lab

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// toolbox is a PATH with nothing in it but a program named there, and returns
// the file that is told what is left out.
func toolbox(t *testing.T) string {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "there"), []byte("#!/bin/sh\n"), 0o755))
	t.Setenv("PATH", dir)
	t.Setenv("PEERLAB_REQUIRE", "")
	file := filepath.Join(dir, "left-out")
	t.Setenv("PEERLAB_LEFT_OUT", file)
	return file
}

func TestWhatIsInstalledIsNotLeftOut(t *testing.T) {
	file := toolbox(t)
	t.Setenv("PEERLAB_REQUIRE", "there,missing")
	f := play(t, func(t testing.TB) { Needs(t, "there") })
	assert.False(t, f.skipped)
	assert.False(t, f.failed)
	assert.NoFileExists(t, file)
}

func TestWhatIsMissingIsToldOf(t *testing.T) {
	file := toolbox(t)
	for range 2 {
		f := play(t, func(t testing.TB) {
			Needs(t, "there", "missing")
			t.Errorf("it went on")
		})
		assert.True(t, f.skipped)
		assert.False(t, f.failed, f.output.String())
	}
	told, err := os.ReadFile(file)
	require.NoError(t, err)
	line := "left out: " + t.Name() + ": missing is not installed\n"
	assert.Equal(t, line+line, string(told))
}

func TestWhatIsRequiredMustBeThere(t *testing.T) {
	file := toolbox(t)
	t.Setenv("PEERLAB_REQUIRE", "there,missing")
	f := play(t, func(t testing.TB) { Needs(t, "missing") })
	assert.True(t, f.failed)
	assert.False(t, f.skipped)
	assert.Contains(t, f.output.String(), "missing is not installed, and PEERLAB_REQUIRE names it")
	assert.NoFileExists(t, file)
}
