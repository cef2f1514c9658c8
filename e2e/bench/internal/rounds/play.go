package rounds

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Player plays rows on one machine.
type Player struct {
	Log func(string) // reports the progress
	// Clock returns how many seconds all processors together have worked so far, and how
	// many of these for this program and those that it has started and that have ended.
	Clock func() (all, own float64, err error)
	Cores int
	Most  int // bounds the rounds of each row; 0: the row's own number
}

// Play plays the rounds of a row. Each begins with another side, so that no side always
// follows the same one.
func (p *Player) Play(ctx context.Context, row Row) (Result, error) {
	r := Result{Row: row, Samples: make(map[string][]Sample), Absent: make(map[string]Absent)}
	most := row.Rounds
	if p.Most > 0 {
		most = min(most, p.Most)
	}
	begin := time.Now()
	for round := range most {
		if round >= minRounds && time.Since(begin) > row.Time {
			p.Log(fmt.Sprintf("%s: %d rounds; time is up", row.Short, round))
			break
		}
		others, err := p.others(func() error { return r.round(ctx, round) })
		if err != nil {
			return r, err
		}
		r.Others = append(r.Others, others)
	}
	return r, nil
}

// round gives every side its turn.
func (r *Result) round(ctx context.Context, round int) error {
	for i := range r.Sides {
		side := r.Sides[(i+round)%len(r.Sides)]
		if r.Absent[side.Name] != "" {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		sample, err := side.Turn(ctx)
		var absent Absent
		switch {
		case errors.As(err, &absent) && round == 0:
			r.Absent[side.Name] = absent
		case err != nil:
			return fmt.Errorf("%s, %s: %w", r.Short, side.Name, err)
		default:
			r.Samples[side.Name] = append(r.Samples[side.Name], sample)
		}
	}
	return nil
}

// others returns the share of the machine that other processes had while f ran.
func (p *Player) others(f func() error) (float64, error) {
	all, own, err := p.Clock()
	if err != nil {
		return 0, err
	}
	begin := time.Now()
	if err := f(); err != nil {
		return 0, err
	}
	long := time.Since(begin).Seconds()
	allThen, ownThen, err := p.Clock()
	return max(0, allThen-all-(ownThen-own)) / (long * float64(p.Cores)), err
}
