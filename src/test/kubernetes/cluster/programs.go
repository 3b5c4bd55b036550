//go:build tools

// Package programs names what src/test/scripts/fetch-kubernetes builds of this module: one, so that packages that the
// programs share are compiled once.
package programs

import (
	_ "istio.io/istio/pilot/cmd/pilot-discovery"
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
	_ "k8s.io/kubernetes/cmd/kube-controller-manager"
)
