// Package clients drives a running cluster with client-go and controller-runtime as they are.
//
// The tests take the cluster from KUBECONFIG and make a namespace each. They are compiled once
// (tools/clients.py) and run by tests/conformance/test_client_go.py; `go test` runs them too.
package clients
