package report

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/lab/grade"
)

// strict decodes JSON that has no other fields than those of a schema.
func strict(t testing.TB, raw string, schema any) {
	t.Helper()
	in := json.NewDecoder(strings.NewReader(raw))
	in.DisallowUnknownFields()
	require.NoError(t, in.Decode(schema))
	require.False(t, in.More())
}

// among asserts that a field has one of the values that its format knows.
func among(t testing.TB, value string, values ...string) {
	t.Helper()
	assert.Contains(t, values, value)
}

// The schema of Gradescope's results.json: fields that are pointers are optional.
type gradescopeSchema struct {
	Score            *float64       `json:"score"`
	ExecutionTime    *float64       `json:"execution_time"`
	Output           string         `json:"output"`
	OutputFormat     string         `json:"output_format"`
	TestOutputFormat string         `json:"test_output_format"`
	TestNameFormat   string         `json:"test_name_format"`
	Visibility       string         `json:"visibility"`
	StdoutVisibility string         `json:"stdout_visibility"`
	ExtraData        map[string]any `json:"extra_data"`
	Tests            []struct {
		Score        *float64       `json:"score"`
		MaxScore     *float64       `json:"max_score"`
		Status       *string        `json:"status"`
		Name         string         `json:"name"`
		NameFormat   *string        `json:"name_format"`
		Number       string         `json:"number"`
		Output       string         `json:"output"`
		OutputFormat *string        `json:"output_format"`
		Tags         []string       `json:"tags"`
		Visibility   *string        `json:"visibility"`
		ExtraData    map[string]any `json:"extra_data"`
	} `json:"tests"`
	Leaderboard []struct {
		Name  string  `json:"name"`
		Value any     `json:"value"`
		Order *string `json:"order"`
	} `json:"leaderboard"`
}

func TestGradescope(t *testing.T) {
	for name, r := range cases() {
		t.Run(name, func(t *testing.T) {
			var got gradescopeSchema
			strict(t, written(t, Gradescope, r), &got)
			for _, format := range []string{got.OutputFormat, got.TestOutputFormat, got.TestNameFormat} {
				among(t, format, "text", "html", "simple_format", "md", "ansi")
			}
			for _, who := range []string{got.Visibility, got.StdoutVisibility} {
				among(t, who, "hidden", "after_due_date", "after_published", "visible")
			}
			require.NotNil(t, got.Tests, "tests or score is required")
			require.Len(t, got.Tests, len(r.Scenarios))
			require.Equal(t, r.Gradable(), got.Score != nil)
			sum, most := 0.0, 0.0
			for i, test := range got.Tests {
				require.Equal(t, r.Gradable(), test.Score != nil, "Gradescope would add up the others")
				most += *test.MaxScore
				if test.Score != nil {
					sum += *test.Score
				}
				if test.Status != nil {
					among(t, *test.Status, "passed", "failed")
				}
				assert.Equal(t, open(&r.Scenarios[i]), test.Status == nil)
			}
			assert.InDelta(t, r.Max(), most, 1e-9)
			if r.Gradable() {
				assert.InDelta(t, sum, *got.Score, 1e-9)
			} else {
				assert.True(t, strings.HasPrefix(got.Output, "The "), "the reason comes first: %s", got.Output)
			}
		})
	}
}

type classroom50Schema struct {
	Schema         string `json:"schema"`
	Classroom      string `json:"classroom"`
	Assignment     string `json:"assignment"`
	Owner          string `json:"owner"`
	AssignmentType string `json:"assignment_type"`
	Submission     string `json:"submission"`
	Commit         string `json:"commit"`
	Release        string `json:"release"`
	Review         string `json:"review"`
	Datetime       string `json:"datetime"`
	GradedAt       string `json:"graded_at"`
	Score          *int   `json:"score"`
	MaxScore       *int   `json:"max-score"`
	NotGradable    string `json:"not-gradable"` // further fields are kept
	Tests          []struct {
		Name     string `json:"test-name"`
		Passed   *bool  `json:"passed"`
		Score    *int   `json:"score"`
		MaxScore *int   `json:"max-score"`
		Outcome  string `json:"outcome"`
		Message  string `json:"message"`
	} `json:"tests"`
}

func TestClassroom50(t *testing.T) {
	environment := map[string]string{
		"CLASSROOM": "networks", "ASSIGNMENT": "chat", "OWNER": "ada", "ASSIGNMENT_TYPE": "group", "SUBMISSION_TAG": "submit/2026-03-01T09-30-00Z-a1b2c3d",
		"COMMIT_URL": "https://github.com/o/r/commit/a", "RELEASE_URL": "https://github.com/o/r/releases/tag/a",
	}
	for name, r := range cases() {
		t.Run(name, func(t *testing.T) {
			var got classroom50Schema
			strict(t, written(t, formats["classroom50"], r), &got) // without an environment
			var out strings.Builder
			require.NoError(t, Classroom50(&out, r, func(name string) string { return environment[name] }))
			got = classroom50Schema{}
			strict(t, out.String(), &got)
			assert.Equal(t, "classroom50/result/v1", got.Schema)
			assert.Equal(t, []string{"networks", "chat", "ada", "group"}, []string{got.Classroom, got.Assignment, got.Owner, got.AssignmentType})
			assert.True(t, strings.HasPrefix(got.Submission, "submit/"))
			assert.Equal(t, environment["COMMIT_URL"], got.Review, "without REVIEW_URL")
			for _, at := range []string{got.Datetime, got.GradedAt} {
				_, err := time.Parse("2006-01-02T15:04:05Z", at)
				require.NoError(t, err)
			}
			require.NotNil(t, got.Tests)
			require.Len(t, got.Tests, len(r.Scenarios))
			require.Equal(t, r.Gradable(), got.Score != nil, "the runner refuses a result without a score")
			require.Equal(t, r.Gradable(), got.NotGradable == "")
			sum, most := 0, 0
			for i, test := range got.Tests {
				require.NotEmpty(t, test.Name)
				most += *test.MaxScore
				known := !open(&r.Scenarios[i])
				require.Equal(t, known, test.Passed != nil)
				require.Equal(t, known, test.Score != nil)
				if known {
					require.LessOrEqual(t, *test.Score, *test.MaxScore)
					sum += *test.Score
				}
			}
			require.Equal(t, most, *got.MaxScore)
			if got.Score != nil {
				require.Equal(t, sum, *got.Score)
			}
		})
	}
}

func TestClassroom50ScoresAreIntegers(t *testing.T) {
	r := only(grade.Passed, grade.Failed)
	var got classroom50Schema
	strict(t, written(t, formats["classroom50"], r), &got)
	assert.Equal(t, []int{2, 8}, []int{*got.Score, *got.MaxScore})
	r.Scenarios[1].Points = 1.25
	strict(t, written(t, formats["classroom50"], r), &got)
	assert.Equal(t, []int{200, 325}, []int{*got.Score, *got.MaxScore})
}

type prairieLearnSchema struct {
	Gradable     *bool    `json:"gradable"`
	Score        *float64 `json:"score"`
	FormatErrors []string `json:"format_errors"`
	Message      string   `json:"message"`
	Output       string   `json:"output"`
	Images       []any    `json:"images"`
	Tests        []struct {
		Name        string   `json:"name"`
		Description string   `json:"description"`
		Points      *float64 `json:"points"`
		MaxPoints   *float64 `json:"max_points"`
		Message     string   `json:"message"`
		Output      string   `json:"output"`
		Images      []any    `json:"images"`
	} `json:"tests"`
}

func TestPrairieLearn(t *testing.T) {
	for name, r := range cases() {
		t.Run(name, func(t *testing.T) {
			var got prairieLearnSchema
			strict(t, written(t, PrairieLearn, r), &got)
			require.Equal(t, r.Gradable(), *got.Gradable)
			require.Equal(t, r.Gradable(), got.Score != nil)
			require.Equal(t, r.Gradable(), len(got.FormatErrors) == 0)
			if got.Score != nil {
				score, _ := r.Score()
				assert.InDelta(t, score/r.Max(), *got.Score, 1e-9)
				assert.True(t, *got.Score >= 0 && *got.Score <= 1)
			}
			require.Len(t, got.Tests, len(r.Scenarios))
			for i, test := range got.Tests {
				assert.Equal(t, open(&r.Scenarios[i]), test.Points == nil)
			}
		})
	}
}

func TestPrairieLearnWithoutPoints(t *testing.T) {
	r := only(grade.Passed)
	r.Scenarios[0].Points = 0
	var got prairieLearnSchema
	strict(t, written(t, PrairieLearn, r), &got)
	assert.Zero(t, *got.Score)
}
