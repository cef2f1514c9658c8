package scripts

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// elsewhere is a user with another engine than the default one, which does not
// answer. Nothing may be installed or started for such a user.
func elsewhere(t *testing.T, answers string) *scripted {
	t.Helper()
	s := newScripted(t)
	s.docker("info) exit 1 ;;\n" + answers)
	for _, name := range []string{"dockerd", "apt-get", "systemctl", "setsid"} {
		s.file(name, "#!/bin/sh\necho "+name+" was run >&2\nexit 1\n", 0o755)
	}
	return s
}

// After su, XDG_RUNTIME_DIR may name a folder that is gone.
func TestBootstrapNeedsNoRuntimeFolder(t *testing.T) {
	s := elsewhere(t, "")
	s.env = append(s.env, "DOCKER_HOST=tcp://127.0.0.1:1", "XDG_RUNTIME_DIR="+filepath.Join(s.dir, "gone"))
	r := s.runs("bootstrap.sh", "engine")
	require.Equal(t, 1, r.status)
	require.Contains(t, r.stderr, "DOCKER_HOST=tcp://127.0.0.1:1 does not answer")
}

// A docker context was ignored: the script installed or started the engine at
// the default socket, which the user's docker does not ask.
func TestBootstrapRespectsADockerContext(t *testing.T) {
	for name, c := range map[string]struct{ answers, env, want string }{
		"chosen by docker context use": {
			`"context inspect"*) echo "far at ssh://far" ;;`, "X=",
			"the engine of the docker context far at ssh://far does not answer: start it, or choose another: docker context use default",
		},
		"chosen by DOCKER_CONTEXT": {
			`"context inspect"*) echo "far at ssh://far" ;;`, "DOCKER_CONTEXT=far", "unset DOCKER_CONTEXT",
		},
		"missing": {
			`"context inspect"*) echo 'context "faar" does not exist' >&2; exit 1 ;;`, "DOCKER_CONTEXT=faar",
			`the docker context 'faar' cannot be used (context "faar" does not exist)`,
		},
		"DOCKER_HOST": {"", "DOCKER_HOST=tcp://127.0.0.1:1", "the engine at DOCKER_HOST=tcp://127.0.0.1:1 does not answer"},
	} {
		t.Run(name, func(t *testing.T) {
			s := elsewhere(t, c.answers)
			s.env = append(s.env, c.env)
			r := s.runs("bootstrap.sh", "engine")
			require.Equal(t, 1, r.status)
			require.Contains(t, r.stderr, c.want)
			require.NotContains(t, r.stderr, "was run")
		})
	}
}

// With PEERLAB_BOOTSTRAP=no the script installs and starts nothing, and says what is missing.
func TestBootstrapCanBeForbidden(t *testing.T) {
	for name, c := range map[string]struct{ step, answers, want string }{
		"the plugin":  {"compose", `"compose version"*) exit 1 ;;`, "PEERLAB_BOOTSTRAP=no forbids building the docker compose plugin"},
		"the builder": {"builder", `"image inspect"*) exit 1 ;;`, "PEERLAB_BOOTSTRAP=no forbids pulling golang:"},
	} {
		t.Run(name, func(t *testing.T) {
			s := elsewhere(t, c.answers)
			s.env = append(s.env, "PEERLAB_BOOTSTRAP=no")
			r := s.runs("bootstrap.sh", c.step)
			require.Equal(t, 1, r.status)
			require.Contains(t, r.stderr, c.want)
			require.Contains(t, r.stderr, "unset PEERLAB_BOOTSTRAP")
		})
	}
}
