import { expect, test } from "vitest";
import { type Changed, commandOf, fits, type Held, toStore } from "./fields";

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

test("an empty field, a word or less than nothing is no number; a text may be empty", () => {
  const tried = ["", "abc", -5, 0, 99.4].map((value) => fits("slaTarget", value));
  expect(tried).toEqual([false, false, false, true, true]);
  expect(fits("kubeconfig", "")).toBe(true);
});

test("the command says the changes, quoted where a shell would read them", () => {
  expect(commandOf({ slaTarget: 99.4, kubeconfig: "/a b" }, true)).toBe(
    "ecp config set slaTarget=99.4 'kubeconfig=/a b' --demo",
  );
});
