package report

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"peerlab/e2e/bench/internal/rounds"
	"peerlab/e2e/bench/internal/stats"
)

// aRun is a run in which our side is twice as fast as its peer in each round,
// though the machine had half the time in the second.
func aRun() *Run {
	sample := func(seconds float64) rounds.Sample {
		return rounds.Sample{Amount: 1000, Seconds: seconds, ServerCPU: 1, ClientCPU: 2, Peak: 3 << 20 / seconds, Latency: rounds.Latency{P50: seconds / 1e3, P99: seconds / 1e2, P999: seconds / 10}}
	}
	return &Run{
		Begun: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), Took: 90 * time.Second,
		Facts: []Fact{{"cores", "2"}},
		Sections: []*Section{{
			Name: "relay",
			Results: []rounds.Result{{
				Contest: rounds.Contest{
					Title: "a thousand files", Short: "files",
					Rate: rounds.Unit{Name: "files/s", Scale: 1}, Cost: rounds.Unit{Name: "CPU s a 100", Scale: 100},
					Sides: []rounds.Side{{Name: "node"}, {Name: "nginx"}, {Name: "iperf3", Absent: "not installed"}},
					Goals: []rounds.Goal{
						{Side: "node", Peer: "nginx", AtLeast: 1.5},
						{Side: "nginx", Peer: "node", AtLeast: 0.9},
						{Side: "node", Peer: "iperf3", AtLeast: 1.1},
						{Side: "node", Peer: "nginx", Of: rounds.P99, AtMost: 0.6},
						{Side: "node", Peer: "nginx", Of: rounds.CPU, AtMost: 0.9},
					},
				},
				Samples: map[string][]rounds.Sample{
					"node":  {sample(1), sample(2), sample(1)},
					"nginx": {sample(2), sample(4), sample(2)},
				},
				Others: []float64{0.1, 0.15, 0},
			}},
			Bounds: []Bound{{What: "memory", Unit: "MiB", Value: 70, Below: 64}, {What: "idle", Unit: "MiB", Value: 5}},
		}},
	}
}

func TestTargetsAreJudgedByTheRatiosOfRounds(t *testing.T) {
	want := `| ratio of the two, round by round; of their rates if it does not say of what | median (min – max) | rounds | target     | met          |
|-----------------------------------------------------------------------------|--------------------|--------|------------|--------------|
| files: node / nginx                                                         | 2.00 (2.00 – 2.00) | 3      | ≥ 1.50     | yes          |
| files: nginx / node                                                         | 0.50 (0.50 – 0.50) | 3      | ≥ 0.90     | **no**       |
| files: node / iperf3                                                        | –                  |        | ≥ 1.10     | not measured |
| files: node / nginx, p99                                                    | 0.50 (0.50 – 0.50) | 3      | ≤ 0.60     | yes          |
| files: node / nginx, CPU of the server                                      | 1.00 (1.00 – 1.00) | 3      | ≤ 0.90     | **no**       |
| memory                                                                      | 70.0 MiB           | 1      | < 64.0 MiB | **no**       |
| idle                                                                        | 5.00 MiB           | 1      |            |              |
`
	if got := aRun().Sections[0].targets(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestMeasurementsHaveEverySide(t *testing.T) {
	want := `**a thousand files** (3 of 3 rounds count; other processes had 10 % of the machine in them)

|        | files/s, median (min – max) | rounds | CPU s a 100: server | client | peak MiB: server | p50 ms | p99 ms | p99.9 ms |
|--------|-----------------------------|--------|---------------------|--------|------------------|--------|--------|----------|
| node   | 1,000 (500 – 1,000)         | 3      | 0.10                | 0.20   | 3.00             | 1.00   | 10.0   | 100      |
| nginx  | 500 (250 – 500)             | 3      | 0.10                | 0.20   | 1.50             | 2.00   | 20.0   | 200      |
| iperf3 | not installed               |        |                     |        |                  |        |        |          |
`
	if got := aRun().Sections[0].measurements(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestRolesOfAContest(t *testing.T) {
	s := aRun().Sections[0]
	s.Results[0].Roles = rounds.Roles{Server: "all processes", Client: "who measures"}
	for _, want := range []string{"| CPU s a 100: all processes | who measures | peak MiB: all processes |", "files: node / nginx, CPU of all processes "} {
		if got := s.measurements() + s.targets(); !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestLatenciesHaveColumnsWhereTheyAreMeasured(t *testing.T) {
	s := aRun().Sections[0]
	for _, samples := range s.Results[0].Samples {
		for i := range samples {
			samples[i].Latency = rounds.Latency{}
		}
	}
	if got := s.measurements(); strings.Contains(got, "p99") {
		t.Errorf("got\n%s", got)
	}
}

func TestWhatWasNotMeasuredIsNotZero(t *testing.T) {
	for got, want := range map[string]string{known(0): "–", known(0.004): "0.00", mebibytes(0): "–", milliseconds(0): "–"} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestDecimals(t *testing.T) {
	for x, want := range map[float64]string{0: "0.00", 0.123: "0.12", 9.994: "9.99", 12.34: "12.3", 123.4: "123", 1234567: "1,234,567", -1234: "-1,234"} {
		if got := decimals(x); got != want {
			t.Errorf("%v: %s, want %s", x, got, want)
		}
	}
	if got := decimals(math.NaN()); got != "–" {
		t.Errorf("NaN: %s", got)
	}
}

func TestSpreadOfOneRoundHasNoRange(t *testing.T) {
	if got := spread(stats.Of([]float64{2})); got != "2.00" {
		t.Errorf("got %s", got)
	}
}

func TestWriteMakesAPageAndAPlot(t *testing.T) {
	docs := t.TempDir()
	if err := aRun().Write(docs); err != nil {
		t.Fatal(err)
	}
	note, err := notes.ReadFile("notes/relay.md")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(docs, pageName))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"22 November 2026", "90 seconds", "| files: node / nginx", "| cores", "benchmarks/relay.svg", "## Relay", strings.TrimSpace(string(note))} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page has no %q", want)
		}
	}
	plot, err := os.ReadFile(filepath.Join(docs, "benchmarks", "relay.svg"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<svg", "nginx", "node", "files/s"} {
		if !strings.Contains(string(plot), want) {
			t.Errorf("the plot has no %q", want)
		}
	}
}

func TestWriteNeedsNoPeers(t *testing.T) {
	docs, run := t.TempDir(), aRun()
	delete(run.Sections[0].Results[0].Samples, "nginx")
	if err := run.Write(docs); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(docs, pageName))
	if err != nil || strings.Contains(string(page), "relay.svg") || !strings.Contains(string(page), "not measured") {
		t.Errorf("%v\n%s", err, page)
	}
}

func TestCurvesGrowWithTheClients(t *testing.T) {
	s := &Section{Name: "chat"}
	for i, clients := range []int{5, 20, 50, 100} {
		s.Point("memory, MiB", "ours", clients, float64(4+3*i))
		s.Point("memory, MiB", "bare", clients, float64(3+i))
		s.Point("idle, ms", "ours", clients, float64(clients*clients)/14)
		s.Point("idle, ms", "bare", clients, 0) // nothing to draw
		s.Point("joined, ms", "ours", clients, float64(3*clients))
	}
	docs := t.TempDir()
	if err := (&Run{Sections: []*Section{s}}).Write(docs); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(docs, "benchmarks.md"))
	if err != nil || !strings.Contains(string(page), "(benchmarks/chat-growth.svg)") {
		t.Errorf("%v; the page:\n%s", err, page)
	}
	picture, err := os.ReadFile(filepath.Join(docs, "benchmarks", "chat-growth.svg"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<svg", "memory, MiB", "idle, ms", "joined, ms", "clients", "100", "ours"} {
		if !strings.Contains(string(picture), want) {
			t.Errorf("the picture lacks %q", want)
		}
	}
	if n := strings.Count(string(picture), ">bare<"); n != 1 {
		t.Errorf("%d legends name what has one curve", n)
	}
}
