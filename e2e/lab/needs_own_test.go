package lab

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestArgumentsOfItsOwnLeaveATestOut(t *testing.T) {
	run := func(command string, spec Spec) *fakeT {
		return play(t, func(t testing.TB) {
			p := New(t, Playing("it", command)).Start(spec)
			p.Exits(0)
			p.Sees("7")
		})
	}
	out := run("cmd:echo {ID}", Spec{Name: "it", Args: []string{"-v"}})
	assert.True(t, out.skipped)
	assert.Contains(t, out.output.String(), "it: the scenario starts it with arguments of this implementation")
	assert.True(t, run("cmd:echo 7 {}", Spec{Name: "it", Args: []string{"-v"}}).skipped)

	values := Spec{Name: "it", Args: []string{"-v"}, Vars: map[string]string{"ID": "7"}}
	for _, command := range []string{"cmd:echo {ID}", "cmd:echo 7 {}", "cmd+pipe:echo {ID}"} {
		ran := run(command, values)
		assert.False(t, ran.failed || ran.skipped, ran.output.String())
	}
	assert.Contains(t, run("cmd:echo {X}", values).output.String(), "unknown place {X}; the places for role it are {ID}")
	assert.False(t, run("cmd:echo 7 {}", Spec{Name: "it"}).skipped)
}
