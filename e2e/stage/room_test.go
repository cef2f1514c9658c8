package stage

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestWithoutPrompt(t *testing.T) {
	for line, want := range map[string]string{
		"[127.0.0.1:1] is Online":             "[127.0.0.1:1] is Online",
		"You: [127.0.0.1:1] is Online\r":      "[127.0.0.1:1] is Online",
		"You: You: hello":                     "hello",
		"You: \r('127.0.0.1', 1) at 1:2:3: x": "('127.0.0.1', 1) at 1:2:3: x",
		"You: ":                               "",
		"You:":                                "",
		"Your homework is cool":               "Your homework is cool",
	} {
		assert.Equal(t, want, withoutPrompt(line), "%q", line)
	}
}
