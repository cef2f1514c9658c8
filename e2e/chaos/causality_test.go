package chaos

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"peerlab/lab/wire"
)

const (
	slowLink = 4 * time.Second
	// detour is for what is asked for elsewhere because it does not come.
	detour = 2 * time.Second
)

// The answer overtakes: the question's own link to one screen is slow, and the
// answer's is not. The screen gets the question from the client that answered it.
func TestNoScreenShowsAnAnswerFirst(t *testing.T) {
	r := beginAlone(t, 3)
	over := r.fault(wire.Fault{Delay: slowLink}, links{from: []string{client(3)}, to: []string{client(2)}})
	for range 3 {
		began := time.Now()
		question := r.says(client(3), "")
		r.Clients[1].Sees(question)
		answer := r.answers(client(1), 1)
		r.Clients[2].SeesInOrder(question, answer)
		assert.Less(t, r.Clients[2].At(answer).Sub(began), detour)
	}
	over()
	r.passes()
}

// A chain: each answers the one before, and each way to the last screen is slow
// but the last.
func TestAChainOfAnswersIsShownFromItsBeginning(t *testing.T) {
	r := beginAlone(t, 4)
	over := r.fault(wire.Fault{Delay: slowLink}, links{from: []string{client(3), client(4), server}, to: []string{client(2)}})
	var chain []string
	chain = append(chain, r.says(client(4), ""))
	for _, who := range []string{client(3), server, client(1)} {
		r.process(who).Sees(chain[len(chain)-1])
		chain = append(chain, r.answers(who, 1))
	}
	r.Clients[2].Within(slowLink).SeesInOrder(chain...)
	over()
	r.passes()
}
