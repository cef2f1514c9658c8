package chaos

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"peerlab/e2e/checker"
	"peerlab/e2e/lab"
)

// mutant is a program that breaks one promise, and what it takes to see it.
type mutant struct {
	cheat  string
	server bool // it is the server, and else client 3
	play   func(r *round)
	breaks checker.Guarantee
	fault  string // what the lab does in the round; "": nothing
}

var mutants = []mutant{
	{"duplicate", false, func(r *round) {
		for range 4 {
			r.says(client(1), "")
		}
	}, checker.Delivery, ""},
	{"swap", false, func(r *round) { r.burst(client(1), 4) }, checker.FIFO, ""},
	{"drop-last", false, func(r *round) {
		var last string
		for range 3 {
			last = r.says(server, "")
		}
		r.Clients[1].Sees(last)
		r.Clients[2].Sees(last)
		r.kills(server)
	}, checker.Agreement, "kill -9"},
	{"answer-first", false, func(r *round) {
		for range 3 { // it waits for an answer, but not for ever
			r.Clients[2].Sees(r.says(client(1), ""))
			r.Clients[1].Sees(r.answers(client(2), 1))
		}
	}, checker.Causality, ""},
	{"wait", false, func(r *round) {
		over := r.trouble("stopped", []string{client(2)}, nil)
		r.Clients[2].Pause()
		line := r.says(client(3), "")
		r.soon(r.bounds.Delay*2, func() bool { return shows(r.screen(client(1)), line) })
		r.Clients[2].Resume()
		over()
	}, checker.Isolation, "pause"},
	{"forget-registry", true, func(r *round) {
		r.kills(server)
		r.moves(server) // so that only the server itself can bring the clients back
	}, checker.Return, "kill -9"},
	{"return-twice", true, func(r *round) {
		r.kills(server)
		r.returns(server)
	}, checker.Return, "kill -9"},
}

// The checker is to convict each of them of what it does, and to acquit the honest program
// in the same round. Both run natively, even if the others do not: it is the checker that
// is tested.
func TestTheCheckerConvictsMutants(t *testing.T) {
	t.Parallel()
	for _, m := range mutants {
		t.Run(m.cheat, func(t *testing.T) {
			lab.Parallel(t)
			r := mutantRound(t, m.cheat, m.server)
			m.play(r)
			v := r.judged()
			require.Equal(t, checker.Fail, v.Outcome, v)
			assert.Equal(t, m.breaks, v.Breaches[0].Guarantee, v)
			r.proves(v, m.fault)
			t.Log(v)
		})
		t.Run("honest, not "+m.cheat, func(t *testing.T) {
			lab.Parallel(t)
			r := mutantRound(t, "honest", m.server)
			m.play(r)
			r.passes()
		})
	}
}

// mutantRound is a round of three clients and a server, one of whom cheats.
func mutantRound(t *testing.T, cheat string, isServer bool) *round {
	t.Helper()
	r := newRound(t, 3, replayAlone(t), lab.Natively())
	r.bounds = checker.Bounds{Delay: 3 * time.Second, Quiet: 6 * time.Second}
	if cheat == "wait" {
		cheat = fmt.Sprintf("wait=%s,%s", r.Ports[1].Address(), r.Ports[2].Address())
	}
	role := "client"
	if isServer {
		role = "server"
	} else {
		r.Roles[3] = "mutant"
	}
	program := fmt.Sprintf("cmd+pipe:%s %s %s", r.Program("mutant"), cheat, r.Program(role))
	r.Play(map[bool]string{true: "server", false: "mutant"}[isServer], program)
	r.begin()
	return r
}

// Every guarantee that the checker knows has a mutant.
func TestEveryGuaranteeHasAMutant(t *testing.T) {
	for g := checker.Delivery; g <= checker.Return; g++ {
		assert.True(t, slices.ContainsFunc(mutants, func(m mutant) bool { return m.breaks == g }), g)
	}
}
