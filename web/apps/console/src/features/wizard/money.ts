/** An amount of money as this language writes it; by its code, as the sentences of the service do. */
import { type Format, useFormat } from "@ecp/ui/view/format";

export function money(
  amount: number,
  currency: "KRW" | "USD",
  { language }: Pick<Format, "language">,
) {
  return amount.toLocaleString(language === "ko" ? "ko-KR" : "en-GB", {
    style: "currency",
    currency,
    currencyDisplay: "code",
    maximumFractionDigits: 0,
  });
}

export function useMoney() {
  const f = useFormat();
  return (amount: number, currency: "KRW" | "USD") => money(amount, currency, f);
}
