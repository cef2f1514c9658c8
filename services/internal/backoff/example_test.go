package backoff_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"peerlab/services/internal/backoff"
)

// Attempts until one succeeds, or the context is cancelled.
func ExampleBackoff_Wait() {
	ctx := context.Background()
	attempts := 0
	connect := func() error {
		if attempts++; attempts < 4 {
			return errors.New("connection refused")
		}
		return nil
	}
	retry := backoff.Backoff{Min: time.Millisecond, Max: time.Second}
	for connect() != nil {
		if err := retry.Wait(ctx); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println("connected at attempt", attempts)
	// Output: connected at attempt 4
}
