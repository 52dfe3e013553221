import { expect, test } from "vitest";
import {
  type Changed,
  changedBy,
  commandOf,
  fits,
  type Held,
  type Name,
  readChanges,
  toStore,
  type Value,
} from "./fields";

const held: readonly Held[] = [
  { name: "slaTarget", value: 99.9, source: "stored", stored: 99.9, default: 99.5 },
  {
    name: "deploymentEndpoint",
    value: "http://e",
    source: "environment",
    stored: "http://s",
    default: "http://d",
  },
  { name: "validationStrict", value: true, source: "default", stored: null, default: true },
  { name: "K8S_SIMULATOR_WS_URL", value: "ws://x", source: "environment" },
];
const stored = { slaTarget: 99.9, deploymentEndpoint: "http://s" };
const CASES: Record<string, readonly [Changed, Changed]> = {
  "what is stored stays, what the environment says is not stored": [{}, stored],
  "a change goes with it": [{ validationStrict: false }, { ...stored, validationStrict: false }],
  "the default's value goes back to the default": [
    { slaTarget: 99.5 },
    { deploymentEndpoint: "http://s" },
  ],
};
for (const [name, [changed, wanted]] of Object.entries(CASES))
  test(name, () => expect(toStore(held, changed)).toEqual(wanted));

const FITTING: readonly [Name, readonly Value[], readonly Value[]][] = [
  ["slaTarget", [0, 99.4], ["", "abc", -5, 100]],
  ["dataCollectionInterval", [1, 3600], [0, 3601]],
  ["auditDays", [1, 365], [0, 1.5]],
  ["auditDays", [1], [0]],
  ["kubeconfig", ["", "/a b"], []],
  ["clusterUrl", ["", "https://c:6443"], ["c:6443"]],
  [
    "deploymentEndpoint",
    ["http://localhost:6360", "https://e/api"],
    ["", "localhost:6360", "ftp://e", "http://bob:secret@e"],
  ],
];
test.each(FITTING)("%s is judged before it is sent", (name, good, bad) => {
  expect(good.map((value) => fits(name, value))).toEqual(good.map(() => true));
  expect(bad.map((value) => fits(name, value))).toEqual(bad.map(() => false));
});

test("what is typed back as it was is no change", () => {
  const once = changedBy({}, "slaTarget", 99.1, { slaTarget: 99.9 });
  expect(once).toEqual({ slaTarget: 99.1 });
  expect(changedBy(once, "slaTarget", 99.9, { slaTarget: 99.9 })).toEqual({});
});

test("changes that were kept are read again, and nothing else", () => {
  expect(readChanges('{"slaTarget":99.1,"other":1}')).toEqual({ slaTarget: 99.1 });
  expect([null, "{", "3"].map(readChanges)).toEqual([{}, {}, {}]);
});

test("the command says the changes, quoted where a shell would read them", () => {
  expect(commandOf({ slaTarget: 99.4, kubeconfig: "/a b" }, true)).toBe(
    "ecp config set slaTarget=99.4 'kubeconfig=/a b' --demo",
  );
});
