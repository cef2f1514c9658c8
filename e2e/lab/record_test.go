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

func TestRecordSplitsLines(t *testing.T) {
	r := newRecord()
	for _, part := range []string{"one\ntw", "o\n", "\nthree\r\nfo", "ur"} {
		_, _ = r.Write([]byte(part))
	}
	v := r.since(0)
	assert.Equal(t, []string{"one", "two", "", "three\r"}, texts(v.lines))
	assert.Equal(t, "four", v.partial)
	assert.False(t, v.ended)
	r.end()
	assert.Equal(t, []string{"four"}, texts(r.since(v.next).lines))
	assert.True(t, r.since(v.next).lines[0].Cut)
	assert.True(t, r.since(v.next).ended)
}

func TestRecordNotifies(t *testing.T) {
	r := newRecord()
	changed := r.since(0).changed
	select {
	case <-changed:
		t.Fatal("nothing has changed")
	default:
	}
	_, _ = r.Write([]byte("x"))
	<-changed
	changed = r.since(0).changed
	r.end()
	<-changed
}

func TestRecordIsBounded(t *testing.T) {
	r := newRecord()
	line := strings.Repeat("x", 1<<20-1) + "\n"
	for range 70 {
		_, _ = r.Write([]byte(line))
	}
	v := r.since(0)
	assert.Equal(t, 70, v.next)
	assert.Len(t, v.lines, 64)
	assert.Len(t, r.since(69).lines, 1)
	assert.Empty(t, r.since(70).lines)
}
