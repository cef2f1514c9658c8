package grade

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheRubricsOfTheSystems(t *testing.T) {
	for _, system := range Systems {
		r, err := DefaultRubric(system)
		require.NoError(t, err)
		require.Equal(t, system, r.System)
		require.InDelta(t, 16, r.Result("x").Max(), 0, system)
	}
	_, err := DefaultRubric("tea")
	require.EqualError(t, err, `there is no system "tea": choose one of chat, relay, order, room`)
}

func TestWrongRubrics(t *testing.T) {
	const head = "system: chat\nscenarios:\n- {name: a, test: TestA, points: 1, says: It works.}\n"
	for text, want := range map[string]string{
		"":                         "it is empty",
		"system: tea\n":            `system: "tea" is none of chat`,
		"system: chat\n":           "scenarios: there are none",
		"system: chat\npoint: 1\n": "line 2: field point not found",
		head + "tries: 2\n":        "tries: 2 is not odd",
		head + "tries: 0\n":        "tries: 0 is not odd",
		head + "- {name: a, test: TestB, points: 1, says: x}\n":             "scenario 2 (a): another one has this name",
		head + "- {name: 'b c', test: TestB, points: 1, says: x}\n":         "scenario 2 (b c): its name must be letters",
		head + "- {name: b, test: phase1, points: 1, says: x}\n":            `scenario 2 (b): test: "phase1" is not the name of a Go test`,
		head + "- {name: b, test: TestB, points: -1, says: x}\n":            "scenario 2 (b): points: -1",
		head + "- {name: b, test: TestB, points: .nan, says: x}\n":          "scenario 2 (b): points: NaN",
		head + "- {name: b, test: TestB, points: 1}\n":                      "scenario 2 (b): says: there is no sentence",
		head + "- {name: b, test: TestB, points: 1, after: [c], says: x}\n": `scenario 2 (b): after: no scenario before it is named "c"`,
	} {
		_, err := ReadRubric(strings.NewReader(text))
		require.ErrorContains(t, err, want, text)
	}
}

func TestAResultIsCompleteFromTheBeginning(t *testing.T) {
	r, err := DefaultRubric("chat")
	require.NoError(t, err)
	result := r.Result("ada")
	require.Len(t, result.Scenarios, 4)
	points, of := result.Score()
	require.Zero(t, points+of)
	require.False(t, result.Gradable())
	for i := range result.Scenarios {
		result.Scenarios[i].Outcome = Passed
	}
	result.Complete = true
	require.True(t, result.Gradable())
	result.Scenarios[3].Outcome = Unknown
	points, of = result.Score()
	require.InDelta(t, 13, points, 0)
	require.InDelta(t, 13, of, 0)
	require.False(t, result.Gradable())
	result.Scenarios[3].Outcome = Failed
	_, of = result.Score()
	require.InDelta(t, 16, of, 0)
}
