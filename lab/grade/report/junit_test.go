package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"peerlab/lab/grade"
	"peerlab/lab/visible"
)

func FuzzJUnit(f *testing.F) {
	f.Add(nasty, nasty, nasty)
	f.Fuzz(func(t *testing.T, name, summary, shown string) {
		r := only(grade.Failed, grade.Unknown)
		r.Submission, r.Scenarios[0].Name, r.Scenarios[1].Because = name, name, summary
		r.Scenarios[0].Failure.Summary, r.Scenarios[0].Failure.Screens[0].Lines = summary, []string{shown}
		checkJUnit(t, r)
	})
}

// checkJUnit reads a result's JUnit XML strictly, and compares it with the result.
func checkJUnit(t testing.TB, r *grade.Result) {
	t.Helper()
	raw := written(t, JUnit, r)
	for in := xml.NewDecoder(strings.NewReader(raw)); ; {
		token, err := in.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if text, ok := token.(xml.CharData); ok {
			require.Equal(t, visible.Text(strings.ReplaceAll(string(text), "\n", "")), strings.ReplaceAll(string(text), "\n", ""))
		}
	}
	in := xml.NewDecoder(bytes.NewReader([]byte(raw)))
	var got junitSuites
	require.NoError(t, in.Decode(&got))
	for _, counts := range []junitCounts{got.junitCounts, got.Suite.junitCounts} {
		require.Equal(t, junitCounts{
			Name: counts.Name, Tests: len(r.Scenarios), Time: seconds(r.Seconds),
			Failures: outcomes(r, grade.Failed), Errors: outcomes(r, grade.Unknown), Skipped: outcomes(r, grade.Skipped) + outcomes(r, grade.NotRun),
		}, counts)
		require.NotEmpty(t, counts.Name)
	}
	names := make(map[string]bool)
	require.Len(t, got.Suite.Cases, len(r.Scenarios))
	for i, c := range got.Suite.Cases {
		require.NotEmpty(t, c.Name)
		require.False(t, names[c.Name], "a second %q", c.Name)
		names[c.Name] = true
		o := r.Scenarios[i].Outcome
		require.Equal(t, o == grade.Failed, c.Failure != nil)
		require.Equal(t, o == grade.Unknown, c.Error != nil)
		require.Equal(t, o == grade.Skipped || o == grade.NotRun, c.Skipped != nil)
		for _, fault := range []*junitFault{c.Failure, c.Error} {
			if fault != nil {
				first, _, _ := strings.Cut(fault.Text, "\n")
				require.Equal(t, fault.Message, first, "the first line says all")
			}
		}
	}
}

func outcomes(r *grade.Result, o grade.Outcome) (n int) {
	for _, s := range r.Scenarios {
		if s.Outcome == o {
			n++
		}
	}
	return n
}

func TestJUnitOfEveryResult(t *testing.T) {
	for name, r := range cases() {
		t.Run(name, func(t *testing.T) { checkJUnit(t, r) })
	}
}
