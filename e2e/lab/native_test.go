package lab

import "testing"

func TestTheEndOfInputAfterTheEndIsNoError(t *testing.T) {
	l := New(t, anyFixture(t))
	p := l.Start(fixture("gone"))
	p.Types("exit 0")
	p.Exits(0)
	p.CloseStdin()
}
