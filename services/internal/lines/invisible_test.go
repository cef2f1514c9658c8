package lines

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestInvisible(t *testing.T) {
	for _, r := range "\u00ad\u034f\u115f\u200b\u200d\u2060\u2800\u3164\ufe0f\ufeff\U000e0100" {
		assert.True(t, Invisible(r), "%U", r)
	}
	for _, r := range "a \u00a0é\u0301漢🎉." {
		assert.False(t, Invisible(r), "%U", r)
	}
}
