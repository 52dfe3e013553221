import { describe, expect, it } from "vitest";
import { bodyOf, type Choice, cliOf, problemsOf, VIEW } from "./choice";

const choice = (change: Partial<Choice> = {}): Choice => ({
  ...VIEW,
  id: "acme",
  chatbot: 20,
  ...change,
});

describe("a choice", () => {
  it.each([
    ["is complete", {}, {}],
    ["needs a name", { id: "" }, { id: "id.missing" }],
    ["needs one that is a name of Kubernetes", { id: "Acme_1" }, { id: "id.form" }],
    ["needs one that is short enough", { id: "a".repeat(51) }, { id: "id.form" }],
    ["needs a service", { chatbot: 0 }, { load: "load.none" }],
    ["needs whole numbers", { chatbot: 1.5 }, { chatbot: "load.range" }],
    ["promises less than everything", { sla: 100 }, { sla: "sla.range" }],
  ])("%s", (_, change, wanted) => {
    expect(problemsOf(choice(change))).toEqual(wanted);
  });
  it("is sent without what was not chosen", () => {
    expect(bodyOf(choice({ gpu: "t4" }))).toEqual({
      tenant_id: "acme",
      service_requirements: { chatbot: 20 },
      sla_target: 99.5,
      cloud_provider: "iaas",
      gpu_type: "t4",
    });
  });
  it("is a command where there are words for all of it", () => {
    expect(cliOf(choice({ name: "it's" }), " --demo")).toBe(
      "ecp tenant create acme --chatbot 20 --sla 99.5 --name 'it'\\''s' --demo",
    );
    expect(cliOf(choice({ provider: "aws" }), "")).toBeNull();
  });
});
