import { describe, expect, it } from "vitest";
import { grouped, span } from "./findings";

const TEXT = "spec:\n  replicas: two\n";

it("is said in Korean where the sentence is ours, and not of the API server", () => {
  const ours = { severity: "warning", rule: "", message: "not served", message_ko: "제공 안 함" };
  const theirs = { severity: "error", rule: "E0100", message: "Required value" };
  const titles = (language: string) =>
    grouped([ours, theirs], language).map((group) => group.title);
  expect(titles("ko")).toEqual(["Required value", "제공 안 함"]);
  expect(titles("en")).toEqual(["Required value", "not served"]);
});

describe("where a finding is", () => {
  it.each([
    ["the letters it names", { line: 2, column: 13, end_line: 2, end_column: 16 }, "two"],
    ["one letter without an end", { line: 2, column: 3 }, "r"],
    ["no more than the line has", { line: 1, column: 99 }, "\n"],
    ["nowhere without a line", {}, null],
    ["nowhere after the text was cut", { line: 9, column: 1 }, null],
  ])("is %s", (_, finding, wanted) => {
    const found = span(finding, TEXT);
    expect(found && TEXT.slice(found.from, found.to)).toBe(wanted);
  });
});
