package report

import (
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/bench/internal/rounds"
	"peerlab/e2e/bench/internal/stats"
)

// aRun is a run in which the node is twice as fast as its peer in each round, though
// the machine was half as fast in the second.
func aRun() *Run {
	sample := func(value float64) rounds.Sample {
		return rounds.Sample{Value: value, P99: 1e4 / value, CPU: 0.1, Own: 0.2, Peak: 3 << 20}
	}
	return &Run{
		Begun: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), Took: 90 * time.Second,
		Commit: "a062a1f", Cores: 2, Facts: []Fact{{"kernel", "6.18"}},
		Results: []rounds.Result{{
			Row: rounds.Row{
				Name: "small", Short: "4 KiB", Title: "a thousand files of 4 KiB", Unit: "files/s", Cost: "100 files",
				Sides: []rounds.Side{{Name: "node"}, {Name: "bare"}, {Name: "nginx"}},
				Targets: []rounds.Target{
					{Side: "node", Peer: "bare", AtLeast: 1.5},
					{Side: "bare", Peer: "node", AtLeast: 0.9},
					{Side: "node", Peer: "nginx", AtLeast: 0.9},
					{Side: "node", Peer: "bare", Of: rounds.P99, AtMost: 0.6},
					{Side: "node", Peer: "bare", Of: rounds.CPU},
					{Side: "node", AtMost: 900},
				},
			},
			Samples: map[string][]rounds.Sample{
				"node": {sample(1000), sample(500), sample(1000)},
				"bare": {sample(500), sample(250), sample(500)},
			},
			Absent: map[string]rounds.Absent{"nginx": "not installed"},
			Others: []float64{0.1, 0.15, 0},
		}},
	}
}

const wanted = "Measured by `make bench` at commit a062a1f on 2 cores, on 22 November 2026 in 90 seconds.\n" + `
|        |      |
|--------|------|
| kernel | 6.18 |

| row   | ratio (of the values unless stated), per round | median (min – max)          | rounds | target        | met          |
|-------|------------------------------------------------|-----------------------------|--------|---------------|--------------|
| small | 4 KiB: node / bare                             | 2.00 (2.00 – 2.00)          | 3      | ≥ 1.50        | yes          |
| small | 4 KiB: bare / node                             | 0.50 (0.50 – 0.50)          | 3      | ≥ 0.90        | **no**       |
| small | 4 KiB: node / nginx                            | –                           |        | ≥ 0.90        | not measured |
| small | 4 KiB: node / bare, p99                        | 0.50 (0.50 – 0.50)          | 3      | ≤ 0.60        | yes          |
| small | 4 KiB: node / bare, processor time             | 1.00 (1.00 – 1.00)          | 3      |               |              |
| small | 4 KiB: node itself                             | 1,000 (500 – 1,000) files/s | 3      | ≤ 900 files/s | **no**       |

**small: a thousand files of 4 KiB** (3 of 3 rounds count; other processes had 10 % of the machine in them)

|       | files/s, median (min – max) | rounds | CPU s for 100 files: programs | load generator | peak MiB | p99  |
|-------|-----------------------------|--------|-------------------------------|----------------|----------|------|
| node  | 1,000 (500 – 1,000)         | 3      | 0.10                          | 0.20           | 3.00     | 10.0 |
| bare  | 500 (250 – 500)             | 3      | 0.10                          | 0.20           | 3.00     | 20.0 |
| nginx | not installed               |        |                               |                |          |      |
`

func TestTheReport(t *testing.T) {
	assert.Equal(t, wanted, aRun().Text())
}

func TestLatenciesHaveAColumnWhereTheyAreMeasured(t *testing.T) {
	r := aRun()
	for _, samples := range r.Results[0].Samples {
		for i := range samples {
			samples[i].P99 = 0
		}
	}
	assert.NotContains(t, measurements(r.Results[0]), "p99")
}

func TestDecimals(t *testing.T) {
	for x, want := range map[float64]string{
		0: "0.00", 0.0123: "0.012", 0.1234: "0.12", 9.994: "9.99", 12.34: "12.3", 123.4: "123", 1234567: "1,234,567", -1234: "-1,234", math.NaN(): "–",
	} {
		assert.Equal(t, want, decimals(x))
	}
	assert.Equal(t, "–", known(0), "not measured")
}

func TestASpreadOfOneRoundHasNoRange(t *testing.T) {
	assert.Equal(t, "2.00", spread(stats.Of([]float64{2})))
	assert.Equal(t, "–", spread(stats.Of(nil)))
}

func TestWriteReplacesTheReportOfAPage(t *testing.T) {
	page := filepath.Join(t.TempDir(), "benchmarks.md")
	write := func(text string) { require.NoError(t, os.WriteFile(page, []byte(text), 0o600)) }
	write("# Benchmarks\n\n" + begin + "\nan old report\n" + end + "\n## Conclusions\n")
	for range 2 {
		require.NoError(t, aRun().Write(page))
		got, err := os.ReadFile(page)
		require.NoError(t, err)
		assert.Equal(t, "# Benchmarks\n\n"+begin+"\n"+wanted+"\n"+end+"\n## Conclusions\n", string(got))
	}
	for _, without := range []string{"", begin, end, end + begin} {
		write(without)
		assert.ErrorContains(t, aRun().Write(page), "there is no place for the report")
		got, err := os.ReadFile(page)
		require.NoError(t, err)
		assert.Equal(t, without, string(got), "the page is as it was")
	}
}
