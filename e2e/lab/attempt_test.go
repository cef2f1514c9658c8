package lab

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/lab/grade"
)

func TestWhatBecameOfATestIsTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "attempt.json")
	t.Setenv(attemptVariable, path)
	r, err := theRun()
	require.NoError(t, err)
	told := func(test func(t testing.TB)) (a grade.Attempt) {
		r.attempt.worst = grade.Attempt{} // another test
		t.Cleanup(func() { r.attempt.worst = grade.Attempt{} })
		play(t, test)
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(content, &a))
		return a
	}

	assert.Equal(t, grade.Attempt{Outcome: grade.Passed}, told(func(t testing.TB) { New(t, nativeFixture(t)).Start(fixture("one")).Sees("ready ") }))

	a := told(func(t testing.TB) {
		l := New(t, nativeFixture(t))
		p := l.Start(fixture("one"))
		p.Types("say here")
		p.Sees("here")
		p.Within(50 * time.Millisecond).Sees("there")
	})
	require.Equal(t, grade.Failed, a.Outcome)
	assert.Contains(t, a.Failure.Summary, `one did not show line "there" within 50ms`)
	var steps []string
	for _, s := range a.Failure.Steps {
		steps = append(steps, s.Text)
	}
	assert.Equal(t, []string{`one is typed "say here"`, `one shows line "here"`, a.Failure.Summary}, steps)
	assert.True(t, a.Failure.Steps[2].Failed)
	require.NotEmpty(t, a.Failure.Screens)
	assert.Equal(t, []string{"ready ", "here"}, a.Failure.Screens[0].Lines)
	assert.Contains(t, a.Failure.Again, "RUN="+t.Name())
	assert.Equal(t, t.Name(), a.Failure.Folder)
	assert.Equal(t, "one.1.screen.txt", a.Failure.Screens[0].File)

	a = told(func(t testing.TB) { New(t, Playing("it", "cmd:/no/such/file")).Start(Spec{Name: "it"}) })
	assert.Equal(t, grade.Failed, a.Outcome, "a program that cannot be started")
	a = told(func(t testing.TB) { New(t, Playing("it", "tea")).Start(Spec{Name: "it"}) })
	assert.Equal(t, grade.Unknown, a.Outcome, "a setting that is wrong")
	a = told(func(t testing.TB) { LeaveOut(t, "it is not Tuesday") })
	assert.Equal(t, grade.Attempt{Outcome: grade.Unknown, Because: "it is not Tuesday"}, a)
}
