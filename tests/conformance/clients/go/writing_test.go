package clients

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	appsapply "k8s.io/client-go/applyconfigurations/apps/v1"
	coreapply "k8s.io/client-go/applyconfigurations/core/v1"
	metaapply "k8s.io/client-go/applyconfigurations/meta/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/kubernetes/scheme"
	typedcore "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/util/retry"
)

func TestServerSideApply(t *testing.T) {
	h := in(t)
	labels := map[string]string{"app": "web"}
	wanted := func(replicas int32) *appsapply.DeploymentApplyConfiguration {
		container := coreapply.Container().WithName("app").WithImage("registry.example/app:1.0")
		return appsapply.Deployment("web", h.namespace).WithSpec(appsapply.DeploymentSpec().
			WithReplicas(replicas).
			WithSelector(metaapply.LabelSelector().WithMatchLabels(labels)).
			WithTemplate(coreapply.PodTemplateSpec().WithLabels(labels).
				WithSpec(coreapply.PodSpec().WithContainers(container))))
	}
	deployments := h.clients.AppsV1().Deployments(h.namespace)
	mine := metav1.ApplyOptions{FieldManager: "mine"}
	made, err := deployments.Apply(h, wanted(2), mine)
	h.must(err)
	h.equal(made.Generation, 1)
	again, err := deployments.Apply(h, wanted(2), mine)
	h.must(err)
	h.equal(again.Generation, 1)
	_, err = deployments.Apply(h, wanted(3), metav1.ApplyOptions{FieldManager: "other"})
	h.equal(errors.IsConflict(err), true)
	h.equal(strings.Contains(err.Error(), `conflict with "mine": .spec.replicas`), true)
	forced, err := deployments.Apply(h, wanted(3), metav1.ApplyOptions{FieldManager: "other", Force: true})
	h.must(err)
	h.equal(*forced.Spec.Replicas, 3)
	owned, err := appsapply.ExtractDeployment(forced, "mine")
	h.must(err)
	h.equal(owned.Spec.Replicas == nil, true)
	h.equal(*owned.Spec.Template.Spec.Containers[0].Image, "registry.example/app:1.0")
	// A manager that says nothing of replicas any more leaves them to nobody: the default is back.
	less := wanted(0)
	less.Spec.Replicas = nil
	given, err := deployments.Apply(h, less, metav1.ApplyOptions{FieldManager: "other"})
	h.must(err)
	h.equal(*given.Spec.Replicas, 1)
}

func TestRetryOnConflict(t *testing.T) {
	h := in(t)
	maps := h.clients.CoreV1().ConfigMaps(h.namespace)
	_, err := maps.Create(h, &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: "count"}, Data: map[string]string{"n": "0"},
	}, metav1.CreateOptions{})
	h.must(err)
	var all sync.WaitGroup
	backoff := retry.DefaultBackoff
	backoff.Steps = 50
	for range 4 {
		all.Go(func() {
			for range 5 {
				err := retry.RetryOnConflict(backoff, func() error {
					found, err := maps.Get(h, "count", metav1.GetOptions{})
					if err != nil {
						return err
					}
					var n int
					fmt.Sscan(found.Data["n"], &n)
					found.Data["n"] = fmt.Sprint(n + 1)
					_, err = maps.Update(h, found, metav1.UpdateOptions{})
					return err
				})
				if err != nil {
					h.Error(err)
				}
			}
		})
	}
	all.Wait()
	found, err := maps.Get(h, "count", metav1.GetOptions{})
	h.must(err)
	h.equal(found.Data["n"], "20")
}

func TestDynamic(t *testing.T) {
	h := in(t)
	client := dynamic.NewForConfigOrDie(h.config)
	group := h.namespace + ".example.io"
	definition := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
		"metadata": map[string]any{"name": "widgets." + group},
		"spec": map[string]any{
			"group": group, "scope": "Namespaced",
			"names": map[string]any{"plural": "widgets", "singular": "widget", "kind": "Widget"},
			"versions": []any{map[string]any{
				"name": "v1", "served": true, "storage": true,
				"subresources": map[string]any{"status": map[string]any{}},
				"schema": map[string]any{"openAPIV3Schema": map[string]any{
					"type": "object",
					"properties": map[string]any{
						"spec": map[string]any{"type": "object", "properties": map[string]any{
							"size": map[string]any{"type": "integer", "minimum": int64(1), "default": int64(1)},
						}},
						"status": map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true},
					},
				}},
			}},
		},
	}}
	definitions := client.Resource(schema.GroupVersionResource{
		Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	_, err := definitions.Create(h, definition, metav1.CreateOptions{})
	h.must(err)
	h.Cleanup(func() { _ = definitions.Delete(t.Context(), "widgets."+group, metav1.DeleteOptions{}) })
	h.until("established", func() bool {
		found, err := definitions.Get(h, "widgets."+group, metav1.GetOptions{})
		h.must(err)
		conditions, _, _ := unstructured.NestedSlice(found.Object, "status", "conditions")
		for _, condition := range conditions {
			row := condition.(map[string]any)
			if row["type"] == "Established" && row["status"] == "True" {
				return true
			}
		}
		return false
	})
	resource := schema.GroupVersionResource{Group: group, Version: "v1", Resource: "widgets"}
	widgets := client.Resource(resource).Namespace(h.namespace)
	factory := dynamicinformer.NewFilteredDynamicSharedInformerFactory(client, 0, h.namespace, nil)
	lister := factory.ForResource(resource).Lister()
	factory.Start(h.Done())
	factory.WaitForCacheSync(h.Done())
	widget := func(name string, spec map[string]any) *unstructured.Unstructured {
		return &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": group + "/v1", "kind": "Widget",
			"metadata": map[string]any{"name": name}, "spec": spec,
		}}
	}
	made, err := widgets.Create(h, widget("w", map[string]any{}), metav1.CreateOptions{})
	h.must(err)
	h.equal(made.Object["spec"], map[string]any{"size": 1})
	_, err = widgets.Create(h, widget("bad", map[string]any{"size": int64(0)}), metav1.CreateOptions{})
	h.equal(errors.IsInvalid(err), true)
	patched, err := widgets.Patch(h, "w", types.MergePatchType, []byte(`{"spec":{"size":2}}`), metav1.PatchOptions{})
	h.must(err)
	h.equal(patched.GetGeneration(), 2)
	applied, err := widgets.Apply(h, "w", widget("w", map[string]any{"size": int64(3)}),
		metav1.ApplyOptions{FieldManager: "go", Force: true})
	h.must(err)
	h.equal(applied.GetGeneration(), 3)
	applied.Object["status"] = map[string]any{"phase": "Ready"}
	status, err := widgets.UpdateStatus(h, applied, metav1.UpdateOptions{})
	h.must(err)
	h.equal(status.GetGeneration(), 3)
	h.until("the informer has the status", func() bool {
		found, err := lister.ByNamespace(h.namespace).Get("w")
		if err != nil {
			return false
		}
		phase, _, _ := unstructured.NestedString(found.(*unstructured.Unstructured).Object, "status", "phase")
		return phase == "Ready"
	})
}

func TestSubresources(t *testing.T) {
	h := in(t)
	h.deploy(2)
	deployments := h.clients.AppsV1().Deployments(h.namespace)
	scaled, err := deployments.UpdateScale(h, "web", &autoscalingv1.Scale{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: h.namespace},
		Spec:       autoscalingv1.ScaleSpec{Replicas: 3},
	}, metav1.UpdateOptions{})
	h.must(err)
	h.equal(scaled.Spec.Replicas, 3)
	all := intstr.FromString("100%")
	_, err = h.clients.PolicyV1().PodDisruptionBudgets(h.namespace).Create(h, &policyv1.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: policyv1.PodDisruptionBudgetSpec{
			MinAvailable: &all,
			Selector:     &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}},
		},
	}, metav1.CreateOptions{})
	h.must(err)
	h.until("the budget is counted", func() bool {
		found, err := h.clients.PolicyV1().PodDisruptionBudgets(h.namespace).Get(h, "web", metav1.GetOptions{})
		return err == nil && found.Status.ExpectedPods == 3 && found.Status.CurrentHealthy == 3
	})
	pods, err := h.clients.CoreV1().Pods(h.namespace).List(h, metav1.ListOptions{})
	h.must(err)
	name := pods.Items[0].Name
	eviction := &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: h.namespace}}
	h.equal(errors.IsTooManyRequests(h.clients.CoreV1().Pods(h.namespace).EvictV1(h, eviction)), true)
	h.must(h.clients.PolicyV1().PodDisruptionBudgets(h.namespace).Delete(h, "web", metav1.DeleteOptions{}))
	h.must(h.clients.CoreV1().Pods(h.namespace).EvictV1(h, eviction))
	h.until("the pod goes and another one comes", func() bool {
		_, err := h.clients.CoreV1().Pods(h.namespace).Get(h, name, metav1.GetOptions{})
		found, _ := deployments.Get(h, "web", metav1.GetOptions{})
		return errors.IsNotFound(err) && found.Status.ReadyReplicas == 3
	})
	review, err := h.clients.AuthorizationV1().SelfSubjectAccessReviews().Create(h,
		&authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
			ResourceAttributes: &authorizationv1.ResourceAttributes{
				Namespace: h.namespace, Verb: "delete", Group: "apps", Resource: "deployments"},
		}}, metav1.CreateOptions{})
	h.must(err)
	h.equal(review.Status.Allowed, true)
}

func TestExecIsRefused(t *testing.T) {
	h := in(t)
	h.deploy(1)
	pods, err := h.clients.CoreV1().Pods(h.namespace).List(h, metav1.ListOptions{})
	h.must(err)
	url := h.clients.CoreV1().RESTClient().Post().Resource("pods").Namespace(h.namespace).
		Name(pods.Items[0].Name).SubResource("exec").
		VersionedParams(&corev1.PodExecOptions{Command: []string{"ls"}, Stdout: true}, scheme.ParameterCodec).URL()
	spdy, err := remotecommand.NewSPDYExecutor(h.config, "POST", url)
	h.must(err)
	socket, err := remotecommand.NewWebSocketExecutor(h.config, "GET", url.String())
	h.must(err)
	for _, executor := range []remotecommand.Executor{spdy, socket} {
		err = executor.StreamWithContext(h, remotecommand.StreamOptions{Stdout: &strings.Builder{}})
		h.equal(err != nil && strings.Contains(err.Error(), "10250: connect: connection refused"), true)
	}
}

func TestEventsAreAggregated(t *testing.T) {
	h := in(t)
	found := h.deploy(1)
	broadcaster := record.NewBroadcaster()
	defer broadcaster.Shutdown()
	broadcaster.StartRecordingToSink(&typedcore.EventSinkImpl{Interface: h.clients.CoreV1().Events(h.namespace)})
	recorder := broadcaster.NewRecorder(scheme.Scheme, corev1.EventSource{Component: "operator"})
	for range 3 {
		recorder.Event(found, corev1.EventTypeWarning, "Odd", "something is odd")
	}
	h.until("one event, three times", func() bool {
		list, err := h.clients.CoreV1().Events(h.namespace).List(h, metav1.ListOptions{
			FieldSelector: "reason=Odd,involvedObject.kind=Deployment"})
		h.must(err)
		return len(list.Items) == 1 && list.Items[0].Count == 3
	})
}
