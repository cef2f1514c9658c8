package lab

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSomebodySitsAtATerminal(t *testing.T) {
	l := New(t)
	sh := l.Sit("shell", []string{"WHO=me"}, "sh", "-c", `echo "hello $WHO"; read -r line; printf 'one\rtwo\n%s' "$line"; exit 3`)
	sh.Reads("hello me")
	sh.Types("typed\r")
	sh.Reads("hello me", "typed", "two", "typed")
	assert.Equal(t, 3, sh.Ends())
}

func TestItIsSeenThatKeysAreTaken(t *testing.T) {
	l := New(t)
	sh := l.Sit("shell", nil, "sh", "-c", `stty -icanon -echo; dd bs=1 count=1 2>/dev/null; exit 5`)
	sh.TakesKeys()
	sh.Types("k")
	sh.Reads("k")
	assert.Equal(t, 5, sh.Ends())
}

func TestAScreenThatDoesNotGetThereIsReported(t *testing.T) {
	out := watch(t, func(t testing.TB) {
		l := New(t)
		l.Sit("shell", nil, "sh", "-c", "echo one; echo two").Reads("two", "one")
	})
	assert.Contains(t, out, `terminal shell (sh -c 'echo one; echo two'): its command exited with status 0 before this was so: it ends with "two", "one"`)
	assert.Contains(t, out, "── terminal shell ──\none\ntwo")
}

func TestProjectsAreOfTheirRun(t *testing.T) {
	inContainers(t)
	l := New(t)
	a, b := l.Project(), l.Project()
	assert.NotEqual(t, a, b)
	labels, err := l.run.bench.Labels()
	require.NoError(t, err)
	assert.Equal(t, "peerlab-lab-"+strings.ReplaceAll(labels["peerlab.lab"], ".", "_")+"-1", a)
}
