package clients

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

const patience = 40 * time.Second

// home is a test's own namespace with the ways to reach it.
type home struct {
	*testing.T
	context.Context
	config    *rest.Config
	clients   *kubernetes.Clientset
	namespace string
}

// in makes a namespace that goes when the test ends.
func in(t *testing.T) *home {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		t.Fatal(err)
	}
	config.QPS = -1 // the client's own brake is not what is tried here
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	t.Cleanup(cancel)
	h := &home{T: t, Context: ctx, config: config, clients: kubernetes.NewForConfigOrDie(config)}
	made, err := h.clients.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "go-" + strings.ToLower(t.Name()[4:]) + "-"},
	}, metav1.CreateOptions{})
	h.must(err)
	h.namespace = made.Name
	t.Cleanup(func() {
		_ = h.clients.CoreV1().Namespaces().Delete(context.Background(), made.Name, metav1.DeleteOptions{})
	})
	return h
}

// Deadline is the context's: a test has one too.
func (h *home) Deadline() (time.Time, bool) { return h.Context.Deadline() }

func (h *home) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *home) equal(got, wanted any) {
	h.Helper()
	if fmt.Sprint(got) != fmt.Sprint(wanted) {
		h.Fatalf("got %v, wanted %v", got, wanted)
	}
}

// until asks again and again, as long as one is patient.
func (h *home) until(what string, check func() bool) {
	h.Helper()
	err := wait.PollUntilContextTimeout(h, 20*time.Millisecond, patience, true,
		func(context.Context) (bool, error) { return check(), nil })
	if err != nil {
		h.Fatalf("%s: %v", what, err)
	}
}

// web is a Deployment of so many replicas.
func web(replicas int32) *appsv1.Deployment {
	labels := map[string]string{"app": "web"}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas,
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec: corev1.PodSpec{
					Containers: []corev1.Container{{Name: "app", Image: "registry.example/app:1.0"}},
				},
			},
		},
	}
}

// deploy makes a Deployment and waits until all its pods are ready.
func (h *home) deploy(replicas int32) *appsv1.Deployment {
	h.Helper()
	deployments := h.clients.AppsV1().Deployments(h.namespace)
	found, err := deployments.Create(h, web(replicas), metav1.CreateOptions{})
	h.must(err)
	h.until("all pods ready", func() bool {
		found, err = deployments.Get(h, "web", metav1.GetOptions{})
		return err == nil && found.Status.ReadyReplicas == replicas
	})
	return found
}
