package lab

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func texts(lines []Line) []string {
	var texts []string
	for _, l := range lines {
		texts = append(texts, l.Text)
	}
	return texts
}

func TestOutputSplitsLines(t *testing.T) {
	r := newOutput()
	for _, part := range []string{"one\ntw", "o\n", "\nthree\r\nfo", "ur"} {
		_, _ = r.Write([]byte(part))
	}
	v := r.Since(0)
	assert.Equal(t, []string{"one", "two", "", "three\r"}, texts(v.Lines))
	assert.Equal(t, "four", v.Partial)
	assert.False(t, v.Ended)
	r.end()
	assert.Equal(t, []string{"four"}, texts(r.Since(v.Next).Lines))
	assert.True(t, r.Since(v.Next).Lines[0].Cut)
	assert.True(t, r.Since(v.Next).Ended)
}

func TestOutputNotifies(t *testing.T) {
	r := newOutput()
	changed := r.Since(0).Changed
	select {
	case <-changed:
		t.Fatal("nothing has changed")
	default:
	}
	_, _ = r.Write([]byte("x"))
	<-changed
	changed = r.Since(0).Changed
	r.end()
	<-changed
}

func TestOutputIsBounded(t *testing.T) {
	r := newOutput()
	line := strings.Repeat("x", 1<<20-1) + "\n"
	for range 70 {
		_, _ = r.Write([]byte(line))
	}
	v := r.Since(0)
	assert.Equal(t, 70, v.Next)
	assert.Len(t, v.Lines, 64)
	assert.Len(t, r.Since(69).Lines, 1)
	assert.Empty(t, r.Since(70).Lines)
}
