// Drives a running cluster with @kubernetes/client-node; each test in a namespace of its own.

import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { after, test } from 'node:test';
import * as k8s from '@kubernetes/client-node';

const config = new k8s.KubeConfig();
config.loadFromDefault();
const core = config.makeApiClient(k8s.CoreV1Api);
const apps = config.makeApiClient(k8s.AppsV1Api);
const anything = k8s.KubernetesObjectApi.makeApiClient(config);

const PATIENCE_MS = 40_000;
const made = [];

async function home() {
  const { metadata } = await core.createNamespace({ body: { metadata: { generateName: 'js-' } } });
  made.push(metadata.name);
  return metadata.name;
}

after(() => Promise.all(made.map((name) => core.deleteNamespace({ name }))));

async function until(what, check) {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; ) {
    const found = await check();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`never: ${what}`);
}

function web(replicas) {
  const labels = { app: 'web' };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'app', image: 'registry.example/app:1.0' }] },
      },
    },
  };
}

const refusal = (error) => ({ code: error.code, ...JSON.parse(error.body) });

test('the API is described', async () => {
  const version = await config.makeApiClient(k8s.VersionApi).getCode();
  assert.match(version.gitVersion, /^v1\.36\./);
  const groups = await config.makeApiClient(k8s.ApisApi).getAPIVersions();
  assert.ok(groups.groups.some(({ name }) => name === 'apps'));
  const resources = await config.makeApiClient(k8s.AppsV1Api).getAPIResources();
  assert.ok(resources.resources.some(({ name }) => name === 'deployments/scale'));
  const nodes = await core.listNode();
  assert.ok(nodes.items.length > 0);
  assert.ok(nodes.items[0].metadata.creationTimestamp instanceof Date);
  const usage = await k8s.topNodes(core);
  assert.equal(usage.length, nodes.items.length);
});

test('a watch and an informer follow a Deployment', async () => {
  const namespace = await home();
  const types = new Set();
  const watch = new k8s.Watch(config);
  const stop = await watch.watch(
    `/api/v1/namespaces/${namespace}/pods`,
    { allowWatchBookmarks: true },
    (type) => types.add(type),
    () => {},
  );
  const informer = k8s.makeInformer(
    config,
    `/apis/apps/v1/namespaces/${namespace}/deployments`,
    () => apps.listNamespacedDeployment({ namespace }),
  );
  const seen = [];
  for (const what of ['add', 'update', 'delete']) informer.on(what, () => seen.push(what));
  await informer.start();
  await apps.createNamespacedDeployment({ namespace, body: web(2) });
  await until('ready', () => informer.get('web', namespace)?.status?.readyReplicas === 2);
  await apps.deleteNamespacedDeployment({
    name: 'web',
    namespace,
    propagationPolicy: 'Foreground',
  });
  await until('gone', () => seen.at(-1) === 'delete' && types.has('DELETED'));
  assert.equal(seen[0], 'add');
  assert.ok(types.has('ADDED') && types.has('MODIFIED'));
  informer.on('error', () => {});
  await informer.stop();
  stop.abort();
});

test('every kind of patch', async () => {
  const namespace = await home();
  await apps.createNamespacedDeployment({ namespace, body: web(1) });
  const patch = (strategy, body, more = {}) =>
    apps.patchNamespacedDeployment(
      { name: 'web', namespace, body, ...more },
      k8s.setHeaderOptions('Content-Type', strategy),
    );
  const replace = [{ op: 'replace', path: '/spec/replicas', value: 3 }];
  assert.equal((await patch(k8s.PatchStrategy.JsonPatch, replace)).spec.replicas, 3);
  const merged = await patch(k8s.PatchStrategy.MergePatch, { metadata: { labels: { a: 'b' } } });
  assert.deepEqual(merged.metadata.labels, { a: 'b' });
  const container = { name: 'app', env: [{ name: 'A', value: '1' }] };
  const strategic = await patch(k8s.PatchStrategy.StrategicMergePatch, {
    spec: { template: { spec: { containers: [container] } } },
  });
  const [app] = strategic.spec.template.spec.containers;
  assert.deepEqual([app.image, app.env[0].value], ['registry.example/app:1.0', '1']);
  const wanted = { ...web(2), spec: { replicas: 2 } };
  await assert.rejects(
    patch(k8s.PatchStrategy.ServerSideApply, wanted, { fieldManager: 'js' }),
    (error) => refusal(error).reason === 'Conflict',
  );
  const applied = await patch(k8s.PatchStrategy.ServerSideApply, wanted, {
    fieldManager: 'js',
    force: true,
  });
  assert.equal(applied.spec.replicas, 2);
  const rows = applied.metadata.managedFields.map((row) => `${row.manager}/${row.operation}`);
  assert.ok(rows.includes('js/Apply'));
});

test('objects of any kind are made, applied, refused and listed', async () => {
  const namespace = await home();
  const map = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'c', namespace },
    data: { a: '1' },
  };
  assert.equal((await anything.create(map)).metadata.namespace, namespace);
  await assert.rejects(anything.create(map), (error) => refusal(error).reason === 'AlreadyExists');
  const apply = (data, manager, force) =>
    anything.patch(
      { ...map, data },
      undefined,
      undefined,
      manager,
      force,
      k8s.PatchStrategy.ServerSideApply,
    );
  assert.deepEqual((await apply({ a: '2' }, 'one', true)).data, { a: '2' });
  await assert.rejects(apply({ a: '3' }, 'two', false), (error) =>
    refusal(error).message.includes('conflict with "one": .data.a'),
  );
  const found = await anything.read(map);
  assert.deepEqual(found.data, { a: '2' });
  const list = await anything.list('v1', 'ConfigMap', namespace);
  assert.ok(list.items.some(({ metadata }) => metadata.name === 'c'));
  await assert.rejects(core.readNamespacedPod({ name: 'nope', namespace }), (error) => {
    const { code, message } = refusal(error);
    return code === 404 && message === 'pods "nope" not found';
  });
  await assert.rejects(
    anything.create({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace }, spec: {} }),
    (error) => refusal(error).message === 'Pod "p" is invalid: spec.containers: Required value',
  );
  await anything.delete(map);
  await assert.rejects(anything.read(map), (error) => error.code === 404);
});

test('logs, leases and a refused exec', async () => {
  const namespace = await home();
  await apps.createNamespacedDeployment({ namespace, body: web(1) });
  const name = await until('running', async () => {
    const [pod] = (await core.listNamespacedPod({ namespace, labelSelector: 'app=web' })).items;
    return pod?.status.conditions?.some((c) => c.type === 'Ready' && c.status === 'True')
      ? pod.metadata.name
      : undefined;
  });
  const text = await core.readNamespacedPodLog({ name, namespace });
  assert.match(text, /started/);
  const out = new PassThrough();
  const chunks = [];
  out.on('data', (chunk) => chunks.push(chunk));
  const following = await new k8s.Log(config).log(namespace, name, 'app', out, { follow: true });
  await until('the log in the stream', () => Buffer.concat(chunks).toString().startsWith(text));
  following.abort();
  const coordination = config.makeApiClient(k8s.CoordinationV1Api);
  const spec = { holderIdentity: 'me', leaseDurationSeconds: 15, renewTime: new k8s.V1MicroTime() };
  await coordination.createNamespacedLease({ namespace, body: { metadata: { name: 'l' }, spec } });
  const lease = await coordination.readNamespacedLease({ name: 'l', namespace });
  assert.equal(new Date(lease.spec.renewTime).getTime(), spec.renewTime.getTime());
  const exec = new k8s.Exec(config).exec(namespace, name, 'app', ['ls'], out, out, null, false);
  await assert.rejects(exec, (error) => /500/.test(error.message ?? error.error?.message));
});
