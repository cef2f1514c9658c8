package chaos

import (
	"errors"
	"slices"
	"strings"

	"peerlab/lab/wire"
)

// links are all from one group of members to another, and with back also those from the
// second group to the first. A member has no link to itself.
type links struct {
	from, to []string // as on screens
	back     bool
}

// among are the links between two groups, in both directions.
func among(from, to []string) links { return links{from, to, true} }

func (l links) String() string {
	from, to := strings.Join(l.from, ", "), strings.Join(l.to, ", ")
	if l.back {
		return "between " + from + " and " + to
	}
	return "from " + from + " to " + to
}

func (l links) each(do func(from, to string)) {
	for _, from := range l.from {
		for _, to := range l.to {
			if from == to {
				continue
			}
			do(from, to)
			if l.back {
				do(to, from)
			}
		}
	}
}

func (l links) have(from, to string) bool {
	is := func(from, to string) bool { return slices.Contains(l.from, from) && slices.Contains(l.to, to) }
	return is(from, to) || l.back && is(to, from)
}

// nemesis sets the faults of links. Several may be on one link at a time: the link then
// has the latest of them, except that one that lets nothing pass stays.
type nemesis struct {
	*wire.Wire
	faults []*linkFault
}

type linkFault struct {
	links
	fault wire.Fault
}

// begin puts a fault on links.
func (n *nemesis) begin(x *linkFault) error {
	n.faults = append(n.faults, x)
	return n.apply(x.links)
}

// end takes it away again.
func (n *nemesis) end(x *linkFault) error {
	n.faults = slices.DeleteFunc(n.faults, func(y *linkFault) bool { return x == y })
	return n.apply(x.links)
}

// apply sets the faults of these links.
func (n *nemesis) apply(l links) (err error) {
	l.each(func(from, to string) { err = errors.Join(err, n.Set(program(from), program(to), n.of(from, to))) })
	return err
}

// of returns the fault that a link has.
func (n *nemesis) of(from, to string) (f wire.Fault) {
	for _, x := range n.faults {
		if x.have(from, to) && (!silence(f) || silence(x.fault)) {
			f = x.fault
		}
	}
	return f
}

// silence reports whether a fault lets nothing pass.
func silence(f wire.Fault) bool { return f.Drop && f.Each <= 1 && f.Of == wire.All }

// program returns the name in the lab of a member as screens name it.
func program(who string) string { return strings.ToLower(strings.ReplaceAll(who, " ", "")) }
