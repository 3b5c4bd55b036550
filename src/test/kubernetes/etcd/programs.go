//go:build tools

// Package programs names what src/test/scripts/fetch-kubernetes builds of this module.
package programs

import _ "go.etcd.io/etcd/server/v3"
