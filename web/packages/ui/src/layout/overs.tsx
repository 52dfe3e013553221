import { Drawer, type DrawerProps, Modal, type ModalProps } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTopmost } from "./stack";

/** Return *opened*, closed at first: what opens remembers where the focus was, and gives it back. */
function useAfterwards(opened: boolean): boolean {
  const [drawn, setDrawn] = useState(false);
  useEffect(() => setDrawn(true), []);
  return opened && drawn;
}

export function OpenedDialog(props: ModalProps) {
  const opened = useAfterwards(props.opened);
  return <Modal {...props} opened={opened} closeOnEscape={useTopmost(opened)} />;
}

export function OpenedSide(props: DrawerProps) {
  const opened = useAfterwards(props.opened);
  return <Drawer {...props} opened={opened} closeOnEscape={useTopmost(opened)} />;
}
