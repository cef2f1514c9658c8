package chaos

import (
	"fmt"
	"slices"
	"time"

	"peerlab/e2e/checker"
	"peerlab/e2e/lab"
)

const (
	// quietLimit is the time for all members to have joined when all is healed, and quietPeriod,
	// by default, for what is still missing then.
	quietLimit  = 30 * time.Second
	quietPeriod = 12 * time.Second
	lookEvery   = 50 * time.Millisecond
)

// judged ends the round: a last line is typed at each member, twice, and
// when those have arrived, or have had their time, the checker has the word.
// All trouble must be over.
func (r *round) judged() checker.Verdict {
	r.t.Helper()
	r.quiet = r.clock()
	cut := ""
	if !r.soon(quietLimit, r.allIn) {
		cut = fmt.Sprintf("not all members had joined %v after all was healed", quietLimit)
	}
	r.soon(r.bounds.Quiet, r.allMet)
	for range 2 {
		var last []string
		for _, who := range r.survivors() {
			last = append(last, r.says(who, " is my last"))
		}
		if !r.soon(r.bounds.Quiet, func() bool { return r.allShow(last) }) {
			break
		}
	}
	var v checker.Verdict
	r.soon(2*r.bounds.Quiet, func() bool { // more may come, as long as the verdict is open
		h := r.history(cut)
		v = checker.Judge(h, r.bounds)
		r.judges = h
		return v.Why == "" || h.End-h.Quiet >= r.bounds.Quiet
	})
	r.Keep("verdict.txt", v.String()+"\n")
	return v
}

// soon looks again and again until ok, and says whether that came in time.
func (r *round) soon(limit time.Duration, ok func() bool) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for !ok() {
		select {
		case <-ticker.C:
		case <-timer.C:
			return false
		}
	}
	return true
}

// survivors are those who are there, the server first.
func (r *round) survivors() []string {
	var all []string
	for i, l := range r.lives {
		if l.End == checker.Lives && i == r.life(l.Who) {
			all = append(all, l.Who)
		}
	}
	slices.Sort(all)
	slices.Reverse(all)
	return all
}

// screen is what a member's screen has shown in the present life.
func (r *round) screen(who string) []lab.Line {
	lives := r.process(who).Lives()
	return lives[len(lives)-1].Screen
}

// allIn says whether every client that is there shows that it is in.
func (r *round) allIn() bool {
	for _, who := range r.survivors() {
		if who != server && !shows(r.screen(who), who+": initiated.") {
			return false
		}
	}
	return true
}

// allMet says whether the screens of all members name all members.
func (r *round) allMet() bool {
	for _, q := range r.survivors() {
		screen := r.screen(q)
		for _, p := range r.survivors() {
			from := r.began.Add(r.lives[r.life(p)].From)
			told := slices.ContainsFunc(screen, func(l lab.Line) bool {
				return (l.Text == p+": initiated." || l.Text == p+": reconnected" || l.Text == p+": initiated") && !l.At.Before(from)
			})
			if !told && p != server && p != q {
				return false
			}
		}
	}
	return true
}

// allShow says whether all members show all of these lines but their own.
func (r *round) allShow(lines []string) bool {
	for i, who := range r.survivors() {
		screen := r.screen(who)
		for n, line := range lines {
			if n != i && !shows(screen, line) {
				return false
			}
		}
	}
	return true
}

// shows says whether a line is on a screen. The newest are looked at first.
func shows(screen []lab.Line, line string) bool {
	for i := len(screen) - 1; i >= 0; i-- {
		if screen[i].Text == line {
			return true
		}
	}
	return false
}

// passes ends the round and requires that it breaks no guarantee.
func (r *round) passes() {
	r.t.Helper()
	v := r.judged()
	if v.Outcome != checker.Pass {
		r.pointsOut(v)
		r.Fail("%s\n%v", v.First(), v)
	}
	r.t.Logf("%v\n  after %v of quiet", v, (r.clock() - r.quiet).Round(time.Millisecond))
}
