package clients

import (
	"context"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/pager"
	watchtools "k8s.io/client-go/tools/watch"
)

func TestInformers(t *testing.T) {
	h := in(t)
	factory := informers.NewSharedInformerFactoryWithOptions(
		h.clients, time.Minute, informers.WithNamespace(h.namespace))
	pods, deployments := factory.Core().V1().Pods(), factory.Apps().V1().Deployments()
	deleted := make(chan string, 100)
	_, err := pods.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		DeleteFunc: func(obj any) {
			if key, err := cache.DeletionHandlingMetaNamespaceKeyFunc(obj); err == nil {
				deleted <- key
			}
		},
	})
	h.must(err)
	deployments.Informer()
	factory.Start(h.Done())
	for kind, synced := range factory.WaitForCacheSync(h.Done()) {
		h.equal(synced, true)
		h.Log(kind, "synced")
	}
	h.deploy(3)
	h.until("the lister has seen what is there", func() bool {
		found, err := deployments.Lister().Deployments(h.namespace).Get("web")
		return err == nil && found.Status.ReadyReplicas == 3
	})
	seen, err := pods.Lister().Pods(h.namespace).List(labels.Set{"app": "web"}.AsSelector())
	h.must(err)
	h.equal(len(seen), 3)
	foreground := metav1.DeletePropagationForeground
	h.must(h.clients.AppsV1().Deployments(h.namespace).Delete(
		h, "web", metav1.DeleteOptions{PropagationPolicy: &foreground}))
	for range 3 {
		select {
		case <-deleted:
		case <-time.After(patience):
			h.Fatal("pods were not deleted")
		}
	}
	h.until("the Deployment goes last", func() bool {
		_, err := deployments.Lister().Deployments(h.namespace).Get("web")
		return errors.IsNotFound(err)
	})
}

func TestWatchList(t *testing.T) {
	h := in(t)
	h.deploy(2)
	yes := true
	watcher, err := h.clients.CoreV1().Pods(h.namespace).Watch(h, metav1.ListOptions{
		SendInitialEvents:    &yes,
		AllowWatchBookmarks:  true,
		ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan,
	})
	h.must(err)
	var types []watch.EventType
	var bookmark *corev1.Pod
	for event := range watcher.ResultChan() {
		types = append(types, event.Type)
		if event.Type == watch.Bookmark {
			bookmark = event.Object.(*corev1.Pod)
			break
		}
	}
	watcher.Stop()
	h.equal(types, []watch.EventType{watch.Added, watch.Added, watch.Bookmark})
	h.equal(bookmark.Annotations[metav1.InitialEventsAnnotationKey], "true")

	// From there on nothing is missed, and nothing comes twice.
	retried, err := watchtools.NewRetryWatcherWithContext(h, bookmark.ResourceVersion, &cache.ListWatch{
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			return h.clients.CoreV1().Pods(h.namespace).Watch(ctx, o)
		},
	})
	h.must(err)
	defer retried.Stop()
	h.must(h.clients.CoreV1().Pods(h.namespace).DeleteCollection(
		h, metav1.DeleteOptions{}, metav1.ListOptions{}))
	added, deleted := 0, 0
	for event := range retried.ResultChan() {
		switch event.Type {
		case watch.Added:
			added++
		case watch.Deleted:
			deleted++
		}
		if added == 2 && deleted == 2 {
			return
		}
	}
	h.Fatalf("%d added, %d deleted", added, deleted)
}

func TestVersionOfTheFuture(t *testing.T) {
	h := in(t)
	options := metav1.ListOptions{ResourceVersion: "999999999"}
	err := h.clients.CoreV1().RESTClient().Get().Namespace(h.namespace).Resource("pods").
		VersionedParams(&options, scheme.ParameterCodec).MaxRetries(0).Do(h).Error()
	h.equal(errors.IsTimeout(err) && errors.HasStatusCause(err, metav1.CauseTypeResourceVersionTooLarge), true)
}

func TestPaging(t *testing.T) {
	h := in(t)
	maps := h.clients.CoreV1().ConfigMaps(h.namespace)
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		_, err := maps.Create(h, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
		h.must(err)
	}
	first, err := maps.List(h, metav1.ListOptions{Limit: 3})
	h.must(err)
	h.equal(len(first.Items), 3)
	h.equal(*first.RemainingItemCount >= 4, true)
	// A page is of the instant of the first one: what is deleted since is still in it.
	h.must(maps.Delete(h, "g", metav1.DeleteOptions{}))
	rest, err := maps.List(h, metav1.ListOptions{Continue: first.Continue})
	h.must(err)
	h.equal(rest.ResourceVersion, first.ResourceVersion)
	h.equal(slices.ContainsFunc(rest.Items, func(m corev1.ConfigMap) bool { return m.Name == "g" }), true)

	pages := pager.New(func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		return maps.List(ctx, options)
	})
	pages.PageSize = 2
	var names []string
	h.must(pages.EachListItem(h, metav1.ListOptions{}, func(obj runtime.Object) error {
		names = append(names, obj.(*corev1.ConfigMap).Name)
		return nil
	}))
	h.equal(names[:6], []string{"a", "b", "c", "d", "e", "f"})
}

func TestDiscovery(t *testing.T) {
	h := in(t)
	client := discovery.NewDiscoveryClientForConfigOrDie(h.config)
	version, err := client.ServerVersion()
	h.must(err)
	h.equal(version.Major+"."+version.Minor, "1.36")
	_, lists, err := client.ServerGroupsAndResources()
	h.must(err)
	kinds := 0
	for _, list := range lists {
		kinds += len(list.APIResources)
	}
	h.equal(kinds > 100, true)
	mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(client))
	mapping, err := mapper.RESTMapping(schema.GroupKind{Group: "apps", Kind: "StatefulSet"})
	h.must(err)
	h.equal(mapping.Resource, "apps/v1, Resource=statefulsets")
	gvr, err := mapper.ResourceFor(schema.GroupVersionResource{Resource: "hpa"})
	if err == nil {
		h.Fatal("a mapper takes no short names", gvr)
	}
	short, err := restmapper.NewShortcutExpander(mapper, client, nil).ResourceFor(
		schema.GroupVersionResource{Resource: "hpa"})
	h.must(err)
	h.equal(short.Resource, "horizontalpodautoscalers")
	paths, err := client.OpenAPIV3().Paths()
	h.must(err)
	described, err := paths["apis/apps/v1"].Schema("application/json")
	h.must(err)
	h.equal(strings.Contains(string(described), "io.k8s.api.apps.v1.DeploymentSpec"), true)
}

func TestProtobuf(t *testing.T) {
	h := in(t)
	config := rest.CopyConfig(h.config)
	config.ContentType = runtime.ContentTypeProtobuf
	config.AcceptContentTypes = runtime.ContentTypeProtobuf + "," + runtime.ContentTypeJSON
	h.clients = kubernetes.NewForConfigOrDie(config)
	found := h.deploy(2)
	h.equal(found.Spec.Template.Spec.Containers[0].Image, "registry.example/app:1.0")
	h.equal(found.Spec.Strategy.RollingUpdate.MaxSurge.String(), "25%")
	pods, err := h.clients.CoreV1().Pods(h.namespace).List(h, metav1.ListOptions{LabelSelector: "app=web"})
	h.must(err)
	h.equal(len(pods.Items), 2)
	h.equal(pods.Items[0].Status.Phase, corev1.PodRunning)
	watcher, err := h.clients.CoreV1().Pods(h.namespace).Watch(h, metav1.ListOptions{})
	h.must(err)
	defer watcher.Stop()
	event := <-watcher.ResultChan()
	h.equal(event.Type, watch.Added)
	h.equal(event.Object.(*corev1.Pod).Labels["app"], "web")
	_, err = h.clients.CoreV1().Pods(h.namespace).Get(h, "nope", metav1.GetOptions{})
	h.equal(errors.IsNotFound(err), true)
	_, err = h.clients.CoreV1().Secrets(h.namespace).Create(h, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "s"}, Data: map[string][]byte{"k": {0, 1, 255}},
	}, metav1.CreateOptions{})
	h.must(err)
	secret, err := h.clients.CoreV1().Secrets(h.namespace).Get(h, "s", metav1.GetOptions{})
	h.must(err)
	h.equal(secret.Data["k"], []byte{0, 1, 255})
}

func TestMetadataOnly(t *testing.T) {
	h := in(t)
	h.deploy(1)
	client := metadata.NewForConfigOrDie(metadata.ConfigFor(h.config))
	pods := schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	list, err := client.Resource(pods).Namespace(h.namespace).List(h, metav1.ListOptions{})
	h.must(err)
	h.equal(len(list.Items), 1)
	h.equal(list.Items[0].Kind, "PartialObjectMetadata")
	h.equal(list.Items[0].OwnerReferences[0].Kind, "ReplicaSet")
	watcher, err := client.Resource(pods).Namespace(h.namespace).Watch(h, metav1.ListOptions{})
	h.must(err)
	defer watcher.Stop()
	h.equal((<-watcher.ResultChan()).Object.(*metav1.PartialObjectMetadata).Labels["app"], "web")
}

func TestLogs(t *testing.T) {
	h := in(t)
	h.deploy(1)
	pods := h.clients.CoreV1().Pods(h.namespace)
	list, err := pods.List(h, metav1.ListOptions{})
	h.must(err)
	name := list.Items[0].Name
	text, err := pods.GetLogs(name, &corev1.PodLogOptions{}).DoRaw(h)
	h.must(err)
	h.equal(strings.Contains(string(text), "started"), true)
	stream, err := pods.GetLogs(name, &corev1.PodLogOptions{Follow: true}).Stream(h)
	h.must(err)
	defer stream.Close()
	h.must(pods.Delete(h, name, metav1.DeleteOptions{}))
	followed, err := io.ReadAll(stream)
	h.must(err)
	h.equal(strings.HasPrefix(string(followed), string(text)), true)
	_, err = pods.GetLogs(name, &corev1.PodLogOptions{Container: "other"}).DoRaw(h)
	h.equal(err != nil, true)
}
