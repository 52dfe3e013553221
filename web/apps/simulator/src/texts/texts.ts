import { type Say, table } from "@ecp/ui/texts/texts";
import { en } from "./en";
import { ko } from "./ko";

export type Key = keyof typeof en;
export const useT: () => Say<Key> = table<Key>("simulator", { en, ko });
