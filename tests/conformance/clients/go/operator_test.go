package clients

import (
	"context"
	"fmt"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

// A Shop wants so many replicas of an image behind a Service.
type Shop struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              ShopSpec   `json:"spec,omitempty"`
	Status            ShopStatus `json:"status,omitempty"`
}

type ShopSpec struct {
	Replicas int32  `json:"replicas,omitempty"`
	Image    string `json:"image"`
}

type ShopStatus struct {
	Ready      int32              `json:"ready"`
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

type ShopList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Shop `json:"items"`
}

func (s *Shop) DeepCopyObject() runtime.Object {
	out := *s
	s.ObjectMeta.DeepCopyInto(&out.ObjectMeta)
	out.Status.Conditions = append([]metav1.Condition(nil), s.Status.Conditions...)
	return &out
}

func (l *ShopList) DeepCopyObject() runtime.Object {
	out := *l
	l.ListMeta.DeepCopyInto(&out.ListMeta)
	out.Items = nil
	for i := range l.Items {
		out.Items = append(out.Items, *l.Items[i].DeepCopyObject().(*Shop))
	}
	return &out
}

var shops = schema.GroupVersion{Group: "shops.example.io", Version: "v1"}

func definition() *apiextensions.CustomResourceDefinition {
	one := float64(1)
	anything := true
	return &apiextensions.CustomResourceDefinition{
		ObjectMeta: metav1.ObjectMeta{Name: "shops." + shops.Group},
		Spec: apiextensions.CustomResourceDefinitionSpec{
			Group: shops.Group, Scope: apiextensions.NamespaceScoped,
			Names: apiextensions.CustomResourceDefinitionNames{
				Plural: "shops", Singular: "shop", Kind: "Shop", ListKind: "ShopList"},
			Versions: []apiextensions.CustomResourceDefinitionVersion{{
				Name: shops.Version, Served: true, Storage: true,
				Subresources: &apiextensions.CustomResourceSubresources{
					Status: &apiextensions.CustomResourceSubresourceStatus{}},
				Schema: &apiextensions.CustomResourceValidation{OpenAPIV3Schema: &apiextensions.JSONSchemaProps{
					Type: "object", Required: []string{"spec"},
					Properties: map[string]apiextensions.JSONSchemaProps{
						"spec": {Type: "object", Required: []string{"image"},
							Properties: map[string]apiextensions.JSONSchemaProps{
								"image": {Type: "string"},
								"replicas": {Type: "integer", Format: "int32", Minimum: &one,
									Default: &apiextensions.JSON{Raw: []byte("1")}},
							}},
						"status": {Type: "object", XPreserveUnknownFields: &anything},
					},
				}},
			}},
		},
	}
}

const finalizer = "shops.example.io/till"

// reconciler does what a kubebuilder project's does.
type reconciler struct{ client.Client }

func (r *reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	shop := &Shop{}
	if err := r.Get(ctx, request.NamespacedName, shop); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !shop.DeletionTimestamp.IsZero() {
		if controllerutil.RemoveFinalizer(shop, finalizer) {
			return ctrl.Result{}, r.Update(ctx, shop)
		}
		return ctrl.Result{}, nil
	}
	if controllerutil.AddFinalizer(shop, finalizer) {
		return ctrl.Result{}, r.Update(ctx, shop)
	}
	meta := metav1.ObjectMeta{Name: shop.Name, Namespace: shop.Namespace}
	deployment := &appsv1.Deployment{ObjectMeta: meta}
	if _, err := controllerutil.CreateOrUpdate(ctx, r.Client, deployment, func() error {
		wanted := web(shop.Spec.Replicas)
		deployment.Spec.Replicas = wanted.Spec.Replicas
		deployment.Spec.Selector = wanted.Spec.Selector
		deployment.Spec.Template.Labels = wanted.Spec.Template.Labels
		if len(deployment.Spec.Template.Spec.Containers) == 0 {
			deployment.Spec.Template.Spec.Containers = wanted.Spec.Template.Spec.Containers
		}
		deployment.Spec.Template.Spec.Containers[0].Image = shop.Spec.Image
		return controllerutil.SetControllerReference(shop, deployment, r.Scheme())
	}); err != nil {
		return ctrl.Result{}, err
	}
	service := &corev1.Service{ObjectMeta: meta}
	if _, err := controllerutil.CreateOrPatch(ctx, r.Client, service, func() error {
		service.Spec.Selector = map[string]string{"app": "web"}
		service.Spec.Ports = []corev1.ServicePort{{Port: 80, Protocol: corev1.ProtocolTCP}}
		return controllerutil.SetControllerReference(shop, service, r.Scheme())
	}); err != nil {
		return ctrl.Result{}, err
	}
	before := shop.DeepCopyObject().(*Shop)
	shop.Status.Ready = deployment.Status.ReadyReplicas
	status := metav1.ConditionFalse
	if shop.Status.Ready == shop.Spec.Replicas {
		status = metav1.ConditionTrue
	}
	apimeta.SetStatusCondition(&shop.Status.Conditions, metav1.Condition{
		Type: "Open", Status: status, Reason: "Counted", ObservedGeneration: shop.Generation,
		Message: fmt.Sprintf("%d of %d", shop.Status.Ready, shop.Spec.Replicas),
	})
	return ctrl.Result{}, r.Status().Patch(ctx, shop, client.MergeFrom(before))
}

// Ten minutes of an operator: a definition comes, its manager leads, shops open, grow, are hurt,
// move to another image and close.
func TestOperator(t *testing.T) {
	h := in(t)
	log.SetLogger(zap.New(zap.WriteTo(t.Output())))
	scheme := runtime.NewScheme()
	h.must(clientgoscheme.AddToScheme(scheme))
	h.must(apiextensions.AddToScheme(scheme))
	scheme.AddKnownTypes(shops, &Shop{}, &ShopList{})
	metav1.AddToGroupVersion(scheme, shops)

	direct, err := client.New(h.config, client.Options{Scheme: scheme})
	h.must(err)
	h.must(client.IgnoreAlreadyExists(direct.Create(h, definition())))
	h.Cleanup(func() { _ = direct.Delete(context.Background(), definition()) })
	h.until("established", func() bool {
		found := &apiextensions.CustomResourceDefinition{}
		h.must(direct.Get(h, client.ObjectKeyFromObject(definition()), found))
		for _, condition := range found.Status.Conditions {
			if condition.Type == apiextensions.Established && condition.Status == apiextensions.ConditionTrue {
				return true
			}
		}
		return false
	})

	lease := 3 * time.Second
	renew := 2 * time.Second
	retry := 200 * time.Millisecond
	manager, err := ctrl.NewManager(h.config, ctrl.Options{
		Scheme:                        scheme,
		Metrics:                       metricsserver.Options{BindAddress: "0"},
		Cache:                         cache.Options{DefaultNamespaces: map[string]cache.Config{h.namespace: {}}},
		LeaderElection:                true,
		LeaderElectionID:              "shops",
		LeaderElectionNamespace:       h.namespace,
		LeaderElectionReleaseOnCancel: true,
		LeaseDuration:                 &lease, RenewDeadline: &renew, RetryPeriod: &retry,
	})
	h.must(err)
	h.must(ctrl.NewControllerManagedBy(manager).For(&Shop{}).
		Owns(&appsv1.Deployment{}).Owns(&corev1.Service{}).
		Complete(&reconciler{manager.GetClient()}))
	ctx, stop := context.WithCancel(h)
	ended := make(chan error, 1)
	go func() { ended <- manager.Start(ctx) }()

	// No image, no shop: the definition says so.
	bad := &Shop{ObjectMeta: metav1.ObjectMeta{Name: "bad", Namespace: h.namespace}, Spec: ShopSpec{Replicas: -1}}
	h.equal(errors.IsInvalid(direct.Create(h, bad)), true)

	shop := &Shop{
		ObjectMeta: metav1.ObjectMeta{Name: "corner", Namespace: h.namespace},
		Spec:       ShopSpec{Image: "registry.example/app:1.0"},
	}
	h.must(direct.Create(h, shop))
	h.equal(shop.Spec.Replicas, 1)
	key := client.ObjectKeyFromObject(shop)
	opened := func(replicas int32) {
		h.until(fmt.Sprint("open with ", replicas), func() bool {
			h.must(direct.Get(h, key, shop))
			open := apimeta.FindStatusCondition(shop.Status.Conditions, "Open")
			return open != nil && open.Status == metav1.ConditionTrue &&
				shop.Status.Ready == replicas && open.ObservedGeneration == shop.Generation
		})
	}
	opened(1)
	change := func(edit func()) {
		before := shop.DeepCopyObject().(*Shop)
		edit()
		h.must(direct.Patch(h, shop, client.MergeFrom(before)))
	}
	change(func() { shop.Spec.Replicas = 3 })
	opened(3)

	deployment := &appsv1.Deployment{}
	h.must(direct.Get(h, key, deployment))
	h.must(direct.Delete(h, deployment))
	h.until("another Deployment", func() bool {
		found := &appsv1.Deployment{}
		err := direct.Get(h, key, found)
		return err == nil && found.UID != deployment.UID && found.Status.ReadyReplicas == 3
	})
	change(func() { shop.Spec.Image = "registry.example/app:2.0" })
	h.until("the new image in all pods", func() bool {
		pods := &corev1.PodList{}
		h.must(direct.List(h, pods, client.InNamespace(h.namespace), client.MatchingLabels{"app": "web"}))
		for _, pod := range pods.Items {
			if pod.Spec.Containers[0].Image != "registry.example/app:2.0" {
				return false
			}
		}
		return len(pods.Items) == 3
	})

	h.must(direct.Delete(h, shop))
	h.until("closed, with what it owned", func() bool {
		gone := errors.IsNotFound(direct.Get(h, key, shop))
		left := errors.IsNotFound(direct.Get(h, key, &appsv1.Deployment{})) &&
			errors.IsNotFound(direct.Get(h, key, &corev1.Service{}))
		return gone && left
	})
	stop()
	h.must(<-ended)
	found, err := h.clients.CoordinationV1().Leases(h.namespace).Get(h, "shops", metav1.GetOptions{})
	h.must(err)
	h.equal(*found.Spec.HolderIdentity, "")
}
