// Package report shows what was measured: as a table, as a page of the
// documentation, and as a plot.
package report

import (
	"cmp"
	"context"
	"strings"
	"time"

	"peerlab/e2e/bench/internal/rounds"
	"peerlab/e2e/bench/internal/stats"
)

// Run is all that one run of the benchmarks found out.
type Run struct {
	Begun    time.Time
	Took     time.Duration
	Facts    []Fact
	Sections []*Section
}

// Section is what a run found out about one system.
type Section struct {
	Name    string
	Results []rounds.Result
	Bounds  []Bound
	Curves  []*Curve
}

// Section returns the section of that name, a new one if there is none yet.
func (r *Run) Section(name string) *Section {
	for _, s := range r.Sections {
		if s.Name == name {
			return s
		}
	}
	s := &Section{Name: name}
	r.Sections = append(r.Sections, s)
	return s
}

// Fact is something about the machine or the versions.
type Fact struct{ Name, Value string }

// Bound is a single value that is to stay below another; 0: it is only told.
type Bound struct {
	What, Unit   string
	Value, Below float64
}

// Play plays a contest and keeps the result.
func (s *Section) Play(ctx context.Context, p *rounds.Player, c rounds.Contest) error {
	result, err := p.Play(ctx, c)
	if err != nil {
		return err
	}
	s.Results = append(s.Results, result)
	return nil
}

// verdict is a goal, and what came of it.
type verdict struct {
	what   string
	ratio  stats.Spread // N is 0 where one side did not take part
	target string
	met    string
}

// verdicts judge every goal by the median of the ratios, round by round.
func (s *Section) verdicts() []verdict {
	var out []verdict
	for _, result := range s.Results {
		for _, g := range result.Goals {
			v := verdict{
				what:  result.Short + ": " + g.Side + " / " + g.Peer,
				ratio: stats.Of(stats.Ratios(result.Values(g.Side, g.Of), result.Values(g.Peer, g.Of))),
			}
			if name := strings.Replace(string(g.Of), "the server", cmp.Or(result.Roles.Server, "the server"), 1); name != "" {
				v.what += ", " + name
			}
			switch {
			case g.AtLeast > 0:
				v.target, v.met = "≥ "+decimals(g.AtLeast), yes(v.ratio.Median >= g.AtLeast)
			case g.AtMost > 0:
				v.target, v.met = "≤ "+decimals(g.AtMost), yes(v.ratio.Median <= g.AtMost)
			}
			if v.ratio.N == 0 {
				v.met = "not measured"
			}
			out = append(out, v)
		}
	}
	return out
}

func yes(met bool) string {
	if met {
		return "yes"
	}
	return "**no**"
}
