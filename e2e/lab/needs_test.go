package lab

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// toolbox is a PATH with nothing in it but a program named there.
func toolbox(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "there"), []byte("#!/bin/sh\n"), 0o755))
	t.Setenv("PATH", dir)
	t.Setenv("PEERLAB_REQUIRE", "")
}

func TestWhatIsInstalledIsNotLeftOut(t *testing.T) {
	toolbox(t)
	t.Setenv("PEERLAB_REQUIRE", "there,missing")
	f := play(t, func(t testing.TB) { Needs(t, "there") })
	assert.False(t, f.skipped)
	assert.False(t, f.failed)
}

func TestWhatIsMissingIsToldOf(t *testing.T) {
	toolbox(t)
	f := play(t, func(t testing.TB) {
		Needs(t, "there", "missing")
		t.Errorf("it went on")
	})
	assert.True(t, f.skipped)
	assert.False(t, f.failed, f.output.String())
	assert.Equal(t, "missing is not installed\n", f.output.String())
}

func TestWhatIsRequiredMustBeThere(t *testing.T) {
	toolbox(t)
	t.Setenv("PEERLAB_REQUIRE", "there,missing")
	f := play(t, func(t testing.TB) { Needs(t, "missing") })
	assert.True(t, f.failed)
	assert.False(t, f.skipped)
	assert.Contains(t, f.output.String(), "missing is not installed, and PEERLAB_REQUIRE names it")
}

// PEERLAB_ROOM_CLIENT2 plays one client of several; PEERLAB_CLIENT is another role.
func TestATestOfOwnProgramsIsLeftOutWithAForeignOne(t *testing.T) {
	for setting, left := range map[string]bool{
		"PEERLAB_ROOM_CLIENT=cmd:python3 x.py":       true,
		"PEERLAB_ROOM_CLIENT2=image:me/client":       true,
		"PEERLAB_ROOM_CLIENT=image:peerlab/x:latest": false,
		"PEERLAB_CLIENT=cmd:python3 x.py":            false,
		"PEERLAB_ROOM_SERVER=cmd:python3 x.py":       false,
	} {
		t.Run(setting, func(t *testing.T) {
			toolbox(t)
			for _, name := range []string{"PEERLAB_ROOM_CLIENT", "PEERLAB_ROOM_CLIENT2", "PEERLAB_ROOM_SERVER", "PEERLAB_CLIENT"} {
				t.Setenv(name, "") // the run may have foreign programs of its own
			}
			name, told, _ := strings.Cut(setting, "=")
			t.Setenv(name, told)
			f := play(t, func(t testing.TB) { NeedsOwn(t, "room-client") })
			assert.Equal(t, left, f.skipped)
			assert.False(t, f.failed, f.output.String())
			if left {
				assert.Contains(t, f.output.String(), "room-client is foreign ("+name+")")
			}
		})
	}
}
