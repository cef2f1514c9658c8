package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"peerlab/e2e/lab"
)

const (
	slowLink = 4 * time.Second
	// detour is for what is asked for elsewhere because it does not come.
	detour = 2 * time.Second
)

// The answer overtakes: the question's own link to one screen is slow, and the
// answer's is not. The screen gets the question from whoever answered it.
func TestNoScreenShowsAnAnswerFirst(t *testing.T) {
	alone(t)
	r := newRound(t, 3, 1, "make e2e-native RUN="+t.Name())
	r.beginInTurn()
	over := r.trouble("a slow link", []string{client(3)}, []string{client(2)})
	r.gates[client(2)].Shape(lab.ToTarget, lab.Delay(slowLink, 0)) // only client 3 has called there
	for range 3 {
		began := time.Now()
		question := r.says(client(3), "")
		r.clients[1].Sees(question)
		answer := r.answers(client(1), 1)
		r.clients[2].SeesInOrder(question, answer)
		assert.Less(t, r.clients[2].At(answer).Sub(began), detour)
	}
	r.heal()
	over()
	r.passes()
}

// A chain: each answers the one before, and each way to the last screen is slow
// but the last.
func TestAChainOfAnswersIsShownFromItsBeginning(t *testing.T) {
	alone(t)
	r := newRound(t, 4, 1, "make e2e-native RUN="+t.Name())
	r.beginInTurn()
	over := r.trouble("slow links", []string{client(2)}, nil)
	r.gates[client(2)].Shape(lab.ToTarget, lab.Delay(slowLink, 0)) // from clients 3 and 4
	r.ways[2].Shape(lab.FromTarget, lab.Delay(slowLink, 0))        // from the server
	var chain []string
	chain = append(chain, r.says(client(4), ""))
	for _, who := range []string{client(3), server, client(1)} {
		r.process(who).Sees(chain[len(chain)-1])
		chain = append(chain, r.answers(who, 1))
	}
	r.clients[2].Within(slowLink, "slowLink").SeesInOrder(chain...)
	r.heal()
	over()
	r.passes()
}
