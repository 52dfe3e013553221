import { expect, it } from "vitest";
import { has } from "./hangul";

it.each([
  ["개발 테넌트", "ㄱㅂ", true],
  ["개발 테넌트", "개ㅂ", true],
  ["개발 테넌트", "갭", true],
  ["감시 서비스", "ㄳ", true],
  ["배포", "뱊", true],
  ["배포", "ㅂㅍ", true],
  ["배포", "ㅍㅂ", false],
  ["Tenants", "ten", true],
  ["테넌트 tenants", "테넌 ten", true],
  ["배포", "배달", false],
])("%s is found by %s: %s", (text, query, wanted) => expect(has(text, query)).toBe(wanted));
