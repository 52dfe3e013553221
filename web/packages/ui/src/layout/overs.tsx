import { Drawer, type DrawerProps, Modal, type ModalProps } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTopmost } from "./stack";

/** Return *opened*, closed at first: what opens remembers where the focus was, and gives it back. */
function useAfterwards(opened: boolean): boolean {
  const [drawn, setDrawn] = useState(false);
  useEffect(() => setDrawn(true), []);
  return opened && drawn;
}

/** Its head is no banner of the page. */
const PLAIN = { header: { role: "none" } };

export function OpenedDialog(props: ModalProps) {
  const opened = useAfterwards(props.opened);
  const topmost = useTopmost(opened);
  return <Modal {...props} attributes={PLAIN} opened={opened} closeOnEscape={topmost} />;
}

export function OpenedSide(props: DrawerProps) {
  const opened = useAfterwards(props.opened);
  const topmost = useTopmost(opened);
  return <Drawer {...props} attributes={PLAIN} opened={opened} closeOnEscape={topmost} />;
}
