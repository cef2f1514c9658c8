package checker

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// What the programs themselves say on a screen: "WHO: " and one of these.
const (
	initiated   = "initiated." // of a client
	terminated  = "terminated."
	reconnected = "reconnected"
	serverBack  = "initiated" // of the server
)

const server = "Server"

// another begins a line of a process that this screen's never met, while another
// one of its name was there.
const another = "* another "

// index reads all screens once.
func (c *court) index() {
	c.texts = make(map[string]int, len(c.Typed))
	c.typed = make([][]int, len(c.Lives))
	for i, t := range c.Typed {
		c.texts[c.shows(t)] = i
		c.typed[t.Life] = append(c.typed[t.Life], i)
	}
	c.pages = make([]page, len(c.Lives))
	c.witnesses = map[int]int{}
	c.meetings = map[[2]int]meeting{}
	for i, l := range c.Lives {
		p := page{at: map[int]int{}, notices: map[string]int{}, lines: make([]int, len(l.Screen))}
		if l.Who == server {
			p.in, p.isIn = l.From, true
		}
		for n, s := range l.Screen {
			p.lines[n] = -1
			if t, ok := c.texts[strings.TrimPrefix(s.Text, another)]; ok {
				p.lines[n] = t
				if _, again := p.at[t]; !again {
					p.at[t] = n
				}
				continue
			}
			switch who, what := split(s.Text); {
			case notice.MatchString(s.Text):
				of := notice.FindStringSubmatch(s.Text)[1]
				if _, again := p.notices[of]; !again {
					p.notices[of] = n
				}
			case who == l.Who && what == initiated && !p.isIn:
				p.in, p.isIn = s.At, true
			}
		}
		c.pages[i] = p
		if l.End == Lives {
			for t := range p.at {
				c.witnesses[t] = i
			}
		}
	}
}

func split(line string) (who, what string) {
	who, what, _ = strings.Cut(line, ": ")
	return who, what
}

// notice matches a line by which a screen admits that lines of a sender are not
// there: "* Client 1: 3 lines lost". No typed line begins so.
var notice = regexp.MustCompile(`^\* (.+): [0-9]+ lines? (lost|missing)$`)

// event reports whether a text is one by which a program tells of a life.
func event(text string) bool {
	switch text {
	case initiated, reconnected, terminated, serverBack:
		return true
	}
	return false
}

// due says whether a typed line concerns the screen of life q. A newcomer is not
// shown what was said before it came, so q must be in by then, and have met the
// typist p; or be in before p began, and then all that p ever says concerns it.
func (c *court) due(q, typed int) bool {
	p, at := c.Typed[typed].Life, c.Typed[typed].At
	if slices.Contains(c.Typed[typed].Concerns, q) && p != q {
		return true
	}
	if p == q || !c.pages[q].isIn || c.pages[q].in >= at || c.Lives[p].Who == c.Lives[q].Who {
		return false
	}
	if c.Lives[p].From > c.pages[q].in {
		return true
	}
	met, ok := c.met(q, p)
	return ok && met < at
}

// met is when q had met p, an older one, for certain. Clients show that they
// have met another, and the server that it has met a client; that a client has
// met the server is known from the server's screen. The last such line counts,
// since one before it may have been about an earlier life of the same name.
func (c *court) met(q, p int) (at time.Duration, ok bool) {
	if m, known := c.meetings[[2]int{q, p}]; known {
		return m.at, m.ok
	}
	screen, of := q, p
	if c.Lives[p].Who == server {
		screen, of = p, q
	}
	until := c.next(of)
	for _, s := range c.Lives[screen].Screen {
		who, what := split(s.Text)
		if who != c.Lives[of].Who || what != initiated && what != reconnected {
			continue
		}
		if s.At >= c.Lives[of].From && s.At < until {
			at, ok = s.At, true
		}
	}
	c.meetings[[2]int{q, p}] = meeting{at, ok}
	return at, ok
}

// next is when the next life of the same name began.
func (c *court) next(life int) time.Duration {
	next := c.End + 1
	for _, l := range c.Lives {
		if l.Who == c.Lives[life].Who && l.From > c.Lives[life].From {
			next = min(next, l.From)
		}
	}
	return next
}

// shown is when a screen showed a typed line.
func (c *court) shown(life, typed int) (at time.Duration, ok bool) {
	n, ok := c.pages[life].at[typed]
	if !ok {
		return 0, false
	}
	return c.Lives[life].Screen[n].At, true
}
