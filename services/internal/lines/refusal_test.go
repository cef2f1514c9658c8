package lines_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"peerlab/services/internal/lines"
)

func TestRefusal(t *testing.T) {
	r := lines.Refuse("name", "%s is odd", "a\x1b\n")
	assert.Equal(t, `ERR name a\x1b\x0a is odd`, r.Line())
	assert.EqualError(t, r, `name: a\x1b\x0a is odd`)
	wrapped := fmt.Errorf("cannot fetch: %w", r)
	assert.True(t, lines.IsRefusal(wrapped, "name"))
	assert.False(t, lines.IsRefusal(wrapped, "full"))
	assert.False(t, lines.IsRefusal(nil, "name"))
}

func TestParseRefusal(t *testing.T) {
	for line, want := range map[string]*lines.Refusal{
		"ERR notfound no file \"x\" here": {Code: "notfound", Reason: `no file "x" here`},
		"ERR differs":                     {Code: "differs"},
		"ERR changed \x1b[2J\u202e":       {Code: "changed", Reason: `\x1b[2J\u202e`},
		"ERR \x07 x":                      {Code: `\x07`, Reason: "x"},
		"ERR  x":                          {Reason: "x"},
		"ERR":                             nil,
		"ERRor x":                         nil,
		"OK ERR x":                        nil,
		"":                                nil,
	} {
		got, ok := lines.ParseRefusal(line)
		assert.Equal(t, want != nil, ok, "%q", line)
		assert.Equal(t, want, got, "%q", line)
		if ok && got.Code != "" && got.Reason != "" {
			again, _ := lines.ParseRefusal(got.Line())
			assert.Equal(t, got, again, "%q", line)
		}
	}
}
