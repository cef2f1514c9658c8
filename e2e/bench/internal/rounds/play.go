package rounds

import (
	"context"
	"fmt"
	"time"
)

// Player plays contests on one machine.
type Player struct {
	Say func(string) // is told what whoever waits may want to know
	// Busy returns how many seconds all the processors together have worked so
	// far. Nil: it is not known.
	Busy  func() (float64, error)
	Cores int
	// Patience is how long to wait, in each contest, for moments in which nobody
	// else is at work.
	Patience time.Duration
}

// Play plays the rounds, each with another side at its beginning so that nobody
// always comes after the same one.
func (p *Player) Play(ctx context.Context, c Contest) (Result, error) {
	r := Result{Contest: c, Samples: make(map[string][]Sample)}
	var sides []Side
	for _, s := range c.Sides {
		if s.Absent == "" {
			sides = append(sides, s)
		}
	}
	if c.Warm {
		if _, _, err := p.round(ctx, c, sides, 0); err != nil {
			return r, err
		}
	}
	patience := p.Patience
	var played time.Duration
	for round, counted := 0, 0; counted < c.Rounds; round++ {
		if counted >= c.AtLeast && played > c.Time {
			p.Say(fmt.Sprintf("%s: %d rounds; time is up", c.Short, round))
			break
		}
		waited, err := p.calm(ctx, patience)
		patience -= waited
		if err != nil {
			return r, err
		}
		begin := time.Now()
		samples, others, err := p.round(ctx, c, sides, round)
		if err != nil {
			return r, err
		}
		for i, s := range sides {
			r.Samples[s.Name] = append(r.Samples[s.Name], samples[i])
		}
		r.Others = append(r.Others, others)
		if took := time.Since(begin); others >= quiet && patience > 0 && !c.Once {
			patience -= took // it was disturbed after all, and another is played in its place
		} else {
			played, counted = played+took, counted+1
		}
	}
	return r, nil
}

// round has every side do its work once, and returns what share of the machine
// others had meanwhile.
func (p *Player) round(ctx context.Context, c Contest, sides []Side, round int) ([]Sample, float64, error) {
	samples := make([]Sample, len(sides))
	others, err := p.during(func() (own float64, err error) {
		for i := range sides {
			at := (i + round) % len(sides)
			if err := ctx.Err(); err != nil {
				return 0, err
			}
			s, err := sides[at].Run(ctx, round)
			if err != nil {
				return 0, fmt.Errorf("%s, %s: %w", c.Short, sides[at].Name, err)
			}
			samples[at], own = s, own+s.ServerCPU+s.ClientCPU+s.Beside
		}
		return own, nil
	})
	return samples, others, err
}

// during returns the share of the machine that was at work while f ran, less
// the processor seconds that f returns as its own.
func (p *Player) during(f func() (own float64, err error)) (float64, error) {
	if p.Busy == nil {
		_, err := f()
		return 0, err
	}
	before, err := p.Busy()
	if err != nil {
		return 0, err
	}
	begin := time.Now()
	own, err := f()
	if err != nil {
		return 0, err
	}
	took := time.Since(begin).Seconds()
	after, err := p.Busy()
	return max(0, after-before-own) / (took * float64(p.Cores)), err
}

// calm waits for a second in which nobody else is at work, at most for so long,
// and returns how long it was.
func (p *Player) calm(ctx context.Context, most time.Duration) (time.Duration, error) {
	second := time.NewTicker(time.Second)
	defer second.Stop()
	begin := time.Now()
	for time.Since(begin) < most {
		others, err := p.during(func() (float64, error) {
			select {
			case <-ctx.Done():
				return 0, ctx.Err()
			case <-second.C:
				return 0, nil
			}
		})
		if err != nil || others < quiet {
			return time.Since(begin), err
		}
	}
	return time.Since(begin), nil
}
