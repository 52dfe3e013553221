package clients

import (
	"context"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/util/workqueue"
)

func TestLeaderElection(t *testing.T) {
	h := in(t)
	leads := make(chan string, 10)
	candidate := func(name string) context.CancelFunc {
		ctx, cancel := context.WithCancel(h)
		elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
			Lock: &resourcelock.LeaseLock{
				LeaseMeta:  metav1.ObjectMeta{Name: "operator", Namespace: h.namespace},
				Client:     h.clients.CoordinationV1(),
				LockConfig: resourcelock.ResourceLockConfig{Identity: name},
			},
			ReleaseOnCancel: true,
			LeaseDuration:   3 * time.Second,
			RenewDeadline:   2 * time.Second,
			RetryPeriod:     200 * time.Millisecond,
			Callbacks: leaderelection.LeaderCallbacks{
				OnStartedLeading: func(context.Context) { leads <- name },
				OnStoppedLeading: func() {},
			},
		})
		h.must(err)
		go elector.Run(ctx)
		return cancel
	}
	leave := candidate("first")
	h.equal(<-leads, "first")
	defer candidate("second")()
	leave()
	select {
	case name := <-leads:
		h.equal(name, "second")
	case <-time.After(patience):
		h.Fatal("nobody leads")
	}
	lease, err := h.clients.CoordinationV1().Leases(h.namespace).Get(h, "operator", metav1.GetOptions{})
	h.must(err)
	h.equal(*lease.Spec.HolderIdentity, "second")
	h.equal(*lease.Spec.LeaseTransitions, 1)
}

// A controller as the sample has it: a ConfigMap names how many replicas are wanted, a Deployment
// that it owns is made so, and its status is noted on the ConfigMap.
func TestReconcile(t *testing.T) {
	h := in(t)
	factory := informers.NewSharedInformerFactoryWithOptions(h.clients, 0, informers.WithNamespace(h.namespace))
	maps, deployments := factory.Core().V1().ConfigMaps(), factory.Apps().V1().Deployments()
	queue := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[cache.ObjectName]())
	defer queue.ShutDown()
	enqueue := func(obj any) {
		if name, err := cache.DeletionHandlingObjectToName(obj); err == nil {
			queue.Add(name)
		}
	}
	handlers := cache.ResourceEventHandlerFuncs{
		AddFunc: enqueue, UpdateFunc: func(_, obj any) { enqueue(obj) }, DeleteFunc: enqueue,
	}
	for _, informer := range []cache.SharedIndexInformer{maps.Informer(), deployments.Informer()} {
		_, err := informer.AddEventHandler(handlers)
		h.must(err)
	}
	factory.Start(h.Done())
	factory.WaitForCacheSync(h.Done())

	reconcile := func(name cache.ObjectName) error {
		wanted, err := maps.Lister().ConfigMaps(name.Namespace).Get(name.Name)
		if errors.IsNotFound(err) || (err == nil && wanted.Data["replicas"] == "") {
			return nil
		}
		var replicas int32
		fmt.Sscan(wanted.Data["replicas"], &replicas)
		client := h.clients.AppsV1().Deployments(name.Namespace)
		found, err := deployments.Lister().Deployments(name.Namespace).Get(name.Name)
		if errors.IsNotFound(err) {
			made := web(replicas)
			made.Name = name.Name
			made.OwnerReferences = []metav1.OwnerReference{
				*metav1.NewControllerRef(wanted, corev1.SchemeGroupVersion.WithKind("ConfigMap"))}
			_, err = client.Create(h, made, metav1.CreateOptions{})
			return err
		}
		if *found.Spec.Replicas != replicas {
			changed := found.DeepCopy()
			changed.Spec.Replicas = &replicas
			_, err = client.Update(h, changed, metav1.UpdateOptions{})
			return err
		}
		noted := fmt.Sprint(found.Status.ReadyReplicas)
		if wanted.Annotations["ready"] != noted {
			changed := wanted.DeepCopy()
			metav1.SetMetaDataAnnotation(&changed.ObjectMeta, "ready", noted)
			_, err = h.clients.CoreV1().ConfigMaps(name.Namespace).Update(h, changed, metav1.UpdateOptions{})
		}
		return err
	}
	for range 2 {
		go wait.UntilWithContext(h, func(context.Context) {
			for {
				name, done := queue.Get()
				if done {
					return
				}
				if err := reconcile(name); err != nil {
					queue.AddRateLimited(name)
				} else {
					queue.Forget(name)
				}
				queue.Done(name)
			}
		}, time.Second)
	}

	client := h.clients.CoreV1().ConfigMaps(h.namespace)
	noted := func(ready string) {
		h.until(ready+" ready noted", func() bool {
			found, err := client.Get(h, "shop", metav1.GetOptions{})
			return err == nil && found.Annotations["ready"] == ready
		})
	}
	_, err := client.Create(h, &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: "shop"}, Data: map[string]string{"replicas": "2"},
	}, metav1.CreateOptions{})
	h.must(err)
	noted("2")
	_, err = client.Patch(h, "shop", "application/merge-patch+json",
		[]byte(`{"data":{"replicas":"4"}}`), metav1.PatchOptions{})
	h.must(err)
	noted("4")
	// What somebody else changes is put back; what is deleted is made again.
	h.must(h.clients.AppsV1().Deployments(h.namespace).Delete(h, "shop", metav1.DeleteOptions{}))
	h.until("made again", func() bool {
		found, err := h.clients.AppsV1().Deployments(h.namespace).Get(h, "shop", metav1.GetOptions{})
		return err == nil && found.Status.ReadyReplicas == 4
	})
	// The owner goes, and with it what it owned.
	h.must(client.Delete(h, "shop", metav1.DeleteOptions{}))
	h.until("collected", func() bool {
		_, err := h.clients.AppsV1().Deployments(h.namespace).Get(h, "shop", metav1.GetOptions{})
		pods, _ := h.clients.CoreV1().Pods(h.namespace).List(h, metav1.ListOptions{})
		return errors.IsNotFound(err) && len(pods.Items) == 0
	})
}
