package lab

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) { os.Exit(Main(m)) }

// fixtureBinary builds the fixture program, once for all tests: with the race
// detector to run natively, without and static to be alone in an image.
var fixtureBinary = sync.OnceValues(func() (string, error) { return buildFixture("-race") })

func buildFixture(flags ...string) (string, error) {
	r, err := theRun()
	if err != nil {
		return "", err
	}
	dir, err := r.bench.TempDir("peerlab-fixture-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "fixture")
	cmd := exec.Command("go", append(append([]string{"build"}, flags...), "-o", path, "./internal/fixture")...)
	if len(flags) == 0 {
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
}

// fixtureImage makes an image with nothing in it but the fixture.
var fixtureImage = sync.OnceValues(func() (string, error) {
	path, err := buildFixture()
	if err != nil {
		return "", err
	}
	r, err := theRun()
	if err != nil {
		return "", err
	}
	labels, err := r.bench.Labels()
	if err != nil {
		return "", err
	}
	const image = `tar -C "$(dirname "$0")" -c fixture | docker import --change 'ENTRYPOINT ["/fixture"]' "$@"`
	args := []string{"-c", image, path}
	for key, value := range labels {
		args = append(args, "--change", fmt.Sprintf("LABEL %s=%s", key, value))
	}
	name := "peerlab/fixture:" + labels["peerlab.lab"]
	out, err := exec.Command("sh", append(args, "-", name)...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return name, nil
})

// nativeFixture has the fixture play its role as a process of this machine.
func nativeFixture(t testing.TB) Option {
	t.Helper()
	path, err := fixtureBinary()
	require.NoError(t, err)
	return Playing("fixture", "cmd+pipe:"+path)
}

// inContainers leaves a test out that is about containers, where roles do not run in them.
func inContainers(t *testing.T) {
	t.Helper()
	if !InContainers() {
		t.Skip("PEERLAB_E2E is not container")
	}
}

// anyFixture has the fixture play its role as PEERLAB_E2E says.
func anyFixture(t testing.TB) Option {
	t.Helper()
	if !InContainers() {
		return nativeFixture(t)
	}
	image, err := fixtureImage()
	require.NoError(t, err)
	return Playing("fixture", "image:"+image)
}

// fixture is what to start; args are behind a -- so that they show as they are.
func fixture(name string, args ...string) Spec {
	return Spec{Name: name, Role: "fixture", Args: args}
}
