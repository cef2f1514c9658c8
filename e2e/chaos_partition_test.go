package e2e

import (
	"slices"

	"peerlab/e2e/lab"
)

func (g *gate) heal() {
	g.Heal()
	g.proxy.Heal()
}

// heal takes all trouble off all links.
func (g *gated) heal() {
	for _, gate := range g.gates {
		gate.heal()
	}
	for _, gate := range g.retired {
		gate.heal()
	}
	for _, way := range g.ways {
		way.Heal()
	}
}

// unite undoes part.
func (g *gated) unite() {
	for _, gate := range g.gates {
		gate.proxy.Heal()
	}
	for _, gate := range g.retired {
		gate.proxy.Heal()
	}
}

// part cuts the links between two groups of processes until unite.
func (g *gated) part(a, b []string) {
	for who, gate := range g.gates {
		switch {
		case slices.Contains(a, who):
			gate.proxy.Break(lab.RST, calledBy(b))
		case slices.Contains(b, who):
			gate.proxy.Break(lab.RST, calledBy(a))
		}
	}
}

// calledBy matches the connections that one of these has dialled.
func calledBy(who []string) func(first string) bool {
	return func(first string) bool {
		name := caller(first)
		if name == "server" {
			return slices.Contains(who, server)
		}
		return slices.Contains(who, "Client "+name)
	}
}
