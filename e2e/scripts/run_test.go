package scripts

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	noneRan = `echo '{"Action":"skip","Package":"peerlab/e2e/chat"}'`
	oneRan  = `printf '{"Action":"%s","Package":"peerlab/e2e/lab","Test":"TestLab"}\n' run pass`
	oneSkip = `printf '{"Action":"%s","Package":"p","Test":"TestRoot","Output":"%s"}\n' run '' output 'it needs root\n' skip ''
		printf '%s\n' '{"Action":"output","Package":"p","Output":"left out: a network for each scenario\n"}'`
)

// golang puts a fake go in front of PATH, as docker does a docker. It runs tools, such as
// gotestsum.
func (s *scripted) golang(answers string) {
	s.t.Helper()
	real, err := exec.LookPath("go")
	require.NoError(s.t, err)
	s.file("go", "#!/bin/sh\necho \"$*\" >>'"+s.dir+"/go-calls'\ncase \"$*\" in\n'tool '*) exec '"+real+"' \"$@\" ;;\n"+answers+"\nesac\n", 0o755)
}

// Fault U3: a mistyped RUN ran no test, and make succeeded.
func TestMakeFailsWhereRunMatchesNothing(t *testing.T) {
	const all = "*test*) " + noneRan + " ;;"
	for name, c := range map[string]struct {
		args   []string
		golang string
		status int
		stderr string
	}{
		"e2e-native":        {[]string{"e2e-native", "RUN=TestPhsae"}, all, 2, "no test's name matches RUN='TestPhsae'. The names: make tests"},
		"e2e":               {[]string{"e2e", "RUN=TestPhsae"}, all, 2, "RUN='TestPhsae'"},
		"test":              {[]string{"test", "RUN=TestPhsae"}, all, 2, "RUN='TestPhsae'"},
		"a blank":           {[]string{"e2e-native", "RUN=Test A"}, all, 2, "RUN='Test A'"},
		"one package has":   {[]string{"e2e-native", "RUN=TestLab"}, "*test*) " + noneRan + "; " + oneRan + " ;;", 0, ""},
		"the bench has":     {[]string{"test", "RUN=TestBench"}, "*'test -C e2e/bench'*) " + oneRan + " ;;\n" + all, 0, ""},
		"a package fails":   {[]string{"test"}, "*test*) " + oneRan + "; exit 1 ;;", 2, ""},
		"fuzz":              {[]string{"fuzz", "RUN=FuzzPrase"}, all, 2, "no fuzz target's name matches RUN='FuzzPrase'. There are: Fuzz"},
		"chaos, E2E is odd": {[]string{"chaos", "E2E=natvie"}, all, 2, "E2E is 'natvie': give native or container"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScripted(t)
			s.docker("") // an engine with all that is needed
			s.golang(c.golang)
			r := s.makes(c.args...)
			require.Equal(t, c.status, r.status, r.stdout+r.stderr)
			require.Contains(t, r.stderr, c.stderr)
		})
	}
}

// The end of a run says which tests were skipped and why, also if all others pass.
func TestMakeNamesSkippedTests(t *testing.T) {
	s := newScripted(t)
	s.golang("*test*) " + oneSkip + " ;;")
	r := s.makes("test")
	require.Equal(t, 0, r.status, r.stderr)
	require.Contains(t, r.stdout, "=== Skipped\n=== SKIP: p TestRoot (0.00s)\nit needs root\n")
	require.Contains(t, r.stdout, "\nleft out: a network for each scenario\n")
}

// The pattern reaches go test as it was typed: $ is doubled for neither make nor
// the shell.
func TestMakePassesRunAsItIs(t *testing.T) {
	for _, pattern := range []string{"^TestPhase1$", "A|B C", "it's", "`x`", "*"} {
		s := newScripted(t)
		s.golang("*test*) " + oneRan + " ;;")
		r := s.makes("e2e-native", "RUN="+pattern)
		require.Equal(t, 0, r.status, r.stderr)
		calls, err := os.ReadFile(filepath.Join(s.dir, "go-calls"))
		require.NoError(t, err)
		require.Contains(t, string(calls), " -run "+pattern+" ./e2e/")
	}
}

// Fault U15: `make clean` left an image, and a builder that bootstrap.sh had imported.
func TestCleanRemovesWhatIsOurs(t *testing.T) {
	s := newScripted(t)
	s.docker(`
*"reference=peerlab/*"*) printf '%s\n' peerlab/server:latest peerlab/client:latest ;;
*dangling=true*label=peerlab.stage*) echo stage ;;
*label=peerlab.builder=imported*) echo golang:1.26 ;;
"volume ls"*) ;;`)
	root := s.copies("scripts", "compose.yaml", "Dockerfile")
	for _, name := range []string{"bin/race", "artifacts", "clients.txt"} {
		require.NoError(t, os.MkdirAll(filepath.Join(root, name), 0o755))
	}
	r := s.command(s.dir, filepath.Join(root, "scripts", "clean.sh"))
	require.Equal(t, 0, r.status, r.stderr)
	require.NoDirExists(t, filepath.Join(root, "bin"))
	require.NoDirExists(t, filepath.Join(root, "artifacts"))
	calls := s.calls()
	require.Contains(t, calls, "compose --profile * down --remove-orphans --volumes")
	for _, image := range []string{"peerlab/server:latest", "peerlab/client:latest", "stage", "golang:1.26"} {
		require.Contains(t, calls, "image rm "+image)
	}
	require.Contains(t, r.stdout, "left: clients.txt")
	require.DirExists(t, filepath.Join(root, "clients.txt"))
}

func TestCleanKeepsABuilderThatWasPulledAndSaysSo(t *testing.T) {
	s := newScripted(t)
	s.docker(`"image rm"*) exit 1 ;;`)
	r := s.command(s.dir, filepath.Join(s.copies("scripts", "compose.yaml", "Dockerfile"), "scripts", "clean.sh"))
	require.Equal(t, 0, r.status, r.stderr)
	require.Contains(t, r.stdout, "left: the image golang:1.26 (remove: docker image rm golang:1.26)")
	require.NotContains(t, strings.Join(s.calls(), "\n"), "image rm")
}
