package load

import (
	"time"

	"golang.org/x/sys/unix"
)

// Usage is the time of some work, and the resources that it took.
type Usage struct {
	Seconds float64
	CPU     float64 // seconds of processor of all programs
	Own     float64 // and of the load generator
	Peak    float64 // bytes that the programs have had in memory, the most of each added up
}

// Measure runs f and returns the usage.
func (g *Group) Measure(f func() error) (u Usage, err error) {
	before, err := g.cpu()
	if err != nil {
		return u, err
	}
	own, begin := ownCPU(), time.Now()
	if err := f(); err != nil {
		return u, err
	}
	u.Seconds, u.Own = time.Since(begin).Seconds(), (ownCPU() - own).Seconds()
	after, err := g.cpu()
	if err != nil {
		return u, err
	}
	u.CPU = (after - before).Seconds()
	for _, p := range g.processes() {
		peak, err := p.PeakMemory()
		if err != nil {
			return u, err
		}
		u.Peak += float64(peak)
	}
	return u, nil
}

// cpu returns the processor time that all programs have used.
func (g *Group) cpu() (sum time.Duration, err error) {
	for _, p := range g.processes() {
		used, err := p.CPU()
		if err != nil {
			return 0, err
		}
		sum += used
	}
	return sum, nil
}

// ownCPU returns the processor time of this process so far.
func ownCPU() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t) != nil {
		return 0 // every process has that clock
	}
	return time.Duration(t.Nano())
}
