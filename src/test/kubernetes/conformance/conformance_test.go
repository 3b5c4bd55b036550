// Package conformance is the Inference Extension's own suite, with its parent and the Gateway API by their releases.
package conformance

import (
	"testing"

	"sigs.k8s.io/gateway-api-inference-extension/conformance"
)

func TestConformance(t *testing.T) {
	conformance.RunConformance(t)
}
