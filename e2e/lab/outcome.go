package lab

import (
	"slices"
	"time"
)

// crashed returns the processes whose last life has ended with a status other
// than 0, without the scenario having ended it or asserted its exit.
func (l *Lab) crashed() []*Process {
	return slices.DeleteFunc(l.Processes(), func(p *Process) bool {
		e := p.now()
		return e == nil || e.Running() || e.meant || e.clean()
	})
}

// clean returns whether a life that has ended did so with status 0.
func (e *life) clean() bool {
	_, status, err := e.Result()
	return status == 0 && err == nil
}

func (e *life) endedAt() time.Time {
	at, _, _ := e.Result()
	return at
}

// exitNotice is how long an error of a program's input waits for the program's
// exit, which is mostly its reason and is noticed a little later.
const exitNotice = 2 * time.Second

// exitedSoon returns whether the life has ended, or does within exitNotice.
func (e *life) exitedSoon() bool {
	return e.endsWithin(exitNotice)
}

// endsWithin returns whether the life has ended, or does within that time.
func (e *life) endsWithin(limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-e.Ended():
		return true
	case <-timer.C:
		return !e.Running()
	}
}
